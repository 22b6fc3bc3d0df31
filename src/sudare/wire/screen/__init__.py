"""Pixels down, input up, and the flow control between (docs/wire/screen.md)."""

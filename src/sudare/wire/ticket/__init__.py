"""Signed, one-use, short-lived permission to open one stream (docs/wire/ticket.md)."""

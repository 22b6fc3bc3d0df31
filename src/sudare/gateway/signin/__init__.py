"""Signing in: passkeys, passwords with TOTP, and the browser's session."""

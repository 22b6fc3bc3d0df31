"""Connector to gateway: control messages and their state machines (docs/wire/tunnel.md)."""

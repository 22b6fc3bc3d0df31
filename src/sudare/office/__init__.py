"""Adapters to the systems of the office: CalDAV first."""

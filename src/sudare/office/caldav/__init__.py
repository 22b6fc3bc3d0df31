"""Schedules from a CalDAV server (RFC 4791): one module a step, `groupware.CalDAV` is the door."""

"""Recordings of sessions: sealed segments, chained and signed (docs/wire/recording.md)."""

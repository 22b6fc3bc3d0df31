"""The HTTP API of docs/wire/api.md."""

"""End-to-end sealing between browser and connector (docs/wire/channel.md)."""

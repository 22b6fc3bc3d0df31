"""The C shim over xcb and its builder."""

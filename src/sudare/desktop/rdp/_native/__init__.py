"""The C shim over libfreerdp."""

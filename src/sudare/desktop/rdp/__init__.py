"""RDP client: a thin face over a C shim on libfreerdp."""

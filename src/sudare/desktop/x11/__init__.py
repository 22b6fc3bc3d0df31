"""X11 client: a display on this host as a desktop, over a C shim on xcb."""

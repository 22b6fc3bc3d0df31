"""Our own RFB 3.8 (VNC) client, RFC 6143 and the community's extensions to it, as a pure state machine."""

"""RFB (VNC) client as a state machine, RFC 6143."""

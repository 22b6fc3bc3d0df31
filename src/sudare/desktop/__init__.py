"""Desktop protocols as sources of pixels: RFB as a state machine, RDP over libfreerdp."""

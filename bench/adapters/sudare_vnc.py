"""Sudare before TigerVNC's Xvnc: VNC inside TLS from connector to PC."""

from adapters.sudare import Sudare


class Adapter(Sudare):
    """As the harness wants it."""

    name = "sudare-vnc"
    version = "Sudare, TigerVNC 1.12.0 with X509Vnc"
    kind = "vnc"

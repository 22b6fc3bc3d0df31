"""Sudare before xrdp with xorgxrdp: RDP inside TLS from connector to PC."""

from adapters.sudare import Sudare


class Adapter(Sudare):
    """As the harness wants it."""

    name = "sudare-rdp"
    version = "Sudare, xrdp 0.9.21.1, xorgxrdp 0.9.19, FreeRDP 2.11.7"
    kind = "rdp"

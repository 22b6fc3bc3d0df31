"""
Noticing that the other end of a TCP connection vanished without a word: power lost, a phone out of reach.

A screen at rest sends nothing, so nobody else would ever find out, and its session would be kept for good.
"""

import socket
from typing import Final

IDLE_S: Final = 60  # of silence before the kernel asks
EVERY_S: Final = 10
PROBES: Final = 3
UNANSWERED_MS: Final = 60_000  # and no longer is waited for what was sent


def notice_loss(line: socket.socket) -> None:
    """Have the kernel end this connection about a minute and a half after the other end vanished."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE_S)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, EVERY_S)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED_MS)

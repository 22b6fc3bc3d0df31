"""Office PCs, dialled outside the cage: the session process gets a connected socket."""

import asyncio
import socket
from typing import Final

from sudare.base.errors import SudareError
from sudare.connector.config import Target

DIAL_S: Final = 10.0


async def dial(target: Target) -> socket.socket:
    """A connected socket to the office PC. Raises `office.pc-unreachable`."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(DIAL_S):
            found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            family, kind, protocol, _, address = found[0]
            sock = socket.socket(family, kind, protocol)
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                await loop.sock_connect(sock, address)
            except BaseException:
                sock.close()
                raise
            return sock
    except (OSError, TimeoutError) as failure:
        raise SudareError("office.pc-unreachable", f"{target.id}: {type(failure).__name__}") from None

"""Bytes between a stream and a unix socket, both ways, until either ends: the connector's share of a screen's path."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final

LAST_S: Final = 1.0  # for what the socket still holds when its process is gone
_CHUNK: Final = 65_536


async def pump(
    line: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    sock: socket.socket,
    gone: asyncio.Event,
    passed: Callable[[int], None] = lambda _: None,
) -> bool:
    """
    Move bytes until one side ends or `gone` is set; what the socket still held then is passed on.

    `passed(size)` whenever bytes of the socket went to the line.

    True when the socket's side ended it and the line may still be told why. The socket is closed in any case.
    """
    sock.setblocking(False)
    reader, writer = line
    inward = asyncio.ensure_future(_inward(reader, sock))
    outward = asyncio.ensure_future(_outward(sock, writer, passed))
    watch = asyncio.ensure_future(gone.wait())
    try:
        await asyncio.wait([inward, outward, watch], return_when=asyncio.FIRST_COMPLETED)
        if inward.done() and inward.result():
            return False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_S):
                return await asyncio.shield(outward)
        return True
    finally:
        for task in (inward, outward, watch):
            task.cancel()
        try:
            await asyncio.gather(inward, outward, watch, return_exceptions=True)
        finally:  # however often we are cancelled
            sock.close()


async def _inward(reader: asyncio.StreamReader, sock: socket.socket) -> bool:
    """True when the line ended, False when the socket takes no more: what it says to that is still to be read."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            data = await reader.read(_CHUNK)
        except OSError:
            return True
        if not data:
            return True
        try:
            await loop.sock_sendall(sock, data)
        except OSError:
            return False


async def _outward(sock: socket.socket, writer: asyncio.StreamWriter, passed: Callable[[int], None]) -> bool:
    """True when the socket ended, False when the line takes no more."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            data = await loop.sock_recv(sock, _CHUNK)
        except OSError:
            return True
        if not data:
            return True
        try:
            writer.write(data)
            await writer.drain()
            passed(len(data))
        except OSError:
            return False

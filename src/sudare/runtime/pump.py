"""Bytes between a stream and a unix socket, both ways, until either ends: the connector's share of a screen's path."""

import asyncio
import contextlib
import socket
from typing import Final

_CHUNK: Final = 65_536


async def pump(
    line: tuple[asyncio.StreamReader, asyncio.StreamWriter], sock: socket.socket, gone: asyncio.Event
) -> bool:
    """
    Move bytes until one side ends or `gone` is set; what the socket still held then is passed on.

    True when the socket's side ended it and the line may still be told why.
    """
    inner = await asyncio.open_unix_connection(sock=sock)
    reader, writer = line
    ways = [
        asyncio.ensure_future(_copy(reader, inner[1])),
        asyncio.ensure_future(_copy(inner[0], writer)),
    ]
    watch = asyncio.ensure_future(gone.wait())
    try:
        await asyncio.wait([*ways, watch], return_when=asyncio.FIRST_COMPLETED)
        from_socket = watch.done() or ways[1].done()
        if from_socket:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await asyncio.wait([ways[1]])
    finally:
        for task in (*ways, watch):
            task.cancel()
        inner[1].close()  # before anything is waited for: we may be cancelled once more
        await asyncio.gather(*ways, watch, return_exceptions=True)
    return from_socket


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()

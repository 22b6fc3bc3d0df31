"""
Parcels between two processes on one host: a JSON object and open files, over a unix SOCK_SEQPACKET pair.

How the connector hands a session process its sockets and keys: nothing of it is in arguments, environment or on disk.
"""

import array
import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from typing import Any, Final

import msgspec

MAX_PARCEL: Final = 65_536
MAX_FILES: Final = 4


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        end.setblocking(False)
    return ours, theirs


class Parcels:
    """One end, driven by the event loop. `on_parcel(content, files)`; `on_end()` when the other process is gone."""

    def __init__(
        self,
        end: socket.socket,
        on_parcel: Callable[[dict[str, Any], list[int]], None],
        on_end: Callable[[], None],
    ) -> None:
        self._end = end
        self._on_parcel = on_parcel
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(end, self._readable)

    def _readable(self) -> None:
        try:
            data, ancillary, _, _ = self._end.recvmsg(MAX_PARCEL, socket.CMSG_SPACE(MAX_FILES * 4))
        except BlockingIOError:
            return
        except OSError:
            data, ancillary = b"", []
        if not data:
            self.close()
            self._on_end()
            return
        files = array.array("i")
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                files.frombytes(content[: len(content) - len(content) % files.itemsize])
        self._on_parcel(msgspec.json.decode(data), list(files))

    def send(self, content: dict[str, Any], files: list[int] | None = None) -> bool:
        """Hand over; the files stay open here too. False when the other process is gone."""
        data = msgspec.json.encode(content)
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else []
        try:
            self._end.sendmsg([data], ancillary)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let go."""
        if self._end.fileno() >= 0:
            self._loop.remove_reader(self._end)
            self._end.close()


def close_files(files: list[int]) -> None:
    """Close what came and is not wanted."""
    for file in files:
        with contextlib.suppress(OSError):
            os.close(file)

"""
Parcels between two processes on one host: a JSON object and open files, over a unix SOCK_SEQPACKET pair.

How the connector hands a session process its sockets and keys: nothing of it is in arguments, environment or on disk.
INVARIANT: the other process may be anybody's by now: what is not a parcel ends the pair, and no file of it stays open.
"""

import array
import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from typing import Any, Final

import msgspec

from sudare.base.errors import SudareError

MAX_PARCEL: Final = 65_536
MAX_FILES: Final = 4


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        end.setblocking(False)
    return ours, theirs


class Parcels:
    """
    One end, driven by the event loop. `on_parcel(content, files)`; `on_end()` when there is nobody to talk to any more.

    `on_parcel` owns the files, unless it raises SudareError because it does not understand the content.
    """

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
            data, files = _receive(self._end)
        except BlockingIOError:
            return
        except OSError:
            data, files = b"", []
        try:
            self._on_parcel(_content(data), files)
        except SudareError:
            close_files(files)
            self.close()
            self._on_end()

    def send(self, content: dict[str, Any], files: list[int] | None = None) -> bool:
        """
        Hand over; the files stay open here too. False when the other process is gone or does not listen.

        Raises `caller.too-large` for what does not fit a parcel.
        """
        data = msgspec.json.encode(content)
        if len(data) > MAX_PARCEL or len(files or []) > MAX_FILES:
            raise SudareError("caller.too-large", f"a parcel of {len(data)} bytes")
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


def _receive(end: socket.socket) -> tuple[bytes, list[int]]:
    """One message and its files; no bytes at the end, and for a message that was cut off."""
    space = socket.CMSG_SPACE(MAX_FILES * array.array("i").itemsize)
    data, ancillary, flags, _ = end.recvmsg(MAX_PARCEL, space, socket.MSG_CMSG_CLOEXEC)
    files = array.array("i")
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            files.frombytes(content[: len(content) - len(content) % files.itemsize])
    return b"" if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC) else data, list(files)


def _content(data: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise SudareError("caller.malformed", "parcel") from None

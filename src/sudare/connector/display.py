"""
X displays on this host: the connected socket a session process is given, and the cookie the X server asks for.

Both are fetched here, outside the cage: the process in it sees neither the display's socket nor the cookie's file.
INVARIANT: a display is spoken to only when its server runs as root, as ourselves or as the owner of the cookie's file;
whoever else waits behind that name would get what people type.
"""

import asyncio
import os
import re
import socket
import struct
from pathlib import Path
from typing import Final

from sudare.base.cursor import Reader
from sudare.base.errors import SudareError
from sudare.connector.config import Target

SOCKETS: Final = Path("/tmp/.X11-unix")  # noqa: S108 (where X servers listen; who answers there is looked at)
NAME: Final = re.compile(r":(0|[1-9][0-9]{0,4})(?:\.0)?")
_COOKIE: Final = b"MIT-MAGIC-COOKIE-1"
_LOCAL, _WILD = 256, 65_535  # families of Xau(3)
_DIAL_S: Final = 10.0
_PEER: Final = struct.Struct("3i")  # struct ucred: process, user, group


def _number(target: Target) -> str:
    found = NAME.fullmatch(target.display)
    if found is None:
        raise SudareError("office.pc-unreachable", f"{target.id}: no display of this host")
    return found[1]


async def dial(target: Target) -> socket.socket:
    """A connected socket to the display. Raises `office.pc-unreachable`, `office.pc-certificate`."""
    path = SOCKETS / f"X{_number(target)}"
    line = socket.socket(socket.AF_UNIX)
    line.setblocking(False)
    try:
        async with asyncio.timeout(_DIAL_S):
            await asyncio.get_running_loop().sock_connect(line, str(path))
        _judge(target, line)
    except (OSError, TimeoutError) as failure:
        line.close()
        raise SudareError("office.pc-unreachable", f"{target.id}: {type(failure).__name__}") from None
    except BaseException:
        line.close()
        raise
    return line


def _judge(target: Target, line: socket.socket) -> None:
    user = _PEER.unpack(line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))[1]
    trusted = {0, os.geteuid()}
    if target.authority is not None:
        trusted.add(target.authority.stat().st_uid)
    if user not in trusted:
        raise SudareError("office.pc-certificate", f"{target.id}: the display belongs to another user")


def _big(entries: Reader) -> int:
    return int.from_bytes(entries.take(2), "big")


def cookie(target: Target) -> str | None:
    """The display's cookie in hex; None when no file is configured. Raises `office.pc-protocol`."""
    if target.authority is None:
        return None
    number = _number(target).encode()
    try:
        entries = Reader(target.authority.read_bytes())
        while entries.left():
            family = _big(entries)
            _, display, name, data = (entries.take(_big(entries)) for _ in range(4))
            if family in {_LOCAL, _WILD} and display in {number, b""} and name == _COOKIE:
                return data.hex()
    except (OSError, SudareError) as failure:
        raise SudareError("office.pc-protocol", f"{target.id}: cookie: {type(failure).__name__}") from None
    raise SudareError("office.pc-protocol", f"{target.id}: no cookie for this display")

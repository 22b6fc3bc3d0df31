"""
One zlib stream that lasts as long as the connection, and the Zlib encoding (6): `u32 length`, then Raw deflated.

INVARIANT: a rectangle never inflates past the size its dimensions allow (a bomb is a protocol error).
"""

import struct
import zlib

import numpy as np

from sudare.desktop.rfb.stream import PIECE, Parser, malformed
from sudare.desktop.source import Frame, Rect


class Inflater:
    """The persistent stream of one encoding."""

    __slots__ = ("_zlib",)

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj()

    def read(self, limit: int) -> Parser[bytes]:
        """A `u32` length and that many deflated bytes, inflated to at most `limit` bytes."""
        (size,) = struct.unpack(">I", (yield 4))
        if size > limit * 2 + 4096:
            raise malformed("deflated data longer than any honest encoder makes")
        out = bytearray()
        while size:
            step = min(size, PIECE)
            data = yield step
            size -= step
            out += inflated(self._zlib, data, limit - len(out))
        return bytes(out)


def inflated(stream: "zlib._Decompress", data: bytes, room: int) -> bytes:
    """What the next bytes of a stream inflate to, which may be `room` bytes at most."""
    try:
        out = stream.decompress(data, room + 1)  # 0 would mean "no limit" to zlib
    except zlib.error as error:
        raise malformed("broken zlib stream") from error
    if len(out) > room or stream.unconsumed_tail:
        raise malformed("rectangle inflates past its size")
    return out


def decode(frame: Frame, r: Rect, stream: Inflater) -> Parser[None]:
    """Inflate and write the rectangle."""
    size = r.w * r.h * 4
    data = yield from stream.read(size)
    if len(data) != size:
        raise malformed("rectangle inflates to less than its size")
    frame[r.y : r.y + r.h, r.x : r.x + r.w] = np.frombuffer(data, np.uint8).reshape(r.h, r.w, 4)

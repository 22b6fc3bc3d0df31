"""
Tight (7), of the community's RFB specification, without its JPEG: we never ask for a quality, so it stays exact.

| first byte | what follows |
|---|---|
| low half | which of the four zlib streams begin anew |
| 0x8. | one TPIXEL: the whole rectangle |
| 0x0. to 0x7. | data through the stream of bits 4 and 5; with bit 6 a filter's number comes before them |
| 0xA., 0xE. | the same, but the data are as they are (servers made with libvncserver, at compression level 0) |

Filters: 0 TPIXELs; 1 a palette (`u8` its size less one, TPIXELs), then a number a pixel, of one bit where there are
two colours (every row on a byte boundary), else of one byte; 2 how far each TPIXEL is from what is beside it foretells.
A TPIXEL is three bytes R, G, B. Data of 12 bytes or more go through zlib and have their compressed length before them.
INVARIANT: what comes out of a stream is exactly as long as the rectangle needs (a bomb is a protocol error).
"""

import zlib

import numpy as np

from sudare.desktop.rfb.encodings.deflate import inflated
from sudare.desktop.rfb.stream import PIECE, Parser, malformed
from sudare.desktop.source import Frame, Rect
from sudare.pixels import tiles

_FILL, _STORED, _FILTERED = 8, (10, 14), 4
_TPIXELS, _PALETTE, _GRADIENT = 0, 1, 2
_COMPRESSED_MIN = 12  # bytes


class Streams:
    """The four persistent zlib streams."""

    __slots__ = ("_streams",)

    def __init__(self) -> None:
        self._streams = [zlib.decompressobj() for _ in range(4)]

    def restart(self, which: int) -> None:
        """Those whose bits are set begin anew."""
        for number in range(4):
            if which >> number & 1:
                self._streams[number] = zlib.decompressobj()

    def read(self, number: int, size: int) -> Parser[bytes]:
        """A length, and that many bytes deflated from exactly `size`."""
        left = yield from _length()
        if left > size * 2 + 4096:
            raise malformed("deflated data longer than any honest encoder makes")
        out = bytearray()
        while left:
            step = min(left, PIECE)
            left -= step
            out += inflated(self._streams[number], (yield step), size - len(out))
        if len(out) != size:
            raise malformed("rectangle inflates to less than its size")
        return bytes(out)


def decode(frame: Frame, r: Rect, streams: Streams) -> Parser[None]:
    """Write the rectangle."""
    control = (yield 1)[0]
    streams.restart(control & 15)
    kind = control >> 4
    if kind > _FILL and kind not in _STORED:
        raise malformed(f"Tight rectangle {kind}")
    if kind == _FILL:
        red, green, blue = yield 3
        frame[r.y : r.y + r.h, r.x : r.x + r.w] = blue, green, red, 0
        return
    which = (yield 1)[0] if kind & _FILTERED else _TPIXELS
    if which not in {_TPIXELS, _PALETTE, _GRADIENT}:
        raise malformed(f"Tight filter {which}")
    colours = yield from _colours() if which == _PALETTE else _none()
    size = len(colours) // 4
    stride = r.w * 3 if not size else r.w if size != 2 else (r.w + 7) // 8
    data = yield from _data(kind, stride * r.h, streams)
    if not data:
        return
    if which == _GRADIENT:
        data = _foretold(np.frombuffer(data, np.uint8).reshape(r.h, r.w, 3))
    if size == 2:
        bits = np.unpackbits(np.frombuffer(data, np.uint8).reshape(r.h, stride), axis=1)
        data = bits[:, : r.w].tobytes()
    box = r.x, r.y, r.w, r.h
    if not size:
        tiles.paint(frame, box, data)
        return
    try:
        tiles.index(frame, box, colours, data)
    except ValueError:
        raise malformed("Tight number outside its palette") from None


def _colours() -> Parser[bytes]:
    """A palette, as BGRX."""
    size = (yield 1)[0] + 1
    bgrx = np.zeros((size, 4), np.uint8)
    bgrx[:, 2::-1] = np.frombuffer((yield size * 3), np.uint8).reshape(size, 3)
    return bgrx.tobytes()


def _none() -> Parser[bytes]:
    yield from ()
    return b""


def _data(kind: int, size: int, streams: Streams) -> Parser[bytes]:
    if kind < _FILL and size >= _COMPRESSED_MIN:
        return (yield from streams.read(kind & 3, size))
    if kind in _STORED and size >= _COMPRESSED_MIN and (yield from _length()) != size:
        raise malformed("Tight data of another size")
    out = bytearray()
    while len(out) < size:
        out += yield min(size - len(out), PIECE)
    return bytes(out)


def _length() -> Parser[int]:
    """One to three bytes, the lowest first; the top bit of the first two says that more follow."""
    value = 0
    for shift in (0, 7):
        byte = (yield 1)[0]
        value |= (byte & 127) << shift
        if byte < 128:
            return value
    return value | (yield 1)[0] << 14


def _foretold(off: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    """
    The pixels: left + above - what is between them, cut to 0..255, plus how far off that is.

    Each depends on the three before it, so they are made diagonal by diagonal.
    """
    height, width = off.shape[:2]
    out = np.zeros((height + 1, width + 1, 3), np.int16)  # a black row above, a black column on the left
    for diagonal in range(height + width - 1):
        rows = np.arange(max(0, diagonal - width + 1), min(diagonal, height - 1) + 1)
        columns = diagonal - rows
        guess = out[rows + 1, columns] + out[rows, columns + 1] - out[rows, columns]
        out[rows + 1, columns + 1] = (np.clip(guess, 0, 255) + off[rows, columns]) & 255
    return out[1:, 1:].astype(np.uint8).tobytes()

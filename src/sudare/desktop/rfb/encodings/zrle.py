"""
ZRLE (16), RFC 6143 7.7.6: a zlib stream of 64x64 tiles; a CPIXEL is three bytes B, G, R in our pixel format.

| first byte of a tile | what follows |
|---|---|
| 0 | CPIXELs, row by row |
| 1 | one CPIXEL: the whole tile |
| 2..16 | that many CPIXELs, then indices of 1, 2 or 4 bits, every row on a byte boundary |
| 128 | runs: CPIXEL and a length |
| 130..255 | minus 128 CPIXELs, then runs: index, plus a length when its top bit is set |

A length is a chain of bytes, all but the last 255; the run is their sum plus one.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sudare.desktop.rfb.encodings.deflate import Inflater
from sudare.desktop.rfb.stream import Parser, malformed
from sudare.desktop.source import Frame, Rect

TILE = 64
_PALETTE = 127 * 3 + 1  # bytes of the longest tile header
Tile: TypeAlias = npt.NDArray[np.uint8]  # (h, w, 3), a view into the picture


def decode(frame: Frame, r: Rect, stream: Inflater) -> Parser[None]:
    """Inflate and write the rectangle, tile by tile."""
    tiles = -(-r.w // TILE) * -(-r.h // TILE)
    # The dearest tile is a run of one for every pixel: three bytes and a length.
    data = yield from stream.read(r.w * r.h * 4 + tiles * _PALETTE)
    pos = 0
    try:
        for y in range(r.y, r.y + r.h, TILE):
            for x in range(r.x, r.x + r.w, TILE):
                tile = frame[y : min(y + TILE, r.y + r.h), x : min(x + TILE, r.x + r.w), :3]
                pos = _tile(data, pos, tile)
    except (IndexError, ValueError) as error:  # the bytes end inside a tile
        raise malformed("ZRLE tile cut short") from error
    if pos != len(data):
        raise malformed("bytes left after the last ZRLE tile")


def _tile(data: bytes, pos: int, tile: Tile) -> int:
    kind = data[pos]
    pos += 1
    if kind == 0:
        size = int(tile.size)
        tile[:] = np.frombuffer(data, np.uint8, size, pos).reshape(tile.shape)
        return pos + size
    if kind == 1:
        tile[:] = np.frombuffer(data, np.uint8, 3, pos)
        return pos + 3
    if kind <= 16:
        return _packed(data, pos, tile, kind)
    if kind == 128:
        return _runs(data, pos, tile)
    if kind >= 130:
        return _palette_runs(data, pos, tile, kind - 128)
    raise malformed(f"unknown ZRLE tile {kind}")


def _palette(data: bytes, pos: int, size: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8, size * 3, pos).reshape(size, 3)


def _packed(data: bytes, pos: int, tile: Tile, size: int) -> int:
    palette = _palette(data, pos, size)
    pos += size * 3
    height, width = tile.shape[:2]
    bits = 1 if size == 2 else 2 if size <= 4 else 4
    stride = (width * bits + 7) // 8
    packed = np.frombuffer(data, np.uint8, stride * height, pos).reshape(height, stride)
    if bits == 1:
        spread = np.unpackbits(packed, axis=1)
    else:
        shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
        spread = ((packed[:, :, None] >> shifts) & np.uint8((1 << bits) - 1)).reshape(height, -1)
    index = spread[:, :width]
    if int(index.max()) >= size:
        raise malformed("ZRLE index outside its palette")
    tile[:] = palette[index]
    return pos + stride * height


def _runs(data: bytes, pos: int, tile: Tile) -> int:
    left = tile.shape[0] * tile.shape[1]
    starts: list[int] = []
    lengths: list[int] = []
    while left > 0:
        starts.append(pos)
        pos += 3
        length = 1
        while (more := data[pos]) == 255:
            length += 255
            pos += 1
            if length > left:
                break
        length += more
        pos += 1
        lengths.append(length)
        left -= length
    if left:
        raise malformed("ZRLE run past the end of its tile")
    at = np.asarray(starts)[:, None] + np.arange(3)
    pixels = np.frombuffer(data, np.uint8)[at]
    tile[:] = np.repeat(pixels, lengths, axis=0).reshape(tile.shape)
    return pos


def _palette_runs(data: bytes, pos: int, tile: Tile, size: int) -> int:
    palette = _palette(data, pos, size)
    pos += size * 3
    left = tile.shape[0] * tile.shape[1]
    indices: list[int] = []
    lengths: list[int] = []
    while left > 0:
        index = data[pos]
        pos += 1
        length = 1
        if index > 127:
            index -= 128
            while (more := data[pos]) == 255:
                length += 255
                pos += 1
                if length > left:
                    break
            length += more
            pos += 1
        indices.append(index)
        lengths.append(length)
        left -= length
    if left or max(indices) >= size:
        raise malformed("ZRLE run outside its tile or palette")
    tile[:] = palette[np.repeat(np.asarray(indices), lengths)].reshape(tile.shape)
    return pos

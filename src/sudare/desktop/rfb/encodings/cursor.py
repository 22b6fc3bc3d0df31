"""
Pointer images: Cursor (-239), RFC 6143 7.8.1, and Cursor With Alpha (-314).

The rectangle's x and y are the hot spot. Cursor: pixels, then a mask of one bit a pixel, rows on byte boundaries.
Cursor With Alpha: `s32 encoding` (we take Raw), then R, G, B, A with the colours multiplied by alpha.
"""

import struct

import numpy as np

from sudare.desktop.rfb.stream import Parser, malformed
from sudare.desktop.source import Cursor, Rect

MAX_SIDE = 256  # pixels; X and Windows pointers end at 256


def _check(r: Rect) -> None:
    if r.w > MAX_SIDE or r.h > MAX_SIDE:
        raise malformed(f"pointer of {r.w}x{r.h}")


def decode(r: Rect) -> Parser[Cursor]:
    """Pixels and mask."""
    _check(r)
    if not (r.w and r.h):
        return Cursor(0, 0, 0, 0, b"")
    pixels = np.frombuffer((yield r.w * r.h * 4), np.uint8).reshape(r.h, r.w, 4)
    mask = np.frombuffer((yield (r.w + 7) // 8 * r.h), np.uint8).reshape(r.h, -1)
    rgba = pixels[:, :, [2, 1, 0, 3]]
    rgba[:, :, 3] = np.unpackbits(mask, axis=1)[:, : r.w] * 255
    return Cursor(r.x, r.y, r.w, r.h, rgba.tobytes())


def decode_alpha(r: Rect) -> Parser[Cursor]:
    """Pixels with alpha; the colours are divided by it again."""
    _check(r)
    (encoding,) = struct.unpack(">i", (yield 4))
    if encoding != 0:
        raise malformed(f"pointer in encoding {encoding}")
    if not (r.w and r.h):
        return Cursor(0, 0, 0, 0, b"")
    rgba = np.frombuffer((yield r.w * r.h * 4), np.uint8).reshape(r.h, r.w, 4).astype(np.uint16)
    alpha = np.maximum(rgba[:, :, 3:], 1)
    rgba[:, :, :3] = np.minimum((rgba[:, :, :3] * 255 + alpha // 2) // alpha, 255)
    return Cursor(r.x, r.y, r.w, r.h, rgba.astype(np.uint8).tobytes())

"""CopyRect (1), RFC 6143 7.7.2: `u16 src_x`, `u16 src_y`; the pixels come from the picture itself."""

import struct

from sudare.desktop.rfb.stream import Parser, malformed
from sudare.desktop.source import CopyHint, Frame, Rect


def decode(frame: Frame, r: Rect) -> Parser[CopyHint]:
    """Move the area and say so. Raises `office.pc-protocol` when the source lies outside the picture."""
    sx, sy = struct.unpack(">HH", (yield 4))
    height, width = frame.shape[:2]
    if sx + r.w > width or sy + r.h > height:
        raise malformed("copy from outside the picture")
    # .copy(): source and destination may overlap, and numpy's order of assignment is not ours to choose.
    frame[r.y : r.y + r.h, r.x : r.x + r.w] = frame[sy : sy + r.h, sx : sx + r.w].copy()
    return CopyHint(sx, sy, r.w, r.h, r.x, r.y)

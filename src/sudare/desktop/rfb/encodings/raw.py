"""Raw (0), RFC 6143 7.7.1: w * h pixels of four bytes, left to right, top to bottom."""

import numpy as np

from sudare.desktop.rfb.stream import PIECE, Parser
from sudare.desktop.source import Frame, Rect


def decode(frame: Frame, r: Rect) -> Parser[None]:
    """Write the rectangle band by band, so that a large one never waits in memory whole."""
    rows = max(1, PIECE // (r.w * 4)) if r.w else 0
    for y in range(r.y, r.y + r.h if r.w else r.y, rows or 1):
        count = min(rows, r.y + r.h - y)
        data = yield count * r.w * 4
        frame[y : y + count, r.x : r.x + r.w] = np.frombuffer(data, np.uint8).reshape(count, r.w, 4)

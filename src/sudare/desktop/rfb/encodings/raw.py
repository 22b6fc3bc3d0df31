"""Raw (0), RFC 6143 7.7.1: w * h pixels of four bytes, left to right, top to bottom."""

import numpy as np

from sudare.desktop.rfb.stream import Parser, UpTo
from sudare.desktop.source import Frame, Rect


def decode(frame: Frame, r: Rect) -> Parser[None]:
    """Write the rectangle row by row as it comes, so that nothing of it waits in memory."""
    y, end, stride = r.y, r.y + r.h, r.w * 4
    while y < end and stride:
        data = yield UpTo((end - y) * stride, stride)
        count = len(data) // stride
        frame[y : y + count, r.x : r.x + r.w] = np.frombuffer(data, np.uint8).reshape(count, r.w, 4)
        y += count

"""
Ramp pixels: an area in two colours and six blends of them, a seventh of the bytes of exact pixels and as sharp.

    3 bytes background, 3 bytes foreground (BGR), then rows top down, two pixels a byte: the left one in the low four
    bits (of which three count); an odd row ends with an empty half

Level n of 7 is (background * (7 - n) + foreground * n + 3) // 7, channel by channel. The background is the commonest
colour and the foreground the one farthest from it, so text keeps its shape and loses only the colour of its fringes.
The faintest level beside a stronger one is left out: it costs 3 % of the bytes. Lines that are faint throughout stay.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sudare.pixels.frames import BGR

LEVELS: Final = 8


def size(w: int, h: int) -> int:
    """Bytes of an area in the stream."""
    return 6 + (w + 1) // 2 * h


def blends(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> BGR:
    """The colours of the levels."""
    steps = np.arange(LEVELS, dtype=np.uint16)[:, None]
    return ((first * (7 - steps) + second * steps + 3) // 7).astype(np.uint8)


def draw(area: BGR, data: bytes | bytearray | memoryview) -> None:
    """Draw ramp pixels on an area of exactly their size."""
    h, w = area.shape[:2]
    colours = np.frombuffer(data, np.uint8, 6).astype(np.uint16).reshape(2, 3)
    packed = np.frombuffer(data, np.uint8, size(w, h) - 6, 6).reshape(h, -1)
    levels = np.stack([packed & 7, packed >> 4 & 7], axis=2).reshape(h, -1)[:, :w]
    area[:] = blends(*colours)[levels]

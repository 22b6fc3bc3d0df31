"""
Which tiles move (a video, an animation): they change so often that no single state of them is what somebody waits for.

Time comes in with the damage; where it does not pass, nothing is ever hot.
"""

import math
from typing import Final

import numpy as np

from sudare.pixels.frames import Mask, mask

HOT: Final = 10.0  # changes a second; people type slower, in the same 64 pixels at least
_ONE_S: Final = 0.030  # a letter and the caret behind it are one change
_MEMORY_S: Final = 1.0


class Heat:
    """Changes a second of each tile of a w*h framebuffer, over about the last second."""

    def __init__(self, w: int, h: int) -> None:
        self._changes = mask(w, h).astype(np.float64)
        self._counted_at = self._changes.copy()
        self._at = 0.0

    def touch(self, touched: Mask, now: float) -> None:
        """These tiles changed."""
        self._changes *= math.exp(min(0.0, self._at - now) / _MEMORY_S)
        counted = (touched != 0) & (now - self._counted_at > _ONE_S)
        self._changes += counted
        self._counted_at[counted] = now
        self._at = now

    @property
    def hot(self) -> Mask:
        """The tiles that move now."""
        return self.above(HOT)

    def above(self, rate: float) -> Mask:
        """The tiles that change at least so many times a second."""
        return (self._changes >= rate).astype(np.uint8)

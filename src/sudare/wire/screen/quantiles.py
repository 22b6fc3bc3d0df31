"""
Quantiles of many lengths in milliseconds, in a table of fixed size.

A length is counted in a class: every millisecond its own up to 16, then sixteen classes an octave up to `MS_MAX`.
INVARIANT: memory is `CLASSES` counters, however much is counted; a quantile is off by less than 1/16 of itself.
"""

import math
from array import array
from typing import Final

MS_MAX: Final = 65_535
_STEPS: Final = 16  # classes an octave
_BITS: Final = 4
CLASSES: Final = _STEPS * (16 - _BITS + 1)


def class_of(ms: int) -> int:
    """The class that counts this length."""
    ms = max(0, min(MS_MAX, ms))
    octave = max(0, ms.bit_length() - 1 - _BITS)
    return octave * _STEPS + (ms >> octave)


def middle(number: int) -> int:
    """The length in the middle of a class."""
    octave = max(0, number // _STEPS - 1)
    return ((number - octave * _STEPS) << octave) + ((1 << octave) >> 1)


class Quantiles:
    """Counts lengths, and says below which the fraction `q` of them lies."""

    __slots__ = ("_counts", "count")

    def __init__(self) -> None:
        self._counts = array("Q", bytes(8 * CLASSES))
        self.count = 0

    def add(self, ms: float) -> None:
        """One more."""
        self._counts[class_of(round(ms))] += 1
        self.count += 1

    def at(self, q: float) -> int:
        """The smallest counted length that at least the fraction `q` does not exceed; 0 when nothing was counted."""
        wanted = max(1, math.ceil(q * self.count))
        for number, counted in enumerate(self._counts):
            wanted -= counted
            if counted and wanted <= 0:
                return middle(number)
        return 0

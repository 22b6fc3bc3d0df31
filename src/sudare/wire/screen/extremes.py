"""The largest or smallest value of a moving window of time."""

from collections import deque
from typing import Final

SAMPLES_MAX: Final = 1_024


class Extreme:
    """
    The largest (or smallest) value added within the last `window` seconds.

    INVARIANT: `value` once known stays known: the newest sample never leaves, however old it is.
    INVARIANT: never more than SAMPLES_MAX samples; beyond that the oldest is given up early.
    """

    def __init__(self, *, largest: bool) -> None:
        self._sign = 1 if largest else -1
        self._samples: deque[tuple[float, float]] = deque()  # (time, value), values strictly worse towards the end

    def add(self, value: float, now: float, window: float) -> None:
        """One more sample."""
        while self._samples and (self._samples[-1][1] - value) * self._sign <= 0:
            self._samples.pop()
        self._samples.append((now, value))
        while len(self._samples) > 1 and (now - self._samples[0][0] > window or len(self._samples) > SAMPLES_MAX):
            self._samples.popleft()

    @property
    def value(self) -> float | None:
        """The extreme, or None before the first sample."""
        return self._samples[0][1] if self._samples else None

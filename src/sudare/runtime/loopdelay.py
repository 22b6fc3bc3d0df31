"""
How late this process's event loop is: what waits for its turn when there is too much to do.

A timer a second, and how much later than asked it came; the median of the last few, so that one hiccup is none.
"""

import asyncio
from collections import deque
from statistics import median
from typing import Final

EVERY_S: Final = 1.0
_LAST: Final = 5


class LoopDelay:
    """Measures from `start` to `stop`."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=_LAST)
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin, on the running loop."""
        self._arm()

    def stop(self) -> None:
        """No more timers."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def ms(self) -> int:
        """How late lately; 0 before anything is known."""
        return round(median(self._late) * 1000) if self._late else 0

    def _arm(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(loop.time() + EVERY_S, self._came, loop.time() + EVERY_S)

    def _came(self, due: float) -> None:
        self._late.append(max(0.0, asyncio.get_running_loop().time() - due))
        self._arm()

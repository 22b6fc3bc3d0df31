"""
What a session may use of a line it shares: a token bucket.

It pays back what was sent in advance, so answers to input may go at once and only what is not urgent waits. Times are
seconds of one clock that never goes back.
"""

from typing import Final

BURST_S: Final = 0.25  # may be saved up
BURST_MIN: Final = 16_000  # bytes
_NOTHING: Final = -1e-3  # bytes: what rounding leaves of a debt


class Allowance:
    """Without a limit until there is one."""

    def __init__(self) -> None:
        self._rate: float | None = None  # bytes a second
        self._tokens = 0.0
        self._at = 0.0

    @property
    def kbit(self) -> int | None:
        """The limit in kbit/s; None = there is none."""
        return None if self._rate is None else round(self._rate * 8 / 1000)

    def limit(self, kbit: int | None, now: float) -> None:
        """From now on so much, or as much as the line carries."""
        self._count(now)
        if self._rate is None:
            self._tokens = 0.0
        self._rate = None if kbit is None else kbit * 1000 / 8

    def sent(self, size: int, now: float) -> None:
        """Bytes left."""
        self._count(now)
        self._tokens -= size

    def may_send(self, now: float) -> bool:
        """Whether what can wait may go now."""
        self._count(now)
        return self._rate is None or self._tokens >= _NOTHING

    def next_at(self) -> float | None:
        """When it may go; None = now."""
        return None if self._rate is None or self._tokens >= _NOTHING else self._at - self._tokens / self._rate

    def _count(self, now: float) -> None:
        if self._rate is not None and now > self._at:
            burst = max(BURST_MIN, self._rate * BURST_S)
            self._tokens = min(burst, self._tokens + (now - self._at) * self._rate)
        self._at = max(self._at, now)

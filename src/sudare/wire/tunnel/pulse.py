"""The heartbeat of a control connection: a ping now and then, and dead after silence. Pure; time comes in."""

from typing import Final

_MISSED: Final = 2.5  # pings' worth of silence: one may get lost in a hand-over between radio cells, two do not


class Pulse:
    """Ping every `ping_s`, dead after two and a half times that without a byte from the peer."""

    def __init__(self, now: float, *, ping_s: float = 10.0) -> None:
        self._ping_s = ping_s
        self._silence_s = _MISSED * ping_s
        self._heard = now
        self._pinged = now
        self._sent = 0

    def heard(self, now: float) -> None:
        """Anything arrived."""
        self._heard = now

    def dead(self, now: float) -> bool:
        """Whether the peer has been silent too long."""
        return now - self._heard >= self._silence_s

    def due(self, now: float) -> int | None:
        """The number of the ping to send now, if one is due."""
        if now - self._pinged < self._ping_s:
            return None
        self._pinged = now
        self._sent += 1
        return self._sent

    def next_deadline(self) -> float:
        """When to look again."""
        return min(self._pinged + self._ping_s, self._heard + self._silence_s)

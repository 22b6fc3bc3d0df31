"""The heartbeat of a control connection: a ping now and then, and dead after silence. Pure; time comes in."""

from dataclasses import dataclass


@dataclass(slots=True)
class Pulse:
    """Ping every `ping_s`, dead after `silence_s` without a byte from the peer."""

    now: float
    ping_s: float = 10.0
    silence_s: float = 25.0
    sent: int = 0

    def __post_init__(self) -> None:
        """Both clocks start at `now`."""
        self._heard = self.now
        self._pinged = self.now

    def heard(self, now: float) -> None:
        """Anything arrived."""
        self._heard = now

    def dead(self, now: float) -> bool:
        """Whether the peer has been silent too long."""
        return now - self._heard >= self.silence_s

    def due(self, now: float) -> int | None:
        """The number of the ping to send now, if one is due."""
        if now - self._pinged < self.ping_s:
            return None
        self._pinged = now
        self.sent += 1
        return self.sent

    def next_deadline(self) -> float:
        """When to look again."""
        return min(self._pinged + self.ping_s, self._heard + self.silence_s)

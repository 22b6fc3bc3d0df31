"""
How long people waited between a key and its picture, as a connector measured it: one session, p50 and p95.

docs/wire/screen.md, "Lag", says what each share is.
"""

from dataclasses import dataclass
from typing import Final

SHARES: Final = ("device", "line", "gateway", "connector", "office")
BAD_MS: Final = 150
_MS_MAX: Final = 3_600_000
_KEYS_MAX: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Quantile:
    """Half of the keys took at most `p50` milliseconds, nineteen of twenty at most `p95`."""

    p50: int
    p95: int


@dataclass(frozen=True, slots=True)
class SessionLag:
    """One session so far: answered keys, the whole way of a key and its shares."""

    session: str
    keys: int
    total: Quantile
    device: Quantile
    line: Quantile
    gateway: Quantile
    connector: Quantile
    office: Quantile

    def share(self, name: str) -> Quantile:
        """One of `SHARES`."""
        found: Quantile = getattr(self, name)
        return found

    @property
    def cause(self) -> str:
        """The largest share by the median where the whole is bad by the median; else empty."""
        if self.total.p50 <= BAD_MS:
            return ""
        return max(SHARES, key=lambda name: self.share(name).p50)


@dataclass(frozen=True, slots=True)
class UsedSession:
    """A session as an administrator looks at it: whose, where, when, and its lag."""

    started: float
    seen: float  # when its lag was last told
    login: str
    target: str
    lag: SessionLag


def usable(session: str, keys: int, unverified: tuple[tuple[int, int], ...]) -> SessionLag:
    """What a connector says, whole and shares in order, within what a database holds."""
    quantiles = (Quantile(min(p50, _MS_MAX), min(p95, _MS_MAX)) for p50, p95 in unverified)
    return SessionLag(session, min(keys, _KEYS_MAX), *quantiles)

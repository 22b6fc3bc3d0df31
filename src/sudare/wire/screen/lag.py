"""
How long a person waits between a key and the picture that answers it, and which part on the way is the cause.

The way of a key has five shares (docs/wire/screen.md says how each is measured): the home device, its line, the gateway
with its connection to the office, the connector, and the office PC.

    bad    the median of the last keys is over 150 ms, or over the round trip + 100 ms where that is less
    cause  the largest share, by the median; it is named from the fifth key on, and it stays named until the median is
           below four fifths of the limit. Another share takes its place only when it is larger by a quarter

INVARIANT: memory is bounded: the last `RECENT` keys, and one table of fixed size a share for the whole session.
"""

from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from statistics import median
from typing import Final

from sudare.wire.screen.quantiles import Quantiles

RECENT: Final = 10  # keys
ENOUGH: Final = 5  # keys, to judge by
RECENT_S: Final = 60.0  # older keys say nothing of now
BAD_MS, BAD_BEYOND_MS = 150.0, 100.0
_GOOD_AGAIN: Final = 0.8
_OVERTAKES: Final = 1.25


class Share(IntEnum):
    """A part of the way of a key; NONE when there is nothing to name."""

    NONE = 0
    DEVICE = 1
    LINE = 2
    GATEWAY = 3
    CONNECTOR = 4
    OFFICE = 5


@dataclass(frozen=True, slots=True)
class Split:
    """One answered key: how long each share took, in milliseconds."""

    device: float
    line: float
    gateway: float
    connector: float
    office: float

    @property
    def total(self) -> float:
        """From the key to the picture."""
        return self.device + self.line + self.gateway + self.connector + self.office

    @property
    def shares(self) -> tuple[float, ...]:
        """In the order of `Share`, without NONE."""
        return self.device, self.line, self.gateway, self.connector, self.office


@dataclass(frozen=True, slots=True)
class Figures:
    """A session so far: answered keys, and (p50, p95) in milliseconds of the whole and of each share."""

    keys: int
    total: tuple[int, int]
    device: tuple[int, int]
    line: tuple[int, int]
    gateway: tuple[int, int]
    connector: tuple[int, int]
    office: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Recent:
    """The last keys: medians in milliseconds, and what is to be named as the cause."""

    cause: Share
    total: int
    device: int
    line: int
    gateway: int
    connector: int
    office: int


class Lags:
    """The answered keys of one session."""

    def __init__(self) -> None:
        self._recent: deque[tuple[float, Split]] = deque(maxlen=RECENT)
        self._tables = tuple(Quantiles() for _ in Share)  # that of NONE is the whole
        self._cause = Share.NONE

    def add(self, split: Split, now: float, rtt_ms: int) -> None:
        """One more; `rtt_ms` is the smallest round trip lately, 0 when not known."""
        for table, ms in zip(self._tables, (split.total, *split.shares), strict=True):
            table.add(ms)
        self._recent.append((now, split))
        while self._recent[0][0] < now - RECENT_S:
            self._recent.popleft()
        self._cause = self._judged(min(BAD_MS, rtt_ms + BAD_BEYOND_MS) if rtt_ms else BAD_MS)

    def _judged(self, limit: float) -> Share:
        if len(self._recent) < ENOUGH:
            return Share.NONE
        medians = self._medians()
        if medians[0] <= (limit * _GOOD_AGAIN if self._cause else limit):
            return Share.NONE
        largest = max((share for share in Share if share), key=medians.__getitem__)
        if self._cause and medians[largest] <= _OVERTAKES * medians[self._cause]:
            return self._cause
        return largest

    def _medians(self) -> list[float]:
        """Of the last keys: the whole, then each share at its number."""
        rows = [(split.total, *split.shares) for _, split in self._recent]
        return [median(column) for column in zip(*rows, strict=True)]

    @property
    def count(self) -> int:
        """Answered keys so far."""
        return self._tables[0].count

    @property
    def recent(self) -> Recent | None:
        """What can be said of now; None before the first key."""
        return Recent(self._cause, *map(round, self._medians())) if self._recent else None

    @property
    def figures(self) -> Figures:
        """Of the whole session."""
        return Figures(self.count, *((table.at(0.5), table.at(0.95)) for table in self._tables))

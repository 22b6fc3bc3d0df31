"""
What the sessions of this connector measured of lag, on its way to the gateway; and what the way there takes itself.

INVARIANT: of an ended session the last word is kept until it was said, and of `ENDED_MAX` such sessions at most.
INVARIANT: figures only; nothing of what was typed or shown is in them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Final

import msgspec

from sudare.connector.worker import job
from sudare.wire.tunnel import messages as m

EVERY_S: Final = 60.0
ENDED_MAX: Final = 1_000
A_LINE: Final = 128  # sessions in one message
_ECHOES: Final = 3
_WORTH_MS: Final = 2  # a change of the way that sessions are told


@dataclass(slots=True)
class _Page:
    """One session."""

    lag: job.Lag
    said: bool = False
    said_at: float = float("-inf")
    over: bool = False


class LagBook:
    """
    One connector's. `late_ms()` is how late its event loop is.

    `on_way(gateway_ms, connector_ms)` is told when what the way takes has changed.
    """

    def __init__(self, late_ms: Callable[[], int] = lambda: 0) -> None:
        self._late_ms = late_ms
        self.on_way: Callable[[int, int], None] = lambda *_: None
        self.way = (0, 0)
        self._pages: dict[str, _Page] = {}
        self._echoes: list[int] = []

    def heard(self, session: str, lag: job.Lag) -> None:
        """A session's figures so far."""
        page = self._pages.setdefault(session, _Page(lag))
        page.lag, page.said = lag, False

    def over(self, session: str) -> None:
        """It ended."""
        if session not in self._pages:
            return
        self._pages[session].over = True
        ended = [one for one, page in self._pages.items() if page.over]
        for one in ended[:-ENDED_MAX]:
            del self._pages[one]

    def due(self, now: float, *, everything: bool = False) -> list[m.Lag]:
        """What is to be said now, and counts as said: what is new, of a running session once a minute."""
        wanted = [
            (session, page)
            for session, page in self._pages.items()
            if not page.said and (everything or page.over or now - page.said_at >= EVERY_S)
        ]
        measured = [m.Measured(session, **msgspec.structs.asdict(page.lag)) for session, page in wanted]
        for _, page in wanted:
            page.said, page.said_at = True, now
        for session in [session for session, page in self._pages.items() if page.over and page.said]:
            del self._pages[session]
        return [m.Lag(measured[at : at + A_LINE]) for at in range(0, len(measured), A_LINE)]

    def echo(self, rtt_s: float, wait_ms: int) -> None:
        """
        A ping came back after so long from a gateway that is so late.

        A key passes each event loop twice, once up and once down; a ping passes the gateway's once, and ours once.
        """
        late = self._late_ms()
        self._echoes = [*self._echoes[1 - _ECHOES :], max(0, round(rtt_s * 1000) - late) + wait_ms]
        way = round(median(self._echoes)), 2 * late
        if max(abs(a - b) for a, b in zip(way, self.way, strict=True)) >= _WORTH_MS:
            self.way = way
            self.on_way(*way)

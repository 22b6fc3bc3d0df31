"""Housekeeping of one gateway node: what ran out is removed, and streams of browsers whose session ended are cut."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from sudare.domain.websession import Limits, WebSession
from sudare.gateway.cuts import Cuts
from sudare.runtime.logs import get_logger

CUTS_S = 2.0
EVERY_S = 20.0
log = get_logger()


class WebSessions(Protocol):
    """Signed-in browsers."""

    async def end_expired(self, limits: Limits, now: float) -> list[WebSession]:
        """Remove the sessions whose time is over, and name them."""
        ...


class Record(Protocol):
    """The record of what happened."""

    async def head(self) -> tuple[int, str]:
        """Number and hash of the last entry."""
        ...


@dataclass(frozen=True, slots=True)
class Sweep:
    """Forgets what is over since so long."""

    forget: Callable[[float], Awaitable[int]]
    after_s: float = 0.0


class Keeper:
    """Runs for as long as the node does."""

    def __init__(
        self,
        web_sessions: WebSessions,
        record: Record,
        cuts: Cuts,
        limits: Limits,
        sweeps: tuple[Sweep, ...],
    ) -> None:
        self._web_sessions = web_sessions
        self._record = record
        self._cuts = cuts
        self._limits = limits
        self._sweeps = sweeps
        self._head = (0, "")

    async def sweep(self, now: float) -> None:
        """One round of tidying."""
        await self._web_sessions.end_expired(self._limits, now)
        await self._cuts.apply()
        for sweep in self._sweeps:
            await sweep.forget(now - sweep.after_s)
        head = await self._record.head()
        if head != self._head:
            # The head in the log is evidence outside the database: a rewritten record does not lead to it.
            log.info("record.head", seq=head[0], hash=head[1])
            self._head = head

    async def run(self, clock: Callable[[], float], every_s: float = EVERY_S) -> None:
        """Cuts often and tidies sometimes, until cancelled; a failing round is logged and the next one tried."""
        tidied = -every_s
        while True:
            try:
                await self._cuts.apply()
                if not 0 <= clock() - tidied < every_s:
                    tidied = clock()
                    await self.sweep(tidied)
            except Exception as error:  # noqa: BLE001 - the database may be away for a while
                log.warning("keeper.failed", kind=type(error).__name__)
            await asyncio.sleep(CUTS_S)

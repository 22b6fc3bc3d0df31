"""Housekeeping of one gateway node: what ran out is removed, and streams of browsers whose session ended are cut."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from sudare.domain.audit import Event, Kind
from sudare.domain.websession import Limits, WebSession
from sudare.gateway.ports import Tunnels
from sudare.runtime.logs import get_logger

EVERY_S = 20.0
SESSIONS_KEPT_S = 90 * 86_400.0
log = get_logger()


class WebSessions(Protocol):
    """Signed-in browsers."""

    async def end_expired(self, limits: Limits, now: float) -> list[WebSession]:
        """Remove the sessions whose time is over, and name them."""
        ...


class Sessions(Protocol):
    """Uses of targets."""

    async def of_browsers(self, web_sessions: list[str]) -> list[str]:
        """The sessions these browsers opened."""
        ...

    async def forget(self, before: float) -> int:
        """Remove those last used before this time."""
        ...


class Record(Protocol):
    """The record of what happened."""

    async def add(self, *events: Event) -> None:
        """Append events of their own."""
        ...

    async def head(self) -> tuple[int, str]:
        """Number and hash of the last entry."""
        ...


class Keeper:
    """Runs for as long as the node does."""

    def __init__(
        self,
        web_sessions: WebSessions,
        sessions: Sessions,
        record: Record,
        tunnels: Tunnels,
        limits: Limits,
        sweeps: tuple[Callable[[float], Awaitable[int]], ...],
    ) -> None:
        self._web_sessions = web_sessions
        self._sessions = sessions
        self._record = record
        self._tunnels = tunnels
        self._limits = limits
        self._sweeps = sweeps
        self._head = (0, "")

    async def sweep(self, now: float) -> None:
        """One round."""
        over = await self._web_sessions.end_expired(self._limits, now)
        if over:
            for session in await self._sessions.of_browsers([one.hash for one in over]):
                self._tunnels.cut(session=session)
            await self._record.add(
                *(Event(Kind.SESSION_EXPIRED, one.tenant, now, one.person, one.person) for one in over)
            )
        for forget in self._sweeps:
            await forget(now)
        await self._sessions.forget(now - SESSIONS_KEPT_S)
        head = await self._record.head()
        if head != self._head:
            # The head in the log is evidence outside the database: a rewritten record does not lead to it.
            log.info("record.head", seq=head[0], hash=head[1])
            self._head = head

    async def run(self, clock: Callable[[], float], every_s: float = EVERY_S) -> None:
        """Rounds until cancelled; a failing round is logged and the next one tried."""
        while True:
            try:
                await self.sweep(clock())
            except Exception as error:  # noqa: BLE001 - the database may be away for a while
                log.warning("keeper.failed", kind=type(error).__name__)
            await asyncio.sleep(every_s)

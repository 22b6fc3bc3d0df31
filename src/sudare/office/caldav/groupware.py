"""
A CalDAV server as the connector's groupware: discovers, asks, expands, and remembers a little per person.

Nothing is written to disk and no password is kept. A remembered answer is given out only after the server
itself has just accepted the person's password and said that the calendar has not changed.
"""

import asyncio
import ssl
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sudare.base.errors import SudareError
from sudare.domain.schedule import Calendar, Occurrence, Schedule, Window, in_order
from sudare.office.caldav import discovery, expansion
from sudare.office.caldav.multistatus import CAL, query
from sudare.office.caldav.transport import MissingError, Transport
from sudare.office.schedule import Login, UnreachableError
from sudare.runtime import clock
from sudare.runtime.logs import get_logger

PEOPLE: Final = 200
WINDOWS: Final = 48
IDLE_S: Final = 900.0
AT_ONCE: Final = 4

_Key = tuple[str, str, Window]  # address, mark, days


@dataclass(slots=True)
class _Account:
    """One person's connections and what was last read over them."""

    transport: Transport
    used: float
    homes: tuple[str, ...] = ()
    read: OrderedDict[_Key, tuple[Occurrence, ...]] = field(default_factory=OrderedDict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class CalDAV:
    """Schedules of one CalDAV server; see `office.schedule.Groupware`."""

    def __init__(
        self,
        url: str,
        *,
        tls: ssl.SSLContext | None = None,
        now: Callable[[], float] = clock.now,
        people: int = PEOPLE,
    ) -> None:
        self._url = url
        self._tls = tls
        self._now = now
        self._people = people
        self._accounts: OrderedDict[str, _Account] = OrderedDict()
        self._down_since: float | None = None
        self._log = get_logger()

    async def window(self, login: Login, window: Window) -> Schedule:
        """What the person's calendars hold in these days; raises the office.calendar-* codes."""
        account = await self._account(login.account)
        try:
            async with account.lock:
                calendars, occurrences = await self._look(account, login, window)
        except UnreachableError as error:
            self._down_since = self._down_since or self._now()
            raise UnreachableError(error.detail, self._down_since) from error
        except SudareError:
            self._down_since = None  # it did answer
            raise
        self._down_since = None
        return Schedule(self._now(), calendars, occurrences)

    async def close(self) -> None:
        """Give up connections and everything remembered."""
        while self._accounts:
            await self._accounts.popitem()[1].transport.close()

    async def _account(self, name: str) -> _Account:
        now = self._now()
        account = self._accounts.get(name) or _Account(Transport(self._url, self._tls), now)
        account.used = now
        self._accounts[name] = account
        self._accounts.move_to_end(name)
        for other, old in list(self._accounts.items()):
            stale = now - old.used > IDLE_S or len(self._accounts) > self._people
            if other == name or not stale:
                break
            if not old.lock.locked():
                del self._accounts[other]
                await old.transport.close()
        return account

    async def _look(
        self, account: _Account, login: Login, window: Window
    ) -> tuple[tuple[Calendar, ...], tuple[Occurrence, ...]]:
        found = await self._calendars(account, login)
        room = asyncio.Semaphore(AT_ONCE)

        async def one(calendar: discovery.Found) -> tuple[Occurrence, ...]:
            async with room:
                return await self._read(account, login, calendar, window)

        try:
            async with asyncio.TaskGroup() as group:
                reading = [group.create_task(one(calendar)) for calendar in found]
        except* SudareError as failures:
            raise _worst(failures) from None
        parts = [task.result() for task in reading]
        return tuple(f.calendar for f in found), in_order(o for part in parts for o in part)

    async def _calendars(self, account: _Account, login: Login) -> list[discovery.Found]:
        if account.homes:
            try:
                return await self._listed(account, login)
            except MissingError:
                account.homes = ()  # the homes have moved
        account.homes = await discovery.homes(account.transport, self._url, login)
        return await self._listed(account, login)

    async def _listed(self, account: _Account, login: Login) -> list[discovery.Found]:
        found: dict[str, discovery.Found] = {}
        for home in account.homes:
            for calendar in await discovery.calendars(account.transport, home, login):
                found.setdefault(calendar.url, calendar)
        return list(found.values())

    async def _read(
        self, account: _Account, login: Login, calendar: discovery.Found, window: Window
    ) -> tuple[Occurrence, ...]:
        key = (calendar.url, calendar.mark, window)
        if calendar.mark and key in account.read:
            account.read.move_to_end(key)
            return account.read[key]
        said = await account.transport.ask("REPORT", calendar.url, query(*window.padded()), login, 1)
        texts = [text for resource in said if (text := resource.text(f"{CAL}calendar-data"))]
        read, unreadable = await asyncio.to_thread(expansion.occurrences, calendar.calendar.id, texts, window)
        if unreadable:
            self._log.warning("calendar.resources-unreadable", count=unreadable, of=len(texts))
        account.read[key] = tuple(read)
        while len(account.read) > WINDOWS:
            account.read.popitem(last=False)
        return account.read[key]


def _worst(failures: BaseExceptionGroup[SudareError]) -> SudareError:
    """The failure to tell of: that the server is away says more than what it answered meanwhile."""
    leaves: list[SudareError] = []
    waiting: list[BaseException] = [failures]
    while waiting:
        error = waiting.pop()
        if isinstance(error, BaseExceptionGroup):
            waiting.extend(error.exceptions)
        elif isinstance(error, SudareError):
            leaves.append(error)
    return next((e for e in leaves if isinstance(e, UnreachableError)), leaves[0])

"""
The desk where `api` streams ask office systems for things, as the person the ticket names.

INVARIANT: every answer is made with the person's own password; the desk holds none, and keeps nothing on disk.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from sudare.base.errors import SudareError
from sudare.connector.config import Schedule
from sudare.connector.ports import OfficeCredential
from sudare.domain import schedule
from sudare.office.caldav.groupware import CalDAV
from sudare.office.schedule import Groupware, Login
from sudare.runtime import clock
from sudare.wire.ticket.codec import Ticket

_LONGEST_ACCOUNT: Final = 256
_PATTERN: Final = "{account}"


class OfficeDesk:
    """Answers operations; see `connector.ports.OfficeDesk`. `settings` is None where there is no groupware."""

    def __init__(
        self, settings: Schedule | None, now: Callable[[], float] = clock.now, groupware: Groupware | None = None
    ) -> None:
        self._settings = settings
        self._groupware = groupware
        if settings is not None and groupware is None:
            self._groupware = CalDAV(settings.url, now=now)
        self._ops: dict[str, Callable[[Ticket, OfficeCredential | None, object], Awaitable[dict[str, Any]]]] = {
            "schedule.window": self._schedule_window,
        }

    async def answer(
        self, ticket: Ticket, credential: OfficeCredential | None, op: str, args: dict[str, Any]
    ) -> dict[str, Any]:
        """The answer's `ok`. Raises `caller.not-found` for an operation nobody knows, and what the operation raises."""
        work = self._ops.get(op)
        if work is None:
            raise SudareError("caller.not-found", "no such operation")
        return await work(ticket, credential, args)

    async def close(self) -> None:
        """Give up connections to office systems."""
        if self._groupware is not None:
            await self._groupware.close()

    async def _schedule_window(
        self, ticket: Ticket, credential: OfficeCredential | None, args: object
    ) -> dict[str, Any]:
        window = schedule.window(args)  # say what is wrong with the question before asking for a password
        if self._settings is None or self._groupware is None:
            raise SudareError("caller.not-found", "no groupware here")
        if credential is None or not credential.password.reveal():
            raise SudareError("office.calendar-credentials-missing")
        account = _account(self._settings.account, credential.account or ticket.acc)
        return (await self._groupware.window(Login(account, credential.password), window)).view()


def _account(pattern: str, name: str) -> str:
    """
    The user name for HTTP Basic: what the person typed (or the ticket's name) in the office's pattern, once.

    A colon would end it (RFC 7617 2), and control characters have no place in one.
    """
    before, _, after = pattern.partition(_PATTERN)
    if not (name.startswith(before) and name.endswith(after) and len(name) > len(before + after)):
        name = f"{before}{name}{after}" if name else ""
    if not name or len(name) > _LONGEST_ACCOUNT or ":" in name or not name.isprintable():
        raise SudareError("office.calendar-credentials", "an account name that cannot be one")
    return name

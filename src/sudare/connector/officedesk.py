"""
The desk where `api` streams ask office systems for things, as the person the ticket names.

INVARIANT: every answer is made with the person's own password; the desk holds none, and keeps nothing on disk.
"""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.domain import schedule
from sudare.office.caldav.groupware import CalDAV
from sudare.office.schedule import Groupware, Login, UnreachableError

_LONGEST_ACCOUNT: Final = 256


class Person(Protocol):
    """What the desk reads of a ticket (sudare.wire.ticket)."""

    @property
    def acc(self) -> str:
        """The person's account name in the office."""
        ...


class Credential(Protocol):
    """What the browser sent, opened: the account typed by the person (may be empty) and its password."""

    @property
    def account(self) -> str:
        """As typed; empty means the ticket's."""
        ...

    @property
    def password(self) -> Secret[str]:
        """Unsealed."""
        ...


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """`[schedule]` of connector.toml; `authority` names a PEM file when the office signs its certificates itself."""

    url: str
    kind: str = "caldav"
    account: str = "{account}"
    credential: str = "person"
    authority: str = ""

    def __post_init__(self) -> None:
        """Raises `ValueError` for settings that cannot work."""
        if self.kind != "caldav":
            raise ValueError(f"[schedule] kind: {self.kind!r} is not known, only 'caldav' is")
        if self.credential != "person":
            raise ValueError("[schedule] credential: only 'person' is known")
        if not self.url.startswith(("http://", "https://")):
            raise ValueError("[schedule] url: must begin with http:// or https://")
        if "{account}" not in self.account:
            raise ValueError("[schedule] account: must contain {account}, or everybody would be the same person")


class OfficeDesk:
    """Answers operations; `settings` is None when this site has no groupware."""

    def __init__(self, settings: ScheduleSettings | None, groupware: Groupware | None = None) -> None:
        self._settings = settings
        self._groupware = groupware
        if settings is not None and groupware is None:
            self._groupware = CalDAV(settings.url, tls=_trust(settings.authority))
        self._ops: dict[str, Callable[[Login, object], Awaitable[dict[str, object]]]] = {
            "schedule.window": self._schedule_window,
        }

    async def answer(
        self, ticket: Person, credential: Credential | None, op: str, args: Mapping[str, object]
    ) -> dict[str, object]:
        """The `ok` part of the answer; raises `SudareError`, which `problem` turns into the other part."""
        work = self._ops.get(op)
        if work is None or self._settings is None:
            raise SudareError("caller.not-found", "no such operation here")
        if op == "schedule.window":
            schedule.window(args)  # say what is wrong with the question before asking for a password
        if credential is None or not credential.password.reveal():
            raise SudareError("office.calendar-credentials-missing")
        account = _account(self._settings.account, credential.account or ticket.acc)
        return await work(Login(account, credential.password), args)

    async def close(self) -> None:
        """Give up connections to office systems."""
        if self._groupware is not None:
            await self._groupware.close()

    async def _schedule_window(self, login: Login, args: object) -> dict[str, object]:
        if self._groupware is None:
            raise SudareError("caller.not-found", "no groupware here")
        return (await self._groupware.window(login, schedule.window(args))).view()


def _account(pattern: str, name: str) -> str:
    """
    The user name for HTTP Basic: what the person typed (or the ticket's name) in the office's pattern, once.

    A colon would end it (RFC 7617 2), and control characters have no place in one.
    """
    before, _, after = pattern.partition("{account}")
    if not (name.startswith(before) and name.endswith(after) and len(name) > len(before + after)):
        name = f"{before}{name}{after}" if name else ""
    if not name or len(name) > _LONGEST_ACCOUNT or ":" in name or not name.isprintable():
        raise SudareError("office.calendar-credentials", "an account name that cannot be one")
    return name


def problem(error: SudareError) -> dict[str, object]:
    """The `problem` part of an answer: the code, and since when where that is known."""
    told: dict[str, object] = {"code": error.code}
    if isinstance(error, UnreachableError) and error.since is not None:
        told["since"] = schedule.stamp(error.since)
    return told


def _trust(authority: str) -> ssl.SSLContext | None:
    if not authority:
        return None
    return ssl.create_default_context(cadata=Path(authority).read_text(encoding="ascii"))

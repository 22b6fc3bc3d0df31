"""The port every groupware adapter gives the connector, and the failures it answers with."""

from dataclasses import dataclass
from typing import Protocol

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.domain import schedule


@dataclass(frozen=True, slots=True)
class Login:
    """The account the groupware knows the person by, and its password. Adapters act as the person, never as more."""

    account: str
    password: Secret[str]


class UnreachableError(SudareError):
    """`office.calendar-unreachable`; `since` (Unix seconds) is when that state began."""

    def __init__(self, detail: str, since: float | None = None) -> None:
        super().__init__("office.calendar-unreachable", detail)
        self.since = since


class Groupware(Protocol):
    """Schedules of one groupware server."""

    async def window(self, login: Login, window: schedule.Window) -> schedule.Schedule:
        """
        What the person's calendars hold in these days.

        Raises `office.calendar-unreachable`, `office.calendar-credentials`, `office.calendar-answer`.
        """
        ...

    async def close(self) -> None:
        """Give up connections and everything remembered."""
        ...

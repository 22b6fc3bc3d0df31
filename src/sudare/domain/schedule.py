"""
What stands in a person's schedule: occurrences, the window one looks through, and their JSON view.

Every time is shown in Japan's one time zone (UTC+9, no summer time since 1951): no zone database is needed.
INVARIANT: a timed occurrence has aware start and end in JST; an all-day one has dates, end exclusive. Never a mix.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from typing import Final

from sudare.base.errors import SudareError

JST: Final = timezone(timedelta(hours=9), "JST")
LONGEST_DAYS: Final = 62
_DAY: Final = timedelta(days=1)


class Status(Enum):
    """How sure an occurrence is; cancelled ones are not in a schedule."""

    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"


@dataclass(frozen=True, slots=True)
class Calendar:
    """One calendar of a person; `colour` is `#rrggbb` or empty."""

    id: str
    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One appointment at one time; `instance` tells the repetitions of one `uid` apart and is empty for single ones."""

    calendar: str
    uid: str
    instance: str
    start: datetime | date
    end: datetime | date
    title: str
    place: str
    status: Status
    private: bool
    recurring: bool
    busy: bool

    @property
    def all_day(self) -> bool:
        """Whether it has days and no times."""
        return not isinstance(self.start, datetime)

    @property
    def begins(self) -> datetime:
        """First moment."""
        return moment(self.start)

    @property
    def ends(self) -> datetime:
        """Moment after the last."""
        return moment(self.end)


@dataclass(frozen=True, slots=True)
class Window:
    """Days somebody looks at; `end` is the day after the last."""

    start: date
    end: date

    def __post_init__(self) -> None:
        """Raises `caller.malformed` for an empty or overlong window."""
        if not _DAY <= self.end - self.start <= LONGEST_DAYS * _DAY:
            raise SudareError("caller.malformed", "a window has 1 to 62 days")
        if not date(1970, 1, 2) <= self.start <= date(9000, 1, 1):
            raise SudareError("caller.malformed", "a window lies between 1970 and 9000")

    @property
    def begins(self) -> datetime:
        """First moment."""
        return moment(self.start)

    @property
    def ends(self) -> datetime:
        """Moment after the last."""
        return moment(self.end)

    def padded(self) -> tuple[datetime, datetime]:
        """A day more on both sides: some servers drop what touches an edge, so we ask for more and filter here."""
        return self.begins - _DAY, self.ends + _DAY

    def shows(self, occurrence: Occurrence) -> bool:
        """Whether some of it lies inside; one without length is shown where it begins."""
        if occurrence.begins == occurrence.ends:
            return self.begins <= occurrence.begins < self.ends
        return occurrence.begins < self.ends and occurrence.ends > self.begins


@dataclass(frozen=True, slots=True)
class Schedule:
    """What the groupware said at `as_of` (Unix seconds)."""

    as_of: float
    calendars: tuple[Calendar, ...]
    occurrences: tuple[Occurrence, ...]

    def view(self) -> dict[str, object]:
        """The answer of `schedule.window`, docs/wire/channel.md."""
        return {
            "as_of": stamp(self.as_of),
            "calendars": [{"id": c.id, "name": c.name, "colour": c.colour} for c in self.calendars],
            "occurrences": [view(o) for o in self.occurrences],
        }


def window(args: object) -> Window:
    """The window asked for by unverified JSON arguments; raises `caller.malformed`."""
    if not isinstance(args, dict):
        raise SudareError("caller.malformed", "arguments are an object")
    return Window(_day(args.get("start")), _day(args.get("end")))


def moment(value: datetime | date) -> datetime:
    """A day's first moment in JST, or the time itself in JST; a time that says no zone is meant in JST."""
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=JST)
    return value.replace(tzinfo=JST) if value.tzinfo is None else value.astimezone(JST)


def in_order(occurrences: Iterable[Occurrence]) -> tuple[Occurrence, ...]:
    """Sorted by start, then end, then title (all-day ones first at the same moment)."""
    return tuple(sorted(occurrences, key=lambda o: (o.begins, not o.all_day, o.ends, o.title, o.calendar, o.uid)))


def view(occurrence: Occurrence) -> dict[str, object]:
    """One occurrence as JSON, docs/wire/channel.md."""
    return {
        "calendar": occurrence.calendar,
        "uid": occurrence.uid,
        "instance": occurrence.instance,
        "start": text(occurrence.start),
        "end": text(occurrence.end),
        "all_day": occurrence.all_day,
        "title": occurrence.title,
        "place": occurrence.place,
        "status": occurrence.status.value,
        "private": occurrence.private,
        "recurring": occurrence.recurring,
        "busy": occurrence.busy,
    }


def text(value: datetime | date) -> str:
    """RFC 3339: a date, or a time with +09:00."""
    return moment(value).isoformat(timespec="seconds") if isinstance(value, datetime) else value.isoformat()


def stamp(now: float) -> str:
    """Unix seconds as RFC 3339 with +09:00."""
    return datetime.fromtimestamp(now, JST).isoformat(timespec="seconds")


def _day(value: object) -> date:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError as error:
        raise SudareError("caller.malformed", "no such day") from error
    if day is None or day.isoformat() != value:
        raise SudareError("caller.malformed", "a day is written 2026-01-31")
    return day

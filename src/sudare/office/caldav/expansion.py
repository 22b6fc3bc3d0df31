"""
From iCalendar text (RFC 5545) to occurrences in a window, through the libraries that know its corners.

Times without a zone, and zones nobody defines, are meant in Japan. Blocking and busy: run it in a thread.
INVARIANT: rules that repeat by the minute or second are not followed; no resource costs more than `MOST` occurrences.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final

import icalendar
import recurring_ical_events

from sudare.base.errors import SudareError
from sudare.domain.schedule import Occurrence, Status, Window, moment

MOST: Final = 5_000
_DAY: Final = timedelta(days=1)
_TITLE: Final = 1_000
_HASTY: Final = {"SECONDLY", "MINUTELY"}
_REPEATS: Final = ("RRULE", "RDATE", "RECURRENCE-ID")
_HIDDEN: Final = {"PRIVATE", "CONFIDENTIAL"}

Component = Any  # icalendar components are dictionaries of untyped properties


class UnreadableError(Exception):
    """One resource that cannot be understood; the others can."""


def occurrences(calendar: str, resources: Iterable[str], window: Window) -> tuple[list[Occurrence], int]:
    """What the resources of one calendar put into the window, and how many of them could not be understood."""
    found: list[Occurrence] = []
    unreadable = 0
    for text in resources:
        try:
            found.extend(_expand(calendar, text, window))
        except UnreadableError:
            unreadable += 1
        if len(found) > MOST:
            raise SudareError("office.calendar-answer", "too many occurrences")
    return found, unreadable


def _expand(calendar: str, text: str, window: Window) -> list[Occurrence]:
    try:
        parsed = icalendar.Calendar.from_ical(text)
        repeating = _examine(parsed)
        begins, ends = window.padded()
        parts = recurring_ical_events.of(parsed).between(begins, ends)
        shown = [_occurrence(calendar, part, repeating) for part in parts if _status(part) != "CANCELLED"]
    except Exception as error:  # the libraries fail in many ways on what people's software writes
        raise UnreadableError(type(error).__name__) from error
    return [occurrence for occurrence in shown if window.shows(occurrence)]


def _examine(parsed: Component) -> set[str]:
    """The uids that repeat; raises `UnreadableError` for rules that would repeat without end in a day."""
    repeating = set()
    for event in parsed.walk("VEVENT"):
        if any(name in event for name in _REPEATS):
            repeating.add(str(event.get("UID", "")))
        for rule in _each(event.get("RRULE")):
            if _HASTY.intersection(str(f).upper() for f in rule.get("FREQ", [])) or "BYSECOND" in rule:
                raise UnreadableError("a rule by the minute")
    return repeating


def _each(value: Any) -> Iterator[Any]:  # noqa: ANN401 - the library's untyped property
    if value is not None:
        yield from value if isinstance(value, list) else [value]


def _occurrence(calendar: str, part: Component, repeating: set[str]) -> Occurrence:
    start, end = _span(part)
    uid = str(part.get("UID", ""))
    status, busy = _standing(part)
    return Occurrence(
        calendar=calendar,
        uid=uid,
        instance=_instance(part, start) if uid in repeating else "",
        start=start,
        end=end,
        title=_plain(part, "SUMMARY"),
        place=_plain(part, "LOCATION"),
        status=status,
        private=str(part.get("CLASS", "")).upper() in _HIDDEN,
        recurring=uid in repeating,
        busy=busy,
    )


def _span(part: Component) -> tuple[datetime, datetime] | tuple[date, date]:
    start = part["DTSTART"].dt
    end = part["DTEND"].dt if "DTEND" in part else start
    if isinstance(start, datetime) and isinstance(end, datetime):
        begins = moment(start)
        return begins, max(begins, moment(end))
    if isinstance(start, datetime):
        return moment(start), max(moment(start), moment(end))
    last = moment(end).date() if isinstance(end, datetime) else end
    return start, max(start + _DAY, last)


def _instance(part: Component, start: datetime | date) -> str:
    """Which repetition it is; those moved by THISANDFUTURE share one RECURRENCE-ID, so their own start says it."""
    original = part.get("RECURRENCE-ID")
    if original is None or "RANGE" in original.params:
        return start.isoformat()
    value: datetime | date = original.dt
    return moment(value).isoformat() if isinstance(value, datetime) else value.isoformat()


def _status(part: Component) -> str:
    return str(part.get("STATUS", "")).upper()


def _standing(part: Component) -> tuple[Status, bool]:
    """How sure, and whether the time is taken; Outlook says both in a property of its own."""
    outlook = str(part.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper()
    tentative = _status(part) == "TENTATIVE" or outlook == "TENTATIVE"
    free = str(part.get("TRANSP", "")).upper() == "TRANSPARENT" or outlook == "FREE"
    return (Status.TENTATIVE if tentative else Status.CONFIRMED), not free


def _plain(part: Component, name: str) -> str:
    value = part.get(name, "")
    if isinstance(value, list):
        value = value[0] if value else ""
    return " ".join(str(value).split())[:_TITLE]

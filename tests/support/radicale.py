"""A real Radicale for tests, with calendars given as lists of iCalendar components."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from demo.cityhall.groupware import Book, Radicale

PEOPLE = {"yamada": "ひみつのあいことば-1", "sato": "himitsu-2"}


@contextlib.contextmanager
def radicale(folder: Path, people: Mapping[str, str] = PEOPLE) -> Iterator[Radicale]:
    """Runs for the length of the block."""
    server = Radicale(folder, people)
    try:
        yield server
    finally:
        server.stop()


def ics(*components: str) -> str:
    """An iCalendar file around these components, with the line ends of the standard."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//JA"]
    for component in components:
        lines += [line for line in component.strip().splitlines() if line]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def event(uid: str, *lines: str) -> str:
    """A VEVENT with these property lines."""
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT"])


def book(slug: str, *events: str, name: str = "", colour: str = "#0b7285") -> Book:
    """A calendar with one resource for each event."""
    return Book(slug, name or slug, colour, {f"{n}.ics": ics(text) for n, text in enumerate(events)})

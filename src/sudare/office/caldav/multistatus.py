"""
Reading WebDAV's 207 answers (RFC 4918 13) and writing the questions.

INVARIANT: no document type is read, so no entity is ever defined or expanded, internal or external.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast
from xml.etree.ElementTree import Element, ParseError, XMLParser

from sudare.base.errors import SudareError

DAV: Final = "{DAV:}"
CAL: Final = "{urn:ietf:params:xml:ns:caldav}"
SERVER: Final = "{http://calendarserver.org/ns/}"
APPLE: Final = "{http://apple.com/ns/ical/}"
_SPACES: Final = (
    'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" '
    'xmlns:s="http://calendarserver.org/ns/" xmlns:a="http://apple.com/ns/ical/"'
)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of an answer and the properties the server gave with status 200."""

    href: str
    props: dict[str, Element]

    def text(self, name: str) -> str:
        """A property's text, or nothing."""
        found = self.props.get(name)
        return (found.text or "").strip() if found is not None else ""

    def hrefs(self, name: str) -> list[str]:
        """The addresses a property holds."""
        found = self.props.get(name)
        return [] if found is None else [h.text.strip() for h in found.iter(f"{DAV}href") if h.text]


class _NoDoctype:
    """A tree target that refuses document types before anything in them counts."""

    def __init__(self) -> None:
        self._open: list[Element] = []
        self._root: Element | None = None
        self._closed: Element | None = None
        self._pieces: list[str] = []

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise SudareError("office.calendar-answer", "a document type in an answer")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._flush()
        element = Element(tag, attributes)
        if self._open:
            self._open[-1].append(element)
        else:
            self._root = element
        if len(self._open) > 64:
            raise SudareError("office.calendar-answer", "an answer nested too deeply")
        self._open.append(element)
        self._closed = None

    def end(self, _tag: str) -> None:
        self._flush()
        self._closed = self._open.pop()

    def data(self, data: str) -> None:
        self._pieces.append(data)

    def _flush(self) -> None:
        """Text before the first child is the element's; text after a child (spaces between tags) says nothing."""
        if self._closed is None and self._open:
            self._open[-1].text = "".join(self._pieces)
        self._pieces.clear()

    def close(self) -> Element | None:
        return self._root


def parse(body: bytes) -> list[Resource]:
    """The resources of a 207 answer; raises `office.calendar-answer` for anything else."""
    parser = XMLParser(target=_NoDoctype())  # noqa: S314 - no document type, so no entities
    try:
        parser.feed(body)
        root = cast("Element | None", parser.close())
    except (ParseError, ValueError, LookupError) as error:
        raise SudareError("office.calendar-answer", "an answer that is not XML") from error
    if root is None or root.tag != f"{DAV}multistatus":
        raise SudareError("office.calendar-answer", "an answer that is not a multistatus")
    return list(_resources(root))


def _resources(root: Element) -> Iterator[Resource]:
    for response in root.iterfind(f"{DAV}response"):
        href = (response.findtext(f"{DAV}href") or "").strip()
        props: dict[str, Element] = {}
        for propstat in response.iterfind(f"{DAV}propstat"):
            if " 200" in (propstat.findtext(f"{DAV}status") or ""):
                for prop in propstat.iterfind(f"{DAV}prop"):
                    props.update({element.tag: element for element in prop})
        if href:
            yield Resource(href, props)


def propfind(*names: str) -> bytes:
    """A PROPFIND body for prefixed names: d DAV, c CalDAV, s calendarserver.org, a Apple."""
    inside = "".join(f"<{name}/>" for name in names)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><d:propfind {_SPACES}><d:prop>{inside}</d:prop></d:propfind>'.encode()
    )


def query(begins: datetime, ends: datetime) -> bytes:
    """A calendar-query REPORT (RFC 4791 7.8) for the events that touch this time."""
    span = f'<c:time-range start="{_basic(begins)}" end="{_basic(ends)}"/>'
    return (
        f'<?xml version="1.0" encoding="utf-8"?><c:calendar-query {_SPACES}>'
        "<d:prop><d:getetag/><c:calendar-data/></d:prop>"
        f'<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">{span}</c:comp-filter></c:comp-filter>'
        "</c:filter></c:calendar-query>"
    ).encode()


def _basic(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")

"""
From the configured address to a person's calendars: principal, calendar home, calendars (RFC 5397, 4791 6.2.1, 6764 6).

Addresses are only ever followed, never built: servers put shared calendars and homes where they like.
"""

import re
from dataclasses import dataclass
from typing import Final

from sudare.base.errors import SudareError
from sudare.domain.schedule import Calendar
from sudare.office.caldav.multistatus import APPLE, CAL, DAV, SERVER, Resource, propfind
from sudare.office.caldav.transport import MissingError, Transport
from sudare.office.schedule import Login

HOMES: Final = 4
CALENDARS: Final = 100
_PRINCIPAL: Final = propfind("d:current-user-principal", "c:calendar-home-set")
_LIST: Final = propfind(
    "d:resourcetype",
    "d:displayname",
    "c:supported-calendar-component-set",
    "a:calendar-color",
    "s:getctag",
    "d:sync-token",
)
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Found:
    """A calendar, its address, and a mark that changes with its contents (empty when the server gives none)."""

    calendar: Calendar
    url: str
    mark: str


async def homes(transport: Transport, base: str, login: Login) -> tuple[str, ...]:
    """Addresses of the person's calendar homes; raises `office.calendar-answer` when the server names none."""
    for start in (base, "/.well-known/caldav"):
        try:
            found = await _homes_from(transport, transport.resolve(start), login)
        except MissingError:
            continue
        if found:
            return found
    raise SudareError("office.calendar-answer", "the server names no calendar home")


async def _homes_from(transport: Transport, start: str, login: Login) -> tuple[str, ...]:
    said = await transport.ask("PROPFIND", start, _PRINCIPAL, login, 0)
    direct = _homes_in(transport, start, said)
    principals = [href for resource in said for href in resource.hrefs(f"{DAV}current-user-principal")]
    if direct or not principals:
        return direct
    principal = transport.resolve(principals[0], start)
    return _homes_in(transport, principal, await transport.ask("PROPFIND", principal, _PRINCIPAL, login, 0))


def _homes_in(transport: Transport, against: str, said: list[Resource]) -> tuple[str, ...]:
    hrefs = [href for resource in said for href in resource.hrefs(f"{CAL}calendar-home-set")]
    return tuple(dict.fromkeys(transport.resolve(href, against) for href in hrefs[:HOMES]))


async def calendars(transport: Transport, home: str, login: Login) -> list[Found]:
    """The calendars in a home that can hold events: one PROPFIND, with every calendar's mark."""
    said = await transport.ask("PROPFIND", home, _LIST, login, 1)
    found = [_found(transport, home, resource) for resource in said if _holds_events(resource)]
    if len(found) > CALENDARS:
        raise SudareError("office.calendar-answer", "too many calendars")
    return found


def _holds_events(resource: Resource) -> bool:
    kind = resource.props.get(f"{DAV}resourcetype")
    if kind is None or kind.find(f"{CAL}calendar") is None:
        return False
    parts = resource.props.get(f"{CAL}supported-calendar-component-set")
    names = {(part.get("name") or "").upper() for part in parts} if parts is not None else set()
    return not names or "VEVENT" in names


def _found(transport: Transport, home: str, resource: Resource) -> Found:
    colour = _COLOUR.match(resource.text(f"{APPLE}calendar-color"))
    name = resource.text(f"{DAV}displayname") or resource.href.rstrip("/").rpartition("/")[2]
    mark = resource.text(f"{SERVER}getctag") or resource.text(f"{DAV}sync-token")
    return Found(
        Calendar(resource.href, name[:200], colour[0].lower() if colour else ""),
        transport.resolve(resource.href, home),
        mark,
    )

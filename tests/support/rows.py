"""Values for store tests."""

from sudare.domain.audit import Event, Kind
from sudare.domain.people import Credential, CredentialKind, Person
from sudare.domain.places import Connector, Offer, StreamSession
from sudare.domain.websession import Limits, begin

NOW = 1_795_000_000.0
LIMITS = Limits(1800, 43_200)


def person(number: int = 1) -> Person:
    return Person(f"p{number}", "main", f"user{number}", f"職員{number}", "しょくいん", False, NOW)


def credential(number: int = 1, kind: CredentialKind = CredentialKind.PASSKEY, owner: str = "p1") -> Credential:
    external = f"ext{number}" if kind is CredentialKind.PASSKEY else None
    return Credential(f"c{number}", "main", owner, kind, "電話", NOW + number, None, external, "data", 0)


def connector(number: int = 1) -> Connector:
    return Connector(f"k{number}", "main", "本庁", "", b"", NOW, None, None, NOW, False)


def browser(number: int = 1, owner: str = "p1", *, must_set_up: bool = False):
    return begin(bytes([number]) * 32, "main", owner, LIMITS, NOW, must_set_up=must_set_up)


def event(kind: Kind = Kind.SIGNIN_OK, **detail: str) -> Event:
    return Event(kind, "main", NOW, "p1", "p1", "192.0.2.1", detail)


async def used(stores, session: str, began: float, number: int = 1) -> None:
    """A session of somebody on an office PC, and all it stands on."""
    who, office, web = person(number), connector(number), browser(number, f"p{number}")
    await stores.people.add(who, f"hash{number}", NOW + 10)
    await stores.connectors.invite(office, f"token{number}", NOW + 10)
    await stores.connectors.offers(office.id, "本庁舎", b"key", [Offer("a", "vnc", "企画-0123")])
    await stores.targets.set_people("main", office.id, "a", [who.id], now=NOW)
    await stores.web_sessions.add(web, None)
    new = StreamSession(session, "main", who.id, "", f"{office.id}~a", web.hash, began, began)
    await stores.sessions.opened(new)

"""What an administrator does, whether over HTTP or on the command line."""

import base64
import secrets
from typing import Protocol

from sudare.base.errors import SudareError
from sudare.domain.audit import Event, Kind
from sudare.domain.people import Person, display_name, login_form
from sudare.domain.places import Connector, split_target
from sudare.gateway.api import ports
from sudare.gateway.api.context import Installation
from sudare.gateway.api.session import link_hash
from sudare.gateway.signin.ports import People

INVITATION_S = 86_400.0
JOIN_S = 3_600.0


class Stores(Protocol):
    """The repositories administration touches."""

    @property
    def people(self) -> People:
        """Who may sign in."""
        ...

    @property
    def connectors(self) -> ports.Connectors:
        """The offices' ends."""
        ...

    @property
    def targets(self) -> ports.Targets:
        """What they offer."""
        ...


class Desk:
    """Acts for one administrator and says so in the record."""

    def __init__(self, stores: Stores, here: Installation, *, actor: str, network: str = "") -> None:
        self._stores = stores
        self._here = here
        self._actor = actor
        self._network = network

    async def add_person(self, login: str, name: str, yomi: str, now: float, *, admin: bool) -> tuple[Person, str]:
        """A new person and their one-use link. Raises `caller.login-taken`, `caller.malformed`."""
        person = Person(
            id=secrets.token_hex(8),
            tenant=self._here.tenant,
            login=login_form(login),
            name=display_name(name),
            yomi=display_name(yomi, "yomi", least=0),
            admin=admin,
            created=now,
        )
        token = new_token()
        event = self._event(Kind.PERSON_CREATED, person.id, now, admin=str(admin).lower())
        await self._stores.people.add(person, link_hash(token), now + INVITATION_S, event)
        return person, self._link(token)

    async def invite(self, person: Person, now: float) -> str:
        """A new one-use link; every browser of that person is signed out."""
        token = new_token()
        event = self._event(Kind.PERSON_INVITED, person.id, now)
        await self._stores.people.invite(person, link_hash(token), now + INVITATION_S, event, now=now)
        return self._link(token)

    async def add_connector(self, name: str, now: float) -> tuple[Connector, str, float]:
        """A connector that may join within the hour: (connector, token, until)."""
        new = Connector(
            id=secrets.token_hex(8),
            tenant=self._here.tenant,
            name=display_name(name),
            site="",
            seal_key=b"",
            created=now,
            joined=None,
            revoked=None,
            since=now,
            schedule=False,
        )
        token = new_token()
        event = self._event(Kind.CONNECTOR_INVITED, new.id, now)
        await self._stores.connectors.invite(new, link_hash(token), now + JOIN_S, event)
        return new, token, now + JOIN_S

    async def revoke_connector(self, connector_id: str, now: float) -> None:
        """It may never connect again. Raises `caller.not-found`."""
        event = self._event(Kind.CONNECTOR_REVOKED, connector_id, now)
        await self._stores.connectors.revoke(self._here.tenant, connector_id, now, event)

    async def set_people(self, target: str, people: list[str], now: float) -> list[str]:
        """Exactly these people may use the target; who no longer may. Raises `caller.not-found`."""
        connector, local = split_target(target)
        event = self._event(Kind.TARGET_PEOPLE, target, now, people=" ".join(sorted(set(people))))
        return await self._stores.targets.set_people(self._here.tenant, connector, local, people, event, now=now)

    async def set_record(self, target: str, now: float, *, record: bool) -> None:
        """Whether sessions on the target are to be recorded. Raises `caller.not-found`."""
        connector, local = split_target(target)
        event = self._event(Kind.TARGET_RECORD, target, now, record=str(record).lower())
        await self._stores.targets.set_record(self._here.tenant, connector, local, event, record=record, now=now)

    async def set_watermark(self, target: str, now: float, *, watermark: bool) -> None:
        """Whether the target's picture is to carry a watermark. Raises `caller.not-found`."""
        connector, local = split_target(target)
        event = self._event(Kind.TARGET_WATERMARK, target, now, watermark=str(watermark).lower())
        await self._stores.targets.set_watermark(
            self._here.tenant, connector, local, event, watermark=watermark, now=now
        )

    async def set_sound(self, target: str, now: float, *, sound: bool) -> None:
        """Whether the target may be heard. Raises `caller.not-found`."""
        connector, local = split_target(target)
        event = self._event(Kind.TARGET_SOUND, target, now, sound=str(sound).lower())
        await self._stores.targets.set_sound(self._here.tenant, connector, local, event, sound=sound, now=now)

    async def find_target(self, name: str) -> str:
        """The public id of the target with this id, local id or name. Raises `caller.not-found`."""
        every = await self._stores.targets.all(self._here.tenant)
        for found in ([t for t in every if name == t.id], [t for t in every if name in {t.local, t.name}]):
            if len(found) == 1:
                return found[0].id
        raise SudareError("caller.not-found", f"target {name}")

    def _link(self, token: str) -> str:
        return f"{self._here.origin}/welcome#{token}"

    def _event(self, kind: Kind, subject: str, now: float, **detail: str) -> Event:
        return Event(kind, self._here.tenant, now, self._actor, subject, self._network, detail)


def new_token() -> str:
    """256 random bits as text for an address or a command line, which takes a dash in front for an option."""
    while True:
        token = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        if not token.startswith("-"):
            return token

"""What the API needs of the store and of the edge, besides `gateway.ports` and `signin.ports`."""

from collections.abc import Iterable
from typing import Protocol

from sudare.domain.audit import Event
from sudare.domain.places import Connector, SealedSecret, StreamSession, Target


class Record(Protocol):
    """The record of what happened."""

    async def add(self, *events: Event) -> None:
        """Append events of their own."""
        ...


class Connectors(Protocol):
    """The offices' ends."""

    async def invite(self, new: Connector, token_hash: str, expires: float, *events: Event) -> None:
        """A connector that has yet to join."""
        ...

    async def take_join_token(self, token_hash: str, now: float) -> Connector:
        """Use a join token up. Raises `denied.join-token`."""
        ...

    async def joined(
        self, connector_id: str, name: str, seal_key: bytes, *events: Event, serial: str, expires: float, now: float
    ) -> None:
        """It has its certificate."""
        ...

    async def get(self, connector_id: str) -> Connector | None:
        """The connector with this id."""
        ...

    async def all(self, tenant: str) -> list[Connector]:
        """Every connector."""
        ...

    async def revoke(self, tenant: str, connector_id: str, now: float, *events: Event) -> None:
        """It may never connect again. Raises `caller.not-found`."""
        ...


class Targets(Protocol):
    """What connectors offer, and to whom."""

    async def all(self, tenant: str) -> list[Target]:
        """Everything ever offered."""
        ...

    async def of(self, tenant: str, person_id: str) -> list[Target]:
        """What this person may use now."""
        ...

    async def people(self, tenant: str) -> dict[str, list[str]]:
        """Person ids by target id."""
        ...

    async def set_people(
        self, tenant: str, connector: str, local: str, people: Iterable[str], *events: Event, now: float
    ) -> list[str]:
        """Exactly these people may use it; who no longer may. Raises `caller.not-found`."""
        ...

    async def set_record(
        self, tenant: str, connector: str, local: str, *events: Event, record: bool, now: float
    ) -> None:
        """Whether sessions on it are to be recorded. Raises `caller.not-found`."""
        ...

    async def set_watermark(
        self, tenant: str, connector: str, local: str, *events: Event, watermark: bool, now: float
    ) -> None:
        """Whether its picture carries a watermark. Raises `caller.not-found`."""
        ...

    async def set_sound(self, tenant: str, connector: str, local: str, *events: Event, sound: bool, now: float) -> None:
        """Whether it may be heard. Raises `caller.not-found`."""
        ...


class SealedSecrets(Protocol):
    """Ciphertext by person and target."""

    async def get(self, person_id: str, target_id: str) -> SealedSecret | None:
        """What is kept for this target."""
        ...

    async def targets(self, person_id: str) -> set[str]:
        """For which targets something is kept."""
        ...

    async def put(
        self, tenant: str, person_id: str, target_id: str, secret: SealedSecret, *events: Event, now: float
    ) -> None:
        """Keep this one."""
        ...

    async def remove(self, person_id: str, target_id: str, *events: Event) -> None:
        """Keep nothing."""
        ...


class Sessions(Protocol):
    """Uses of targets."""

    async def get(self, session_id: str) -> StreamSession | None:
        """The session with this id."""
        ...

    async def opened(self, new: StreamSession, *events: Event) -> None:
        """Begun or resumed."""
        ...

    async def last_used(self, person_id: str) -> dict[str, float]:
        """When this person last used what."""
        ...


class Tickets(Protocol):
    """Makes tickets (docs/wire/ticket.md)."""

    def issue(self, claims: dict[str, object], now: float) -> str:
        """A signed ticket; the maker adds `kid`, `jti`, `iat` and `exp`."""
        ...

    def public_keys(self) -> list[dict[str, str]]:
        """`[{kid, key}]`, for connectors."""
        ...

"""What signing in needs of the store."""

from typing import Protocol

from sudare.domain.audit import Event
from sudare.domain.lockout import Keys
from sudare.domain.people import Credential, Person
from sudare.domain.websession import WebSession


class People(Protocol):
    """Who may sign in."""

    async def tenant_name(self, tenant_id: str) -> str:
        """What the organisation is called."""
        ...

    async def add(self, someone: Person, invitation_hash: str, expires: float, *events: Event) -> None:
        """A new person with a welcome link. Raises `caller.login-taken`."""
        ...

    async def invite(
        self, someone: Person, invitation_hash: str, expires: float, *events: Event, now: float
    ) -> list[str]:
        """A new welcome link; the hashes of the web sessions that ended."""
        ...

    async def take_invitation(self, invitation_hash: str, now: float) -> Person:
        """Use a welcome link up. Raises `denied.invitation`."""
        ...

    async def by_id(self, tenant_id: str, person_id: str) -> Person | None:
        """The person with this id."""
        ...

    async def by_login(self, tenant_id: str, login: str) -> Person | None:
        """The person with this login, in its normal form."""
        ...

    async def all(self, tenant_id: str) -> list[Person]:
        """Everybody."""
        ...


class Credentials(Protocol):
    """What people sign in with."""

    async def add(self, new: Credential, *events: Event) -> None:
        """A new credential; a password or TOTP takes the place of the earlier one."""
        ...

    async def remove(self, person: str, credential_id: str, *events: Event) -> None:
        """Take one away. Raises `caller.not-found`, `caller.last-credential`."""
        ...

    async def of(self, person: str) -> list[Credential]:
        """All of one person."""
        ...

    async def passkey(self, tenant: str, external: str) -> Credential | None:
        """The passkey with this credential id."""
        ...

    async def advance(self, credential_id: str, before: int, after: int, now: float) -> bool:
        """Move the counter on, if nobody else did meanwhile."""
        ...

    async def rehash(self, credential_id: str, before: str, after: str) -> None:
        """Keep a stronger hash of the same password."""
        ...


class WebSessions(Protocol):
    """Signed-in browsers."""

    async def add(self, new: WebSession, replaces: str | None, *events: Event) -> None:
        """A new session, in place of the browser's earlier one."""
        ...

    async def get(self, token_hash: str) -> WebSession | None:
        """The session of this token, alive or not."""
        ...

    async def touch(self, token_hash: str, now: float) -> None:
        """The person is here."""
        ...

    async def end(self, who: WebSession, *events: Event, now: float) -> None:
        """Signed out."""
        ...


class Attempts(Protocol):
    """What guessing has cost so far."""

    async def charge(self, tenant: str, where: Keys, now: float) -> float:
        """Count one attempt and answer 0, or count nothing and answer how long to wait."""
        ...

    async def refund(self, where: Keys, now: float) -> None:
        """The attempt was right."""
        ...

    async def use_flow(self, tenant: str, flow: str, expires: float) -> bool:
        """Whether this flow is used for the first time."""
        ...

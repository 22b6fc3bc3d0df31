"""The repositories over one database, joined to what the gateway asks for."""

from dataclasses import dataclass

from sudare.base.errors import SudareError
from sudare.domain.audit import Event, Kind
from sudare.domain.places import Offer, usable_name, usable_offers
from sudare.domain.sessionlag import SessionLag
from sudare.gateway.api.context import Stores
from sudare.gateway.ports import Catalogue
from sudare.runtime import clock
from sudare.store.attempts import Attempts
from sudare.store.audit import Record
from sudare.store.connectors import Connectors
from sudare.store.credentials import Credentials
from sudare.store.database import Database
from sudare.store.lags import Lags
from sudare.store.people import People
from sudare.store.revocations import Revocations
from sudare.store.settings import Settings
from sudare.store.targets import SealedSecrets, Sessions, Targets
from sudare.store.websessions import WebSessions

TENANT = "main"  # version 0.1 serves one organisation; every row says which all the same
CERTIFICATE_S = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Repositories:
    """Every repository, with its own type."""

    people: People
    credentials: Credentials
    web_sessions: WebSessions
    attempts: Attempts
    connectors: Connectors
    targets: Targets
    secrets: SealedSecrets
    sessions: Sessions
    record: Record
    settings: Settings
    revocations: Revocations
    lags: Lags

    def for_api(self) -> Stores:
        """As the API sees them."""
        return Stores(
            people=self.people,
            credentials=self.credentials,
            web_sessions=self.web_sessions,
            attempts=self.attempts,
            connectors=self.connectors,
            targets=self.targets,
            secrets=self.secrets,
            sessions=self.sessions,
            record=self.record,
        )


def repositories(database: Database) -> Repositories:
    """All of them."""
    return Repositories(
        people=People(database),
        credentials=Credentials(database),
        web_sessions=WebSessions(database),
        attempts=Attempts(database),
        connectors=Connectors(database),
        targets=Targets(database),
        secrets=SealedSecrets(database),
        sessions=Sessions(database),
        record=Record(database),
        settings=Settings(database),
        revocations=Revocations(database),
        lags=Lags(database),
    )


class Directory:
    """`gateway.ports.ConnectorDirectory` over the store."""

    def __init__(self, connectors: Connectors, lags: Lags) -> None:
        self._connectors = connectors
        self._lags = lags

    async def admit(self, connector: str, serial: str) -> None:
        """Return when this certificate may connect. Raises `denied.connector-proof`."""
        if not await self._connectors.holds(connector, serial, clock.now()):
            raise SudareError("denied.connector-proof", "unknown or revoked")

    async def renewed(self, connector: str, serial: str) -> None:
        """A new certificate was given out; old and new are valid together."""
        now = clock.now()
        event = Event(Kind.CONNECTOR_RENEWED, TENANT, now, "", connector, detail={"serial": serial})
        await self._connectors.renewed(connector, serial, now + CERTIFICATE_S, now, event)

    async def offers(self, connector: str, catalogue: Catalogue) -> None:
        """Remember what the connector offers."""
        offered = usable_offers([Offer(one.id, one.kind, one.name) for one in catalogue.targets])
        await self._connectors.offers(connector, usable_name(catalogue.site, ""), catalogue.seal_key, offered)

    async def lag(self, connector: str, measured: tuple[SessionLag, ...]) -> None:
        """Keep what this connector's sessions measured."""
        await self._lags.put(connector, measured, clock.now())

    async def connection(self, connector: str, *, connected: bool) -> None:
        """Remember since when it is (dis)connected."""
        await self._connectors.connection(connector, clock.now(), connected=connected)

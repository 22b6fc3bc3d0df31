"""
What the gateway's parts need of each other and of the store, as Protocols; `entry.gateway` joins them.

The edge (splice, tunnels) knows no database; the API knows no socket.
"""

from dataclasses import dataclass
from typing import Protocol

from cryptography import x509

from sudare.domain.sessionlag import SessionLag


@dataclass(frozen=True, slots=True)
class TargetOffer:
    """One target a connector says it can reach."""

    id: str
    kind: str  # "rdp" | "vnc" | "x11" | "api"
    name: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a connector offers, from its own configuration."""

    site: str
    seal_key: bytes  # uncompressed P-256 point, 65 bytes
    targets: tuple[TargetOffer, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """What a connector's certificate says."""

    connector: str
    tenant: str
    serial: str


class ConnectorDirectory(Protocol):
    """What the tunnels ask of the store."""

    async def admit(self, connector: str, serial: str) -> None:
        """Return when this certificate may connect; raises `denied.connector-proof` when unknown or revoked."""
        ...

    async def renewed(self, connector: str, serial: str) -> None:
        """A new certificate was given out; old and new are valid together."""
        ...

    async def offers(self, connector: str, catalogue: Catalogue) -> None:
        """Remember what the connector offers."""
        ...

    async def lag(self, connector: str, measured: tuple[SessionLag, ...]) -> None:
        """Keep what this connector's sessions measured."""
        ...

    async def connection(self, connector: str, *, connected: bool) -> None:
        """Remember since when it is (dis)connected."""
        ...


class Tunnels(Protocol):
    """What the API asks of the edge on this node."""

    def connected(self, connector: str) -> bool:
        """Whether a control connection is up."""
        ...

    def cut(self, *, session: str = "", person: str = "", device: str = "") -> int:
        """End these streams at once, here and at the connectors; how many were ended here."""
        ...

    def drop(self, connector: str) -> None:
        """End a revoked connector's control connection and streams."""
        ...


class Authority(Protocol):
    """The connector authority: signs CSRs, 7 days."""

    def sign(self, csr_pem: str, connector: str, tenant: str, now: float) -> tuple[str, str]:
        """(certificate PEM, serial as hex). Raises `caller.malformed` for a CSR that is not a signed P-256 one."""
        ...

    def check(self, certificate: x509.Certificate, now: float) -> Identity:
        """Whom we gave this certificate to. Raises `denied.connector-proof` when we did not, or it is out of date."""
        ...

    @property
    def certificate_pem(self) -> str:
        """The authority's own certificate."""
        ...

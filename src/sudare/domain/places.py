"""
Connectors and the targets they offer, as the gateway remembers them.

A target's public id is `<connector>~<id on that connector>`;
an office (for `api` streams) is named by its connector's id.
"""

import re
from dataclasses import dataclass

from sudare.base.errors import SudareError
from sudare.domain.people import display_name

API_TARGET = "api"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Connector:
    """One office's end."""

    id: str
    tenant: str
    name: str
    site: str
    seal_key: bytes
    created: float
    joined: float | None
    revoked: float | None
    since: float  # when it last became connected or disconnected
    schedule: bool

    @property
    def title(self) -> str:
        """What people call it."""
        return self.site or self.name


@dataclass(frozen=True, slots=True)
class Target:
    """One office PC a connector offers."""

    tenant: str
    connector: str
    local: str
    kind: str
    name: str
    offered: bool
    record: bool  # whether sessions on it are to be recorded
    watermark: bool  # whether its picture is to say who looks at it
    sound: bool  # whether it may be heard

    @property
    def id(self) -> str:
        """Its public id."""
        return f"{self.connector}~{self.local}"


@dataclass(frozen=True, slots=True)
class Offer:
    """A target as the connector announces it."""

    local: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """An office password sealed to the connector; nobody here can open it."""

    account: str
    sealed: str


@dataclass(frozen=True, slots=True)
class StreamSession:
    """One use of one target by one person; it stays the same when resumed."""

    id: str
    tenant: str
    person: str
    device: str
    target: str
    web_session: str
    started: float
    last_used: float


def split_target(unverified_target: str) -> tuple[str, str]:
    """(connector, id on it); an office gives `api`. Raises `caller.not-found`."""
    connector, mark, local = unverified_target.partition("~")
    if not _ID.fullmatch(connector) or (mark and not _ID.fullmatch(local)):
        raise SudareError("caller.not-found", "target")
    return connector, local if mark else API_TARGET


def usable_offers(offers: list[Offer]) -> list[Offer]:
    """The offers whose ids can be named in an address and whose kind is known, with names fit for showing."""
    seen: dict[str, Offer] = {}
    for offer in offers:
        if _ID.fullmatch(offer.local) and offer.kind in {"rdp", "vnc", "x11", API_TARGET}:
            seen.setdefault(offer.local, Offer(offer.local, offer.kind, usable_name(offer.name, offer.local)))
    return list(seen.values())


def usable_name(unverified_name: str, otherwise: str) -> str:
    """The name a connector gives a thing, when it is fit for showing."""
    try:
        return display_name(unverified_name)
    except SudareError:
        return otherwise

"""What the connector's parts need of each other, as Protocols; `entry.connector` joins them."""

import asyncio
from dataclasses import dataclass
from typing import Any, Protocol

from sudare.base.secret import Secret
from sudare.wire.ticket.codec import Ticket


@dataclass(frozen=True, slots=True)
class OfficeCredential:
    """An office account and its password, opened from what the browser sealed."""

    account: str
    password: Secret[str]


class SessionHost(Protocol):
    """Who serves a stream once its ticket was verified and the line stands."""

    async def accept(
        self, ticket: Ticket, raw_ticket: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve until it ends. The bytes are WebSocket frames of the browser."""
        ...

    def cut(self, *, session: str, person: str, device: str) -> None:
        """End what matches any given one, at once."""
        ...


class OfficeDesk(Protocol):
    """Who answers the requests of `api` streams."""

    async def answer(
        self, ticket: Ticket, credential: OfficeCredential | None, op: str, args: dict[str, Any]
    ) -> dict[str, Any]:
        """The answer's `ok`. Raises SudareError; an attribute `since` (RFC 3339) is passed on when it has one."""
        ...

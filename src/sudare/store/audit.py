"""The record: written in the transaction it describes, one chain, append-only."""

import contextlib
import json
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from sudare.domain.audit import GENESIS, Entry, Event, Kind, chained
from sudare.store.database import Database
from sudare.store.tables import audit, audit_head

_CHAIN = "main"


async def append(connection: AsyncConnection, *events: Event) -> None:
    """Put these events at the end of the chain, inside the caller's transaction."""
    if not events:
        return
    row = await _locked_head(connection)
    if row is None:
        await _first_head(connection, events[0].tenant)
        row = await _locked_head(connection)
    seq, prev = (row.seq, row.hash) if row else (0, GENESIS)
    for event in events:
        entry = chained(event, seq + 1, prev)
        seq, prev = entry.seq, entry.hash
        await connection.execute(insert(audit).values(_values(entry)))
    await connection.execute(update(audit_head).where(audit_head.c.chain == _CHAIN).values(seq=seq, hash=prev))


async def _locked_head(connection: AsyncConnection) -> Row[Any] | None:
    query = select(audit_head).where(audit_head.c.chain == _CHAIN).with_for_update()
    return (await connection.execute(query)).one_or_none()


async def _first_head(connection: AsyncConnection, tenant: str) -> None:
    """The beginning of the chain; when somebody else was quicker, theirs."""
    with contextlib.suppress(IntegrityError):
        async with connection.begin_nested():
            await connection.execute(insert(audit_head).values(chain=_CHAIN, tenant=tenant, seq=0, hash=GENESIS))


class Record:
    """Reading the record, and adding to it where nothing else is written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, *events: Event) -> None:
        """Append events of their own."""
        async with self._database.write() as connection:
            await append(connection, *events)

    async def entries(self, after: int = 0, most: int = 1000) -> list[Entry]:
        """Up to `most` entries after number `after`, in order."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(most))
            return [
                Entry(
                    row.seq,
                    Event(
                        Kind(row.kind), row.tenant, row.at, row.actor, row.subject, row.network, json.loads(row.detail)
                    ),
                    row.prev,
                    row.hash,
                )
                for row in rows
            ]

    async def head(self) -> tuple[int, str]:
        """Number and hash of the last entry."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(audit_head).where(audit_head.c.chain == _CHAIN))).one_or_none()
            return (row.seq, row.hash) if row else (0, GENESIS)


def _values(entry: Entry) -> dict[str, object]:
    event = entry.event
    return {
        "seq": entry.seq,
        "tenant": event.tenant,
        "at": event.at,
        "kind": event.kind.value,
        "actor": event.actor,
        "subject": event.subject,
        "network": event.network,
        "detail": json.dumps(event.detail, ensure_ascii=False, sort_keys=True),
        "prev": entry.prev,
        "hash": entry.hash,
    }

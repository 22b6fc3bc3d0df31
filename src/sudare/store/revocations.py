"""
What was taken back: written in the transaction that takes it, read by every node within two seconds.

INVARIANT: who has seen a number has seen every smaller one, so a reader may go on from the last it saw.
"""

from collections.abc import Iterable

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sudare.domain.revocation import Revocation, Subject
from sudare.store.database import Database
from sudare.store.tables import revocation, session

_TURN = 0x5375_6461_7265  # any number no other lock of the database uses


async def take_back(
    connection: AsyncConnection, tenant: str, now: float, kind: Subject, subjects: Iterable[str]
) -> None:
    """Note these as taken back, inside the caller's transaction."""
    if connection.dialect.name == "postgresql":
        # Numbers are given out before a commit: without a turn each, a greater one could be seen before a smaller.
        # SQLite's writers take turns anyway.
        await connection.execute(select(func.pg_advisory_xact_lock(_TURN)))
    for subject in subjects:
        row = {"tenant": tenant, "at": now, "kind": kind.value, "subject": subject}
        await connection.execute(insert(revocation).values(row))


async def take_back_browsers(connection: AsyncConnection, tenant: str, now: float, web_sessions: list[str]) -> None:
    """Note every session these browsers opened as taken back."""
    rows = await connection.execute(select(session.c.id).where(session.c.web_session.in_(web_sessions)))
    await take_back(connection, tenant, now, Subject.SESSION, [row.id for row in rows])


class Revocations:
    """The list, by number."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, number: int) -> list[Revocation]:
        """Everything taken back after this number, in order."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(revocation).where(revocation.c.id > number).order_by(revocation.c.id)
            )
            return [Revocation(row.id, Subject(row.kind), row.subject) for row in rows]

    async def latest(self) -> int:
        """The number of the newest one."""
        async with self._database.read() as connection:
            return await connection.scalar(select(func.max(revocation.c.id))) or 0

    async def forget(self, before: float) -> int:
        """Remove those older than this time."""
        async with self._database.write() as connection:
            return (await connection.execute(delete(revocation).where(revocation.c.at < before))).rowcount

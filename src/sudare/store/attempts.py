"""What guessing has cost so far, and which sign-in flows were used up."""

import contextlib

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from sudare.domain.lockout import FORGET_S, Count, Keys, charged, refunded, wait_s
from sudare.store.database import Database
from sudare.store.tables import flow_used, signin_attempt


class Attempts:
    """Counts by key; the rules are `domain.lockout`'s."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def charge(self, tenant: str, where: Keys, now: float) -> float:
        """Count one attempt and answer 0, or count nothing and answer how long to wait."""
        async with self._database.write() as connection:
            await _make(connection, tenant, where, now)
            counts = await _counts(connection, where)
            wait = wait_s(where, counts, now)
            if wait <= 0:
                await _save(connection, charged(where, counts, now))
            return wait

    async def refund(self, where: Keys, now: float) -> None:
        """The attempt was right."""
        async with self._database.write() as connection:
            await _save(connection, refunded(where, await _counts(connection, where), now))

    async def use_flow(self, tenant: str, flow: str, expires: float) -> bool:
        """Whether this flow is used for the first time."""
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(flow_used).values(id=flow, tenant=tenant, expires=expires))
        except IntegrityError:
            return False
        return True

    async def forget(self, now: float) -> int:
        """Remove what no longer matters."""
        async with self._database.write() as connection:
            old = await connection.execute(delete(signin_attempt).where(signin_attempt.c.at < now - FORGET_S))
            flows = await connection.execute(delete(flow_used).where(flow_used.c.expires <= now))
            return old.rowcount + flows.rowcount


async def _make(connection: AsyncConnection, tenant: str, where: Keys, now: float) -> None:
    """Rows to lock: a first attempt has none yet, and two first attempts must not both see nothing."""
    for key in where.all:
        row = {"key": key, "tenant": tenant, "level": 0.0, "at": now}
        found = await connection.execute(select(signin_attempt.c.key).where(signin_attempt.c.key == key))
        if found.one_or_none() is None:
            with contextlib.suppress(IntegrityError):  # another attempt was quicker; its row serves as well
                async with connection.begin_nested():
                    await connection.execute(insert(signin_attempt).values(row))


async def _counts(connection: AsyncConnection, where: Keys) -> dict[str, Count]:
    out = {}
    for key in where.all:
        row = await connection.execute(select(signin_attempt).where(signin_attempt.c.key == key).with_for_update())
        found = row.one_or_none()
        if found is not None:
            out[key] = Count(found.level, found.at)
    return out


async def _save(connection: AsyncConnection, counts: dict[str, Count]) -> None:
    for key in sorted(counts):
        count = counts[key]
        await connection.execute(
            update(signin_attempt).where(signin_attempt.c.key == key).values(level=count.level, at=count.at)
        )

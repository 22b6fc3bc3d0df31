"""Connectors: their join tokens, certificates, and what they offer."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sudare.base.errors import SudareError
from sudare.domain.audit import Event
from sudare.domain.places import API_TARGET, Connector, Offer
from sudare.domain.revocation import Subject
from sudare.store.audit import append
from sudare.store.database import Database
from sudare.store.revocations import take_back
from sudare.store.tables import connector, connector_certificate, join_token, target

_FIELDS = [connector.c[name] for name in Connector.__slots__]


class Connectors:
    """The offices' ends."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def invite(self, new: Connector, token_hash: str, expires: float, *events: Event) -> None:
        """A connector that has yet to join."""
        values = {name: getattr(new, name) for name in Connector.__slots__} | {"connected": False}
        async with self._database.write() as connection:
            await connection.execute(insert(connector).values(values))
            await connection.execute(
                insert(join_token).values(hash=token_hash, tenant=new.tenant, connector=new.id, expires=expires)
            )
            await append(connection, *events)

    async def take_join_token(self, token_hash: str, now: float) -> Connector:
        """Use a join token up. Raises `denied.join-token`."""
        async with self._database.write() as connection:
            gone = await connection.execute(
                delete(join_token)
                .where(join_token.c.hash == token_hash)
                .returning(join_token.c.connector, join_token.c.expires)
            )
            row = gone.one_or_none()
            found = await _get(connection, row.connector) if row is not None and row.expires > now else None
        if found is None or found.revoked is not None:
            raise SudareError("denied.join-token")
        return found

    async def joined(
        self, connector_id: str, name: str, seal_key: bytes, *events: Event, serial: str, expires: float, now: float
    ) -> None:
        """It has its certificate."""
        async with self._database.write() as connection:
            await connection.execute(
                update(connector)
                .where(connector.c.id == connector_id)
                .values(name=name, seal_key=seal_key, joined=now, since=now)
            )
            await _certificate(connection, connector_id, serial, expires)
            await append(connection, *events)

    async def get(self, connector_id: str) -> Connector | None:
        """The connector with this id."""
        async with self._database.read() as connection:
            return await _get(connection, connector_id)

    async def all(self, tenant: str) -> list[Connector]:
        """Every connector, revoked ones too, oldest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(*_FIELDS).where(connector.c.tenant == tenant).order_by(connector.c.created, connector.c.id)
            )
            return [_connector(row) for row in rows.mappings()]

    async def revoke(self, tenant: str, connector_id: str, now: float, *events: Event) -> None:
        """It may never connect again. Raises `caller.not-found`."""
        async with self._database.write() as connection:
            done = await connection.execute(
                update(connector)
                .where(connector.c.id == connector_id, connector.c.tenant == tenant, connector.c.revoked.is_(None))
                .values(revoked=now)
            )
            if done.rowcount != 1:
                raise SudareError("caller.not-found", "connector")
            for table in (join_token, connector_certificate):
                await connection.execute(delete(table).where(table.c.connector == connector_id))
            await connection.execute(update(target).where(target.c.connector == connector_id).values(offered=False))
            await take_back(connection, tenant, now, Subject.CONNECTOR, [connector_id])
            await append(connection, *events)

    async def holds(self, connector_id: str, serial: str, now: float) -> bool:
        """Whether this certificate was given to this connector, which is not revoked."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(connector.c.id)
                .join(connector_certificate, connector_certificate.c.connector == connector.c.id)
                .where(
                    connector.c.id == connector_id,
                    connector.c.revoked.is_(None),
                    connector_certificate.c.serial == serial,
                    connector_certificate.c.expires > now,
                )
            )
            return found.one_or_none() is not None

    async def renewed(self, connector_id: str, serial: str, expires: float, now: float, *events: Event) -> None:
        """One more certificate; those that ran out are forgotten."""
        async with self._database.write() as connection:
            await connection.execute(
                delete(connector_certificate).where(
                    connector_certificate.c.connector == connector_id, connector_certificate.c.expires <= now
                )
            )
            await _certificate(connection, connector_id, serial, expires)
            await append(connection, *events)

    async def offers(self, connector_id: str, site: str, seal_key: bytes, offered: list[Offer]) -> None:
        """What it offers now; a target it no longer names stays, not offered, with its people."""
        pcs = {offer.local: offer for offer in offered if offer.kind != API_TARGET}
        async with self._database.write() as connection:
            found = await _get(connection, connector_id)
            if found is None:
                return
            await connection.execute(
                update(connector)
                .where(connector.c.id == connector_id)
                .values(site=site, seal_key=seal_key, schedule=any(offer.kind == API_TARGET for offer in offered))
            )
            rows = await connection.execute(select(target.c.local).where(target.c.connector == connector_id))
            known = {row.local for row in rows}
            await connection.execute(update(target).where(target.c.connector == connector_id).values(offered=False))
            for offer in pcs.values():
                values = {"kind": offer.kind, "name": offer.name, "offered": True}
                if offer.local in known:
                    where = (target.c.connector == connector_id) & (target.c.local == offer.local)
                    await connection.execute(update(target).where(where).values(values))
                else:
                    key = {"tenant": found.tenant, "connector": connector_id, "local": offer.local}
                    await connection.execute(insert(target).values(key | values))

    async def connection(self, connector_id: str, now: float, *, connected: bool) -> None:
        """Since `now` it is (dis)connected; saying so twice changes nothing."""
        async with self._database.write() as connection:
            await connection.execute(
                update(connector)
                .where(connector.c.id == connector_id, connector.c.connected.is_not(connected))
                .values(connected=connected, since=now)
            )

    async def none_connected(self, now: float) -> None:
        """At the start of a node nobody is connected yet."""
        async with self._database.write() as connection:
            await connection.execute(
                update(connector).where(connector.c.connected.is_(True)).values(connected=False, since=now)
            )

    async def forget_join_tokens(self, now: float) -> int:
        """Remove those that ran out."""
        async with self._database.write() as connection:
            return (await connection.execute(delete(join_token).where(join_token.c.expires <= now))).rowcount


async def _get(connection: AsyncConnection, connector_id: str) -> Connector | None:
    row = (await connection.execute(select(*_FIELDS).where(connector.c.id == connector_id))).mappings().one_or_none()
    return _connector(row) if row is not None else None


async def _certificate(connection: AsyncConnection, connector_id: str, serial: str, expires: float) -> None:
    tenant = select(connector.c.tenant).where(connector.c.id == connector_id).scalar_subquery()
    await connection.execute(
        insert(connector_certificate).values(connector=connector_id, serial=serial, tenant=tenant, expires=expires)
    )


def _connector(row: Mapping[Any, Any]) -> Connector:
    return Connector(**row)

"""People and their one-use welcome links."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from sudare.base.errors import SudareError
from sudare.domain.audit import Event
from sudare.domain.people import Person
from sudare.domain.revocation import Subject
from sudare.store.audit import append
from sudare.store.database import Database
from sudare.store.revocations import take_back
from sudare.store.tables import invitation, person, tenant, web_session


class People:
    """Who may sign in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_tenant(self, tenant_id: str, name: str) -> None:
        """A new organisation."""
        async with self._database.write() as connection:
            await connection.execute(insert(tenant).values(id=tenant_id, name=name))

    async def tenant_name(self, tenant_id: str) -> str:
        """What the organisation is called; empty when unknown."""
        async with self._database.read() as connection:
            return await connection.scalar(select(tenant.c.name).where(tenant.c.id == tenant_id)) or ""

    async def add(self, someone: Person, invitation_hash: str, expires: float, *events: Event) -> None:
        """A new person with a welcome link. Raises `caller.login-taken`."""
        async with self._database.write() as connection:
            try:
                await connection.execute(
                    insert(person).values({name: getattr(someone, name) for name in Person.__slots__})
                )
            except IntegrityError as error:
                raise SudareError("caller.login-taken") from error
            await _invite(connection, someone, invitation_hash, expires)
            await append(connection, *events)

    async def invite(
        self, someone: Person, invitation_hash: str, expires: float, *events: Event, now: float
    ) -> list[str]:
        """
        A new welcome link in place of any older one; every browser of that person is signed out.

        Returns:
            The hashes of the web sessions that ended.
        """
        async with self._database.write() as connection:
            await connection.execute(delete(invitation).where(invitation.c.person == someone.id))
            await _invite(connection, someone, invitation_hash, expires)
            gone = await connection.execute(
                delete(web_session).where(web_session.c.person == someone.id).returning(web_session.c.hash)
            )
            hashes = [row.hash for row in gone]
            await take_back(connection, someone.tenant, now, Subject.PERSON, [someone.id])
            await append(connection, *events)
            return hashes

    async def take_invitation(self, invitation_hash: str, now: float) -> Person:
        """Use a welcome link up. Raises `denied.invitation`."""
        async with self._database.write() as connection:
            gone = await connection.execute(
                delete(invitation)
                .where(invitation.c.hash == invitation_hash)
                .returning(invitation.c.person, invitation.c.expires)
            )
            row = gone.one_or_none()
            if row is not None and row.expires > now:
                found = (await connection.execute(select(person).where(person.c.id == row.person))).one()
                return _person(found._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
        raise SudareError("denied.invitation")

    async def by_id(self, tenant_id: str, person_id: str) -> Person | None:
        """The person with this id."""
        return await self._one((person.c.tenant == tenant_id) & (person.c.id == person_id))

    async def by_login(self, tenant_id: str, login: str) -> Person | None:
        """The person with this login, in its normal form."""
        return await self._one((person.c.tenant == tenant_id) & (person.c.login == login))

    async def all(self, tenant_id: str) -> list[Person]:
        """Everybody, by reading of the name."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(person).where(person.c.tenant == tenant_id).order_by(person.c.yomi, person.c.login)
            )
            return [_person(row) for row in rows.mappings()]

    async def forget_invitations(self, now: float) -> int:
        """Remove those that ran out."""
        async with self._database.write() as connection:
            return (await connection.execute(delete(invitation).where(invitation.c.expires <= now))).rowcount

    async def _one(self, condition: Any) -> Person | None:  # noqa: ANN401 - an SQL expression
        async with self._database.read() as connection:
            row = (await connection.execute(select(person).where(condition))).mappings().one_or_none()
            return _person(row) if row is not None else None


async def _invite(connection: AsyncConnection, someone: Person, invitation_hash: str, expires: float) -> None:
    await connection.execute(
        insert(invitation).values(hash=invitation_hash, tenant=someone.tenant, person=someone.id, expires=expires)
    )


def _person(row: Mapping[Any, Any]) -> Person:
    return Person(**row)

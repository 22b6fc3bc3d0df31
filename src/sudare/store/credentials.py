"""What people sign in with."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sudare.base.errors import SudareError
from sudare.domain.audit import Event
from sudare.domain.people import Credential, CredentialKind
from sudare.store.audit import append
from sudare.store.database import Database
from sudare.store.tables import credential, web_session


class Credentials:
    """Passkeys, passwords and TOTP secrets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: Credential, *events: Event) -> None:
        """
        A new credential; of passwords and TOTPs a person has one, the new one takes its place.

        Whoever had to set something up has done so, when it signs in by itself.
        Raises `caller.malformed` for a passkey that is registered already.
        """
        values = {name: getattr(new, name) for name in Credential.__slots__} | {"kind": new.kind.value}
        async with self._database.write() as connection:
            if new.kind is not CredentialKind.PASSKEY:
                await connection.execute(
                    delete(credential).where(credential.c.person == new.person, credential.c.kind == new.kind.value)
                )
            try:
                await connection.execute(insert(credential).values(values))
            except IntegrityError as error:
                raise SudareError("caller.malformed", "passkey registered already") from error
            if new.signs_in:
                await connection.execute(
                    update(web_session).where(web_session.c.person == new.person).values(must_set_up=False)
                )
            await append(connection, *events)

    async def remove(self, person: str, credential_id: str, *events: Event) -> None:
        """Take one away. Raises `caller.not-found`, `caller.last-credential`."""
        async with self._database.write() as connection:
            rows = await connection.execute(
                select(credential).where(credential.c.person == person).order_by(credential.c.id).with_for_update()
            )
            mine = [_credential(row) for row in rows.mappings()]
            if credential_id not in {one.id for one in mine}:
                raise SudareError("caller.not-found", "credential")
            if not any(one.signs_in for one in mine if one.id != credential_id):
                raise SudareError("caller.last-credential")
            await connection.execute(delete(credential).where(credential.c.id == credential_id))
            await append(connection, *events)

    async def of(self, person: str) -> list[Credential]:
        """All of one person, oldest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(credential).where(credential.c.person == person).order_by(credential.c.created, credential.c.id)
            )
            return [_credential(row) for row in rows.mappings()]

    async def passkey(self, tenant: str, external: str) -> Credential | None:
        """The passkey with this credential id."""
        async with self._database.read() as connection:
            row = await connection.execute(
                select(credential).where(credential.c.tenant == tenant, credential.c.external == external)
            )
            found = row.mappings().one_or_none()
            return _credential(found) if found is not None else None

    async def advance(self, credential_id: str, before: int, after: int, now: float) -> bool:
        """Move the counter on, if nobody else did meanwhile; whether it moved."""
        async with self._database.write() as connection:
            done = await connection.execute(
                update(credential)
                .where(credential.c.id == credential_id, credential.c.counter == before)
                .values(counter=after, used=now)
            )
            return done.rowcount == 1

    async def rehash(self, credential_id: str, before: str, after: str) -> None:
        """Keep a stronger hash of the same password, unless the password changed meanwhile."""
        async with self._database.write() as connection:
            await connection.execute(
                update(credential)
                .where(credential.c.id == credential_id, credential.c.data == before)
                .values(data=after)
            )


def _credential(row: Mapping[Any, Any]) -> Credential:
    return Credential(**{**row, "kind": CredentialKind(row["kind"])})

"""Office PCs, who may use them, the sealed secrets for them, and the sessions on them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sudare.base.errors import SudareError
from sudare.domain.audit import Event
from sudare.domain.places import API_TARGET, SealedSecret, StreamSession, Target, split_target
from sudare.domain.revocation import Subject
from sudare.store.audit import append
from sudare.store.database import Database
from sudare.store.revocations import take_back
from sudare.store.tables import person, sealed_secret, session, target, target_person, web_session

_FIELDS = [target.c[name] for name in Target.__slots__]


class Targets:
    """What connectors offer, and to whom."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, tenant: str) -> list[Target]:
        """Everything ever offered and not revoked, by name."""
        return await self._list(select(*_FIELDS).where(target.c.tenant == tenant))

    async def of(self, tenant: str, person_id: str) -> list[Target]:
        """What this person may use now, by name."""
        mine = (target_person.c.connector == target.c.connector) & (target_person.c.local == target.c.local)
        return await self._list(
            select(*_FIELDS)
            .join(target_person, mine)
            .where(target.c.tenant == tenant, target_person.c.person == person_id, target.c.offered.is_(True))
        )

    async def people(self, tenant: str) -> dict[str, list[str]]:
        """Who may use what: person ids by target id."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(target_person).where(target_person.c.tenant == tenant).order_by(target_person.c.person)
            )
            out: dict[str, list[str]] = {}
            for row in rows:
                out.setdefault(f"{row.connector}~{row.local}", []).append(row.person)
            return out

    async def set_people(
        self, tenant: str, connector: str, local: str, people: Iterable[str], *events: Event, now: float
    ) -> list[str]:
        """
        Exactly these people may use it. Raises `caller.not-found`.

        Returns:
            The people who could before and cannot now.
        """
        wanted = set(people)
        here = (target_person.c.connector == connector) & (target_person.c.local == local)
        async with self._database.write() as connection:
            exists = select(target.c.local).where(
                target.c.tenant == tenant, target.c.connector == connector, target.c.local == local
            )
            known = select(func.count()).select_from(person).where(person.c.tenant == tenant, person.c.id.in_(wanted))
            if (await connection.execute(exists.with_for_update())).one_or_none() is None:
                raise SudareError("caller.not-found", "target")
            if await connection.scalar(known) != len(wanted):
                raise SudareError("caller.not-found", "person")
            before = {row.person for row in await connection.execute(select(target_person.c.person).where(here))}
            await connection.execute(delete(target_person).where(here))
            for person_id in sorted(wanted):
                await connection.execute(
                    insert(target_person).values(tenant=tenant, connector=connector, local=local, person=person_id)
                )
            lost = session.c.person.in_(before - wanted) & (session.c.target == f"{connector}~{local}")
            running = await connection.execute(select(session.c.id).where(lost))
            await take_back(connection, tenant, now, Subject.SESSION, [row.id for row in running])
            await append(connection, *events)
            return sorted(before - wanted)

    async def set_record(
        self, tenant: str, connector: str, local: str, *events: Event, record: bool, now: float
    ) -> None:
        """Whether sessions on it are to be recorded; those that run unrecorded are cut. Raises `caller.not-found`."""
        await self._demand(target.c.record, tenant, connector, local, events, demanded=record, now=now)

    async def set_watermark(
        self, tenant: str, connector: str, local: str, *events: Event, watermark: bool, now: float
    ) -> None:
        """Whether its picture carries a watermark; sessions that run without are cut. Raises `caller.not-found`."""
        await self._demand(target.c.watermark, tenant, connector, local, events, demanded=watermark, now=now)

    async def set_sound(self, tenant: str, connector: str, local: str, *events: Event, sound: bool, now: float) -> None:
        """Whether it may be heard; when no longer, whoever might is cut. Raises `caller.not-found`."""
        await self._demand(target.c.sound, tenant, connector, local, events, demanded=sound, now=now, cut=not sound)

    async def _demand(
        self,
        what: Column[bool],
        tenant: str,
        connector: str,
        local: str,
        events: Iterable[Event],
        *,
        demanded: bool,
        now: float,
        cut: bool | None = None,
    ) -> None:
        """
        Demand something of every session on a target, or no longer.

        Those that run are cut when they lack what is demanded, or as `cut` says.
        """
        here = (target.c.tenant == tenant) & (target.c.connector == connector) & (target.c.local == local)
        async with self._database.write() as connection:
            before = await connection.scalar(select(what).where(here).with_for_update())
            if before is None:
                raise SudareError("caller.not-found", "target")
            if before == demanded:
                return
            await connection.execute(update(target).where(here).values({what: demanded}))
            if demanded if cut is None else cut:
                running = select(session.c.id).where(session.c.target == f"{connector}~{local}")
                ids = [row.id for row in await connection.execute(running)]
                await take_back(connection, tenant, now, Subject.SESSION, ids)
            await append(connection, *events)

    async def _list(self, query: Select[Any]) -> list[Target]:
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(target.c.name, target.c.connector, target.c.local))
            return [Target(**row) for row in rows.mappings()]


class SealedSecrets:
    """Ciphertext by person and target."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, person_id: str, target_id: str) -> SealedSecret | None:
        """What is kept for this target."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(sealed_secret).where(_of(person_id, target_id)))).one_or_none()
            return SealedSecret(row.account, row.sealed) if row is not None else None

    async def targets(self, person_id: str) -> set[str]:
        """For which targets something is kept."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(sealed_secret.c.target).where(sealed_secret.c.person == person_id))
            return {row.target for row in rows}

    async def put(
        self, tenant: str, person_id: str, target_id: str, secret: SealedSecret, *events: Event, now: float
    ) -> None:
        """Keep this one, in place of an earlier one."""
        async with self._database.write() as connection:
            await connection.execute(delete(sealed_secret).where(_of(person_id, target_id)))
            await connection.execute(
                insert(sealed_secret).values(
                    tenant=tenant,
                    person=person_id,
                    target=target_id,
                    account=secret.account,
                    sealed=secret.sealed,
                    stored=now,
                )
            )
            await append(connection, *events)

    async def remove(self, person_id: str, target_id: str, *events: Event) -> None:
        """Keep nothing; fine when nothing was kept."""
        async with self._database.write() as connection:
            gone = await connection.execute(delete(sealed_secret).where(_of(person_id, target_id)))
            if gone.rowcount:
                await append(connection, *events)


class Sessions:
    """Uses of targets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, session_id: str) -> StreamSession | None:
        """The session with this id."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(session).where(session.c.id == session_id))).mappings().one_or_none()
            return StreamSession(**row) if row is not None else None

    async def opened(self, new: StreamSession, *events: Event) -> None:
        """
        Begun or resumed. Raises `denied.sign-in`, `denied.not-allowed` when browser or right were taken back meanwhile.

        What takes them back ends the sessions it finds, so none may be written after it.
        """
        values = {name: getattr(new, name) for name in StreamSession.__slots__}
        async with self._database.write() as connection:
            await _still(connection, new)
            done = await connection.execute(
                update(session)
                .where(session.c.id == new.id)
                .values(last_used=new.last_used, web_session=new.web_session)
            )
            if done.rowcount == 0:
                await connection.execute(insert(session).values(values))
            await append(connection, *events)

    async def last_used(self, person_id: str) -> dict[str, float]:
        """When this person last used what."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(session.c.target, func.max(session.c.last_used).label("at"))
                .where(session.c.person == person_id)
                .group_by(session.c.target)
            )
            return {row.target: row.at for row in rows}

    async def forget(self, before: float) -> int:
        """Remove those last used before this time; the record keeps that they were."""
        async with self._database.write() as connection:
            return (await connection.execute(delete(session).where(session.c.last_used < before))).rowcount


async def _still(connection: AsyncConnection, new: StreamSession) -> None:
    """Hold what the session stands on until it is written, or find that it is gone."""
    browser = select(web_session.c.hash).where(web_session.c.hash == new.web_session)
    if (await connection.execute(browser.with_for_update(read=True))).one_or_none() is None:
        raise SudareError("denied.sign-in", "signed out meanwhile")
    connector, local = split_target(new.target)
    if local == API_TARGET:
        return
    right = select(target_person.c.person).where(
        target_person.c.connector == connector, target_person.c.local == local, target_person.c.person == new.person
    )
    if (await connection.execute(right.with_for_update(read=True))).one_or_none() is None:
        raise SudareError("denied.not-allowed", "taken back meanwhile")


def _of(person_id: str, target_id: str) -> Any:  # noqa: ANN401 - an SQL expression
    return (sealed_secret.c.person == person_id) & (sealed_secret.c.target == target_id)

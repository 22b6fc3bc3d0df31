"""Signed-in browsers."""

from sqlalchemy import delete, insert, or_, select, update

from sudare.domain.audit import Event, Kind
from sudare.domain.websession import Limits, WebSession
from sudare.store.audit import append
from sudare.store.database import Database
from sudare.store.revocations import take_back_browsers
from sudare.store.tables import web_session


class WebSessions:
    """By the hash of their token; the token itself is only in the browser."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: WebSession, replaces: str | None, *events: Event) -> None:
        """A new session, in place of the browser's earlier one."""
        async with self._database.write() as connection:
            if replaces is not None:
                await connection.execute(delete(web_session).where(web_session.c.hash == replaces))
                await take_back_browsers(connection, new.tenant, new.created, [replaces])
            await connection.execute(
                insert(web_session).values({name: getattr(new, name) for name in WebSession.__slots__})
            )
            await append(connection, *events)

    async def get(self, token_hash: str) -> WebSession | None:
        """The session of this token, alive or not."""
        async with self._database.read() as connection:
            row = await connection.execute(select(web_session).where(web_session.c.hash == token_hash))
            found = row.mappings().one_or_none()
            return WebSession(**found) if found is not None else None

    async def touch(self, token_hash: str, now: float) -> None:
        """The person is here."""
        async with self._database.write() as connection:
            await connection.execute(
                update(web_session).where(web_session.c.hash == token_hash, web_session.c.seen < now).values(seen=now)
            )

    async def end(self, who: WebSession, *events: Event, now: float) -> None:
        """Signed out; the streams it opened end, too."""
        async with self._database.write() as connection:
            gone = await connection.execute(delete(web_session).where(web_session.c.hash == who.hash))
            if gone.rowcount:
                await take_back_browsers(connection, who.tenant, now, [who.hash])
                await append(connection, *events)

    async def end_expired(self, limits: Limits, now: float) -> list[WebSession]:
        """Remove the sessions whose time is over, and name them."""
        over = or_(web_session.c.absolute_until <= now, web_session.c.seen <= now - limits.idle_s)
        async with self._database.read() as connection:
            if not (await connection.execute(select(web_session.c.hash).where(over).limit(1))).all():
                return []
        async with self._database.write() as connection:
            gone = await connection.execute(delete(web_session).where(over).returning(web_session))
            over_now = [WebSession(**row) for row in gone.mappings()]
            for one in over_now:
                await take_back_browsers(connection, one.tenant, now, [one.hash])
                event = Event(Kind.SESSION_EXPIRED, one.tenant, now, one.person, one.person)
                await append(connection, event)
            return over_now

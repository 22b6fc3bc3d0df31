"""What sessions measured of lag. A session's figures go when the session does (`Sessions.forget`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select

from sudare.domain.places import split_target
from sudare.domain.sessionlag import SHARES, Quantile, SessionLag, UsedSession
from sudare.store.database import Database
from sudare.store.tables import person, session, session_lag

_FIELDS = ("total", *SHARES)


class Lags:
    """One row a session, the newest word on it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, connector: str, lags: Sequence[SessionLag], now: float) -> None:
        """
        What this connector says of its sessions; of anybody else's it says nothing.

        The word with the most keys stands: two may come at once, and a process that took over begins with none.
        """
        wanted = {lag.session: lag for lag in lags}
        async with self._database.write() as connection:
            rows = await connection.execute(
                select(session.c.id, session.c.tenant, session.c.target)
                .where(session.c.id.in_(wanted))
                .with_for_update()
            )
            tenants = {row.id: row.tenant for row in rows if split_target(row.target)[0] == connector}
            known = await connection.execute(
                select(session_lag.c.session, session_lag.c.answered).where(session_lag.c.session.in_(tenants))
            )
            for row in known.mappings():
                if row["answered"] > wanted[row["session"]].keys:
                    del tenants[row["session"]]
            if not tenants:
                return
            await connection.execute(delete(session_lag).where(session_lag.c.session.in_(tenants)))
            values = [_values(wanted[one]) | {"tenant": tenant, "seen": now} for one, tenant in tenants.items()]
            await connection.execute(insert(session_lag), values)

    async def between(self, tenant: str, since: float, until: float) -> list[UsedSession]:
        """Sessions that began in this time and measured something, in order."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(session_lag, session.c.started, session.c.target, person.c.login)
                .join(session, session.c.id == session_lag.c.session)
                .join(person, person.c.id == session.c.person)
                .where(session_lag.c.tenant == tenant, session.c.started >= since, session.c.started < until)
                .order_by(session.c.started, session.c.id)
            )
            return [_used(row) for row in rows.mappings()]


def _values(lag: SessionLag) -> dict[str, object]:
    values: dict[str, object] = {"session": lag.session, "answered": lag.keys}
    for name in _FIELDS:
        quantile = lag.share(name)
        values |= {f"{name}_p50": quantile.p50, f"{name}_p95": quantile.p95}
    return values


def _used(found: Mapping[Any, Any]) -> UsedSession:
    quantiles = [Quantile(found[f"{name}_p50"], found[f"{name}_p95"]) for name in _FIELDS]
    lag = SessionLag(found["session"], found["answered"], *quantiles)
    return UsedSession(found["started"], found["seen"], found["login"], found["target"], lag)

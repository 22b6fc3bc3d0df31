"""
One database, SQLite or PostgreSQL, and its transactions.

INVARIANT: SQLite runs in WAL mode with synchronous=FULL and foreign keys on; a writing transaction takes its lock at
once (BEGIN IMMEDIATE), so two writers wait for each other instead of failing half-way.
INVARIANT: a value the database cannot hold (PostgreSQL: a NUL in a text) is `caller.malformed`; it came from outside.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DataError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from sudare.base.errors import SudareError

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_MS = 10_000


class Database:
    """Connections to one database."""

    def __init__(self, url: str) -> None:
        self._sqlite = url.startswith("sqlite")
        self._engine = (
            _sqlite_engine(url) if self._sqlite else create_async_engine(url, pool_pre_ping=True, hide_parameters=True)
        )

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads."""
        async with self._engine.connect() as connection, connection.begin():
            with _values():
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes; committed at the end, rolled back by any exception."""
        async with self._engine.connect() as connection:
            if self._sqlite:
                await connection.execution_options(sudare_write=True)
            async with connection.begin():
                with _values():
                    yield connection

    async def migrate(self, revision: str = "head") -> None:
        """Bring the tables to this revision."""
        async with self._engine.connect() as connection:
            await connection.run_sync(_upgrade, revision)
            await connection.commit()

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


@contextmanager
def _values() -> Iterator[None]:
    try:
        yield
    except DataError:
        raise SudareError("caller.malformed", "a value the database cannot hold") from None


def _sqlite_engine(url: str) -> AsyncEngine:
    engine = create_async_engine(url, hide_parameters=True)  # parameters are secrets

    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        # The driver's own BEGIN comes too late for us (pysqlite, "Serializable isolation" in SQLAlchemy's manual).
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("sudare_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)

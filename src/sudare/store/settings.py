"""Small values of the installation, by tenant and name."""

from sqlalchemy import delete, insert, select

from sudare.store.database import Database
from sudare.store.tables import setting


class Settings:
    """Names and values."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, tenant: str, name: str) -> str | None:
        """The value, if set."""
        async with self._database.read() as connection:
            query = select(setting.c.value).where(setting.c.tenant == tenant, setting.c.name == name)
            value: str | None = await connection.scalar(query)
            return value

    async def put(self, tenant: str, name: str, value: str) -> None:
        """Set it."""
        async with self._database.write() as connection:
            await connection.execute(delete(setting).where(setting.c.tenant == tenant, setting.c.name == name))
            await connection.execute(insert(setting).values(tenant=tenant, name=name, value=value))

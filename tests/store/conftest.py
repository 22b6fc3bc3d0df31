"""Every store test runs on SQLite and on a real PostgreSQL."""

import pytest
from sqlalchemy import text
from tests.support.postgres import cluster

from sudare.store.database import Database
from sudare.store.people import People


@pytest.fixture(scope="session")
def postgres_url():
    with cluster() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
async def database(request, tmp_path, anyio_backend):
    if request.param == "sqlite":
        made = Database(f"sqlite+aiosqlite:///{tmp_path}/sudare.sqlite")
    else:
        made = Database(request.getfixturevalue("postgres_url"))
        async with made.write() as connection:
            await connection.execute(text("DROP SCHEMA public CASCADE"))
            await connection.execute(text("CREATE SCHEMA public"))
    await made.migrate()
    await People(made).add_tenant("main", "すだれ市")
    yield made
    await made.close()

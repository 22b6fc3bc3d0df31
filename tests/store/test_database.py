"""Transactions and migrations."""

import anyio
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from tests.support.rows import NOW, person

from sudare.store.people import People
from sudare.store.tables import metadata

pytestmark = pytest.mark.anyio


async def test_the_migrations_make_exactly_the_tables_the_code_knows(database):
    async with database.read() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync, opts={"compare_type": True}), metadata)
        )

    assert differences == []


async def test_migrating_again_changes_nothing(database):
    await database.migrate()

    assert await People(database).tenant_name("main") == "すだれ市"


async def test_a_failing_transaction_leaves_nothing_behind(database):
    async def fail():
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO tenant (id, name) VALUES ('x', 'x')"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert await People(database).tenant_name("x") == ""


async def test_many_writers_at_once_wait_for_each_other(database):
    people = People(database)

    async with anyio.create_task_group() as group:
        for number in range(12):
            group.start_soon(people.add, person(number), f"hash{number}", NOW + 10)

    assert len(await people.all("main")) == 12


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_sqlite_is_durable_and_checks_foreign_keys(database):
    async with database.read() as connection:
        found = [await connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")]
        assert [*found, await connection.scalar(text("PRAGMA foreign_keys"))] == ["wal", 2, 1]

"""The record."""

import anyio
import pytest
from sqlalchemy import text
from tests.support.rows import event

from sudare.domain.audit import first_broken
from sudare.store.audit import Record

pytestmark = pytest.mark.anyio


async def test_entries_written_at_once_form_one_chain(database):
    record = Record(database)

    async with anyio.create_task_group() as group:
        for number in range(10):
            group.start_soon(record.add, event(n=str(number)), event(who="花子"))

    entries = await record.entries()
    assert [entry.seq for entry in entries] == list(range(1, 21))
    assert first_broken(entries) is None
    assert await record.head() == (20, entries[-1].hash)
    assert [entry.seq for entry in await record.entries(after=18)] == [19, 20]


@pytest.mark.parametrize("change", ["UPDATE audit SET subject = 'x' WHERE seq = 2", "DELETE FROM audit WHERE seq = 2"])
async def test_a_changed_record_is_noticed(database, change):
    record = Record(database)
    await record.add(event(), event(), event())
    async with database.write() as connection:
        await connection.execute(text(change))

    assert first_broken(await record.entries()) == 2

"""What was taken back."""

import asyncio

import pytest
from tests.support.rows import NOW

from sudare.domain.revocation import Revocation, Subject
from sudare.store.revocations import Revocations, take_back

pytestmark = pytest.mark.anyio


async def test_revocations_are_read_in_order_from_a_number_on(database):
    revocations = Revocations(database)
    assert await revocations.latest() == 0
    async with database.write() as connection:
        await take_back(connection, "main", NOW, Subject.PERSON, ["p1", "p2"])

    first, second = await revocations.after(0)

    assert (first.subject, second.subject) == ("p1", "p2")
    assert await revocations.after(first.number) == [Revocation(second.number, Subject.PERSON, "p2")]
    assert await revocations.latest() == second.number


async def test_numbers_are_never_used_again(database):
    revocations = Revocations(database)
    async with database.write() as connection:
        await take_back(connection, "main", NOW, Subject.SESSION, ["s1"])
    before = await revocations.latest()
    await revocations.forget(NOW + 1)
    async with database.write() as connection:
        await take_back(connection, "main", NOW, Subject.SESSION, ["s2"])

    assert await revocations.latest() > before


async def test_nothing_is_missed_by_who_reads_while_two_take_back_at_once(database):
    revocations = Revocations(database)
    first, go = asyncio.Event(), asyncio.Event()

    async def slow():
        async with database.write() as connection:
            await take_back(connection, "main", NOW, Subject.PERSON, ["slow"])
            first.set()
            await go.wait()

    async def quick():
        await first.wait()
        async with database.write() as connection:
            await take_back(connection, "main", NOW, Subject.PERSON, ["quick"])

    both = [asyncio.ensure_future(slow()), asyncio.ensure_future(quick())]
    await first.wait()
    await asyncio.wait(both, timeout=1)  # the quick one is done by now, or it waits its turn
    seen = await revocations.after(0)
    go.set()
    await asyncio.gather(*both)
    seen += await revocations.after(max((one.number for one in seen), default=0))

    assert {one.subject for one in seen} == {"slow", "quick"}

"""Counting attempts."""

import anyio
import pytest
from tests.support.rows import NOW

from sudare.domain.lockout import FORGET_S, keys
from sudare.store.attempts import Attempts

pytestmark = pytest.mark.anyio
PAIR = keys("a", "n", None)


async def test_parallel_guesses_are_counted_one_by_one(database):
    attempts = Attempts(database)
    waits = []

    async def guess():
        waits.append(await attempts.charge("main", PAIR, NOW))

    async with anyio.create_task_group() as group:
        for _ in range(12):
            group.start_soon(guess)

    assert sum(1 for wait in waits if wait == 0) == 5


async def test_a_right_attempt_begins_anew(database):
    attempts = Attempts(database)
    for _ in range(5):
        await attempts.charge("main", PAIR, NOW)
    assert await attempts.charge("main", PAIR, NOW) > 0

    await attempts.refund(PAIR, NOW)

    assert await attempts.charge("main", PAIR, NOW) == 0


async def test_a_flow_is_used_once(database):
    attempts = Attempts(database)

    assert [await attempts.use_flow("main", "f", NOW + 1) for _ in range(2)] == [True, False]


async def test_what_no_longer_matters_is_forgotten(database):
    attempts = Attempts(database)
    await attempts.charge("main", PAIR, NOW)
    await attempts.use_flow("main", "f", NOW + 1)

    assert await attempts.forget(NOW + FORGET_S + 1) == 3

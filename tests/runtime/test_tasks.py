"""Tasks that somebody holds."""

import asyncio

import pytest
from structlog.testing import capture_logs

from sudare.base.errors import SudareError
from sudare.runtime.tasks import Tasks

pytestmark = pytest.mark.anyio


async def test_leaving_the_block_ends_what_still_runs():
    ended = asyncio.Event()

    async def forever():
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with Tasks("test") as tasks:
        tasks.start(forever(), name="forever")
        await asyncio.sleep(0)

    assert ended.is_set()
    assert len(tasks) == 0


async def test_an_unexpected_failure_is_logged_with_its_name():
    async def broken():
        raise ValueError("oops")

    with capture_logs() as logs:
        async with Tasks("test") as tasks:
            await asyncio.wait([tasks.start(broken(), name="broken")])

    assert [(entry["event"], entry["task"]) for entry in logs] == [("task-failed", "test.broken")]


async def test_a_known_failure_is_no_bug():
    async def refused():
        raise SudareError("office.pc-closed")

    with capture_logs() as logs:
        async with Tasks("test") as tasks:
            await asyncio.wait([tasks.start(refused(), name="refused")])

    assert [(entry["log_level"], entry["code"]) for entry in logs] == [("debug", "office.pc-closed")]


async def test_a_task_may_close_the_set_it_runs_in():
    tasks = Tasks("test")

    await asyncio.wait_for(tasks.start(tasks.aclose(), name="self"), 5)

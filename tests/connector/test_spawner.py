"""Session processes, started for real: in the cage, and without one."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from tests.support.desktops import wait_until

from sudare.base.errors import SudareError
from sudare.connector import spawner as spawning
from sudare.connector.sandbox import environment
from sudare.connector.spawner import START_LIMIT, Spawner

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture(params=["bubblewrap", "none"])
async def spawner(request, monkeypatch, anyio_backend):
    """A spawner; `started` has every process it ever started."""
    started, real = [], asyncio.create_subprocess_exec

    async def noted(*command, **how):
        process = await real(*command, **how)
        started.append(process)
        return process

    monkeypatch.setattr(spawning.asyncio, "create_subprocess_exec", noted)
    if request.param == "none":  # outside the cage nothing says where the program is
        monkeypatch.setattr(spawning, "environment", lambda: environment() | {"PYTHONPATH": str(SOURCE)})
    made = Spawner(request.param)
    made.started = started
    yield made
    await made.close()
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_spare_is_ready_and_is_what_is_taken(spawner):
    await spawner.warm()

    worker = await spawner.take()

    assert [worker.process] == spawner.started
    assert worker.alive
    await worker.stop()


async def test_each_process_is_used_once(spawner):
    await spawner.warm()

    taken = [await spawner.take() for _ in range(3)]

    assert len({worker.process.pid for worker in taken}) == 3
    for worker in taken:
        await worker.stop()


async def test_however_many_ask_for_a_spare_there_is_one(spawner):
    await asyncio.gather(*(spawner.warm() for _ in range(5)))
    await spawner.warm()

    assert len(spawner.started) == 1


async def test_a_dead_spare_is_not_handed_out(spawner):
    await spawner.warm()
    dead = spawner._spare
    dead.process.kill()
    await dead.process.wait()

    worker = await spawner.take()

    assert worker is not dead
    assert worker.alive
    await worker.stop()


async def test_a_dead_spare_is_replaced(spawner):
    await spawner.warm()
    dead = spawner._spare
    dead.process.kill()
    await dead.process.wait()

    await spawner.warm()

    assert spawner._spare.alive


async def test_stopping_ends_the_process_at_once_and_twice_is_no_trouble(spawner):
    worker = await spawner.take()

    await worker.stop()
    await worker.stop()

    assert worker.process.returncode == -signal.SIGKILL
    assert not worker.alive
    assert not worker.send({"t": "stop"}, [])


async def test_closing_ends_the_spare(spawner):
    await spawner.warm()

    await spawner.close()

    (process,) = spawner.started
    assert process.returncode is not None


async def test_only_so_many_start_at_a_time(spawner, monkeypatch):
    now, most, go = [0], [0], asyncio.Event()

    async def held(*_, **__):
        now[0] += 1
        most[0] = max(most[0], now[0])
        await go.wait()
        now[0] -= 1
        raise FileNotFoundError

    monkeypatch.setattr(spawning.asyncio, "create_subprocess_exec", held)
    asked = asyncio.gather(*(spawner.take() for _ in range(3 * START_LIMIT)), return_exceptions=True)
    async with asyncio.timeout(10):
        while now[0] < START_LIMIT:  # noqa: ASYNC110
            await asyncio.sleep(0)
    for _ in range(100):
        await asyncio.sleep(0)
    go.set()
    await asked

    assert most[0] == START_LIMIT


async def test_without_its_cage_no_process_is_started_and_that_is_said(monkeypatch):
    monkeypatch.setattr(spawning, "environment", lambda: {"PATH": "/nonexistent"})
    spawner = Spawner("bubblewrap")

    with pytest.raises(SudareError) as failure:
        await spawner.take()

    assert failure.value.code == "office.sandbox"


CONNECTOR = """
import asyncio, sys
from sudare.connector.spawner import Spawner
async def main():
    spawner = Spawner(sys.argv[1])
    worker = await spawner.take()
    await spawner.warm()
    print(worker.process.pid, spawner._spare.process.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


def family(pid):
    """This process and everything below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return set()
    return {pid}.union(*(family(int(child)) for child in children))


async def test_none_is_left_behind_by_a_connector_that_was_killed():
    connector = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CONNECTOR, "bubblewrap",
        env={"PYTHONPATH": str(SOURCE), "PATH": "/usr/bin:/bin"}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    pids = {int(word) for word in (await asyncio.wait_for(connector.stdout.readline(), 60)).split()}
    assert wait_until(lambda: all(len(family(pid)) >= 3 for pid in pids))  # the cage, its first process, the program
    everyone = set().union(*(family(pid) for pid in pids))

    connector.kill()
    await connector.wait()

    assert len(pids) == 2
    assert wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in everyone))


def forsaken():
    """Processes of a cage whose own parent is gone."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = status.read_text().splitlines()
        except OSError:
            continue
        if lines[0] == "Name:\tbwrap" and "PPid:\t1" in lines:
            found.add(status.parent.name)
    return found


@pytest.mark.parametrize("spawner", ["bubblewrap"], indirect=True)
async def test_a_process_stopped_while_its_cage_is_built_leaves_nothing_behind(spawner):
    before = forsaken()

    for _ in range(40):
        worker = await spawner.take()
        await worker.stop()

    assert wait_until(lambda: not forsaken() - before)

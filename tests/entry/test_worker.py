"""The process of one session, started as the connector starts it, without its cage."""

import asyncio
from pathlib import Path

import pytest
from tests.support.desktops import wait_until

from sudare.connector.sandbox import command, environment
from sudare.runtime.parcel import Parcels, pair

pytestmark = pytest.mark.anyio
SOURCE = Path(__file__).parents[2] / "src"


class Started:
    """The process, and our end of the pair we share with it."""

    def __init__(self):
        self.reports, self.gone = [], asyncio.Event()

    async def __aenter__(self):
        ours, theirs = pair()
        self.process = await asyncio.create_subprocess_exec(
            *command("none", theirs.fileno(), "info"), pass_fds=(theirs.fileno(),),
            env=environment() | {"PYTHONPATH": str(SOURCE)}, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        theirs.close()
        self.parcels = Parcels(ours, lambda content, _: self.reports.append(content), self.gone.set)
        return self

    async def __aexit__(self, *_):
        self.parcels.close()
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def ended(self):
        """(exit code, what it logged)."""
        _, told = await asyncio.wait_for(self.process.communicate(), 30)
        return self.process.returncode, told.decode()


async def test_it_waits_for_its_job_and_ends_when_told():
    async with Started() as one:
        one.parcels.send({"t": "stop"})

        assert await one.ended() == (0, "")
        assert one.gone.is_set()


async def test_it_ends_with_the_connector():
    async with Started() as one:
        one.parcels.close()

        assert (await one.ended())[0] == 0


async def test_its_limits_are_set_for_good():
    async with Started() as one:
        where = Path(f"/proc/{one.process.pid}/limits")

        def rows():
            return {line[:25].strip(): line[25:].split()[:2] for line in where.read_text().splitlines()}

        assert await asyncio.to_thread(wait_until, lambda: rows()["Max address space"] != ["unlimited", "unlimited"])
        limits = rows()
        assert limits["Max core file size"] == ["0", "0"]  # no memory image with somebody's screen in it
        assert limits["Max open files"] == ["256", "256"]
        assert limits["Max address space"] == [str(2 << 30)] * 2

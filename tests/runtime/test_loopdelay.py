"""How late an event loop is."""

import asyncio
import time

import pytest

from sudare.runtime import loopdelay
from sudare.runtime.loopdelay import LoopDelay

pytestmark = pytest.mark.anyio


async def turns(delay, count, work=lambda: None):
    """Until it has measured that often more, with this work in every turn of the loop."""
    seen = len(delay.measured)
    async with asyncio.timeout(20):
        while len(delay.measured) < seen + count:
            work()
            await asyncio.sleep(0)


class Counting(LoopDelay):
    """Remembers everything it measured."""

    def __init__(self):
        super().__init__()
        self.measured = []

    def _came(self, due):
        super()._came(due)
        self.measured.append(self._late[-1])


@pytest.fixture
async def delay(monkeypatch):
    monkeypatch.setattr(loopdelay, "EVERY_S", 0.01)
    made = Counting()
    made.start()
    yield made
    made.stop()


def test_before_anything_was_measured_nothing_is_late():
    assert LoopDelay().ms == 0


async def test_work_that_holds_the_loop_shows_and_is_forgotten_again(delay):
    def hold():
        until = time.monotonic() + 0.1
        while time.monotonic() < until:
            pass

    await turns(delay, 5, hold)
    busy = delay.ms
    await turns(delay, 5)

    assert busy >= 50
    assert delay.ms < busy


async def test_one_hiccup_is_none(delay):
    await turns(delay, 5)
    delay._late.append(5.0)

    assert delay.ms < 1000


async def test_stopped_it_leaves_no_timer(delay):
    await turns(delay, 1)

    delay.stop()

    assert delay._timer is None

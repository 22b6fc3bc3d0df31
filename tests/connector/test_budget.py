"""The office's line is shared fairly; time is the loop's, which leaps."""

import asyncio
import itertools

import pytest
from tests.connector.test_sessions import browse, office, target
from tests.support.desktops import xvnc
from tests.support.leaping import LeapingLoop
from tests.support.screens import Screen, known_picture

from sudare.connector.budget import LOOK_S, Budget


class Session:
    """Sends as much as it wants and may, at each look."""

    def __init__(self, budget, wants):
        self.wants, self.kbit, self.told = wants, None, []
        self.share = budget.join(self.limited)

    def limited(self, kbit):
        self.kbit = kbit
        self.told.append(kbit)

    def send(self):
        kbit = self.wants if self.kbit is None else min(self.wants, self.kbit)
        if kbit:
            self.share.passed(round(kbit * 1000 / 8 * LOOK_S))
        return kbit


@pytest.fixture
def run():
    def runner(work):
        with asyncio.Runner(loop_factory=LeapingLoop) as one:
            return one.run(work())

    return runner


async def after(looks, *sessions):
    """What each sends at last."""
    rates = []
    for _ in range(looks):
        rates = [session.send() for session in sessions]
        await asyncio.sleep(LOOK_S * 1.01)
    return rates


def test_while_the_line_is_not_full_nobody_is_limited(run):
    async def work():
        budget = Budget(10_000)
        a, b = Session(budget, 3000), Session(budget, 4000)

        assert await after(5, a, b) == [3000, 4000]
        assert a.told == b.told == []

    run(work)


def test_of_a_full_line_everybody_who_wants_more_gets_the_same(run):
    async def work():
        budget = Budget(9000)
        greedy = [Session(budget, 20_000) for _ in range(3)]

        assert await after(8, *greedy) == pytest.approx([3000] * 3, rel=0.05)

    run(work)


def test_who_types_while_others_watch_films_is_not_held_back(run):
    async def work():
        budget = Budget(10_000)
        typist, one, two = Session(budget, 100), Session(budget, 20_000), Session(budget, 20_000)

        rates = await after(10, typist, one, two)

        assert rates[0] == 100
        assert rates[1] == pytest.approx(rates[2], rel=0.05)
        assert sum(rates) <= 10_100
        assert sum(rates) >= 0.9 * 10_000

    run(work)


def test_when_the_others_are_done_the_limit_goes_away(run):
    async def work():
        budget = Budget(10_000)
        stays, goes = Session(budget, 5000), Session(budget, 20_000)
        await after(5, stays, goes)
        assert goes.kbit is not None

        budget.leave(goes.share)

        assert await after(8, stays) == [5000]
        assert stays.kbit is None

    run(work)


def test_a_new_session_gets_its_share_of_a_line_that_was_full(run):
    async def work():
        budget = Budget(8000)
        old = Session(budget, 50_000)
        await after(5, old)
        new = Session(budget, 50_000)

        assert await after(8, old, new) == pytest.approx([4000, 4000], rel=0.05)

    run(work)


def test_a_pause_of_those_who_fill_the_line_does_not_let_them_burst(run):
    async def work():
        budget = Budget(8000)
        one, two = Session(budget, 50_000), Session(budget, 50_000)
        await after(5, one, two)
        one.wants = two.wants = 100
        await after(2, one, two)
        one.wants = two.wants = 50_000

        assert sum(await after(1, one, two)) <= 8000 * 1.05

    run(work)


def test_at_rest_no_timer_runs(run):
    async def work():
        budget = Budget(8000)
        session = Session(budget, 50_000)
        await after(5, session)
        session.wants = 0

        await after(6, session)

        assert session.kbit is None
        assert budget._timer is None

    run(work)


def test_without_a_budget_nobody_looks(run):
    async def work():
        budget = Budget(None)
        session = Session(budget, 10**6)

        session.send()

        assert budget._timer is None

    run(work)


@pytest.mark.servers
@pytest.mark.anyio
async def test_a_session_that_fills_the_line_is_given_a_limit_until_it_rests():
    with xvnc(security="TLSVnc") as pc, Screen(pc.display) as screen:
        async with office(target(pc), line_kbit=2000) as h:
            browser = await browse(h, ses="s1")
            pictures = itertools.cycle([known_picture(640, 480, seed=seed) for seed in range(4)])

            def limited():
                screen.paint(next(pictures))
                running = h.sessions._running.get("s1")
                return running is not None and running.share.limit is not None

            assert await browser.until(limited)
            share = h.sessions._running["s1"].share
            assert share.limit <= 2000 * 1.01

            async with asyncio.timeout(30):  # nobody acknowledges any longer, so nothing is sent
                while share.limit is not None:  # noqa: ASYNC110 - nothing else tells
                    await asyncio.sleep(0.05)

"""Housekeeping."""

import asyncio

import pytest
from tests.support.gatehouse import House

from sudare.domain.places import StreamSession
from sudare.gateway.keeper import Keeper, Sweep

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(tmp_path, anyio_backend):
    made = House(tmp_path)
    await made.open()
    yield made
    await made.close()


def keeper(house, *sweeps):
    stores = house.stores
    return Keeper(stores.web_sessions, stores.record, house.cuts, house.here.limits, sweeps)


async def test_a_session_that_ran_out_is_removed_recorded_and_its_streams_cut(house):
    browser = await house.person("hanako", password=False)
    person = (await browser.get("session")).json()["person"]["id"]
    from sudare.domain.websession import token_hash
    from sudare.gateway.signin.cookies import token_from

    web = token_hash(token_from(dict(browser.http.cookies)))
    await house.stores.sessions.opened(StreamSession("s1", "main", person, "", "k", web, house.now, house.now))
    house.now += 1800

    await keeper(house).sweep(house.now)

    assert house.tunnels.cuts == [("session", "s1")]
    assert (await house.stores.record.entries())[-1].event.kind.value == "signin:session:expired"


async def test_sweeps_are_given_the_time_before_which_to_forget(house):
    asked = []

    async def forget(before):
        asked.append(before)
        return 0

    await keeper(house, Sweep(forget, after_s=10)).sweep(house.now)

    assert asked == [house.now - 10]


async def test_a_failing_round_does_not_end_the_keeper(house, monkeypatch):
    rounds, enough = [], asyncio.Event()

    async def fail():
        rounds.append(1)
        if len(rounds) == 2:
            enough.set()
        raise OSError

    monkeypatch.setattr(house.cuts, "apply", fail)
    monkeypatch.setattr("sudare.gateway.keeper.CUTS_S", 0)
    running = asyncio.create_task(keeper(house).run(lambda: house.now))
    await asyncio.wait_for(enough.wait(), 5)
    running.cancel()

    assert len(rounds) >= 2

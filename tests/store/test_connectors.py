"""Connectors."""

import pytest
from tests.support.rows import NOW, connector

from sudare.base.errors import SudareError
from sudare.domain.places import Offer
from sudare.store.connectors import Connectors
from sudare.store.revocations import Revocations
from sudare.store.targets import Targets

pytestmark = pytest.mark.anyio


@pytest.fixture
async def connectors(database):
    made = Connectors(database)
    await made.invite(connector(), "token", NOW + 10)
    return made


async def join(connectors):
    await connectors.take_join_token("token", NOW)
    await connectors.joined("k1", "本庁", b"key", serial="aa", expires=NOW + 100, now=NOW)


async def test_a_join_token_is_used_once_and_in_time(connectors):
    assert (await connectors.take_join_token("token", NOW)).id == "k1"

    with pytest.raises(SudareError, match=r"denied\.join-token"):
        await connectors.take_join_token("token", NOW)
    await connectors.invite(connector(2), "late", NOW + 10)
    with pytest.raises(SudareError):
        await connectors.take_join_token("late", NOW + 10)


async def test_a_certificate_is_good_until_it_runs_out_and_beside_its_successor(connectors):
    await join(connectors)
    await connectors.renewed("k1", "bb", NOW + 200, NOW + 50)

    good = [[await connectors.holds("k1", serial, NOW + t) for serial in ("aa", "bb", "cc")] for t in (60, 150, 250)]

    assert good == [[True, True, False], [False, True, False], [False, False, False]]


async def test_a_revoked_connector_is_out_with_everything_it_offered(connectors, database):
    await join(connectors)
    await connectors.offers("k1", "本庁舎", b"key", [Offer("a", "vnc", "A")])

    await connectors.revoke("main", "k1", NOW)

    assert await connectors.holds("k1", "aa", NOW) is False
    assert [t.offered for t in await Targets(database).all("main")] == [False]
    assert [one.subject for one in await Revocations(database).after(0)] == ["k1"]
    with pytest.raises(SudareError, match=r"caller\.not-found"):
        await connectors.revoke("main", "k1", NOW)


async def test_what_is_no_longer_offered_stays_known(connectors, database):
    await connectors.offers("k1", "本庁舎", b"key", [Offer("a", "vnc", "A"), Offer("api", "api", "予定")])
    await connectors.offers("k1", "本庁舎", b"key2", [Offer("b", "rdp", "B")])

    assert [(t.local, t.offered) for t in await Targets(database).all("main")] == [("a", False), ("b", True)]
    found = await connectors.get("k1")
    assert (found.site, found.seal_key, found.schedule) == ("本庁舎", b"key2", False)


async def test_since_is_when_the_state_began(connectors):
    await connectors.connection("k1", NOW + 1, connected=True)
    await connectors.connection("k1", NOW + 2, connected=True)
    assert (await connectors.get("k1")).since == NOW + 1

    await connectors.none_connected(NOW + 3)

    assert (await connectors.get("k1")).since == NOW + 3


async def test_join_tokens_that_ran_out_are_forgotten(connectors):
    assert await connectors.forget_join_tokens(NOW + 10) == 1

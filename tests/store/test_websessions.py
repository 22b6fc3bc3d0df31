"""Signed-in browsers."""

import pytest
from tests.support.rows import LIMITS, NOW, browser, event, person

from sudare.domain.places import StreamSession
from sudare.store.audit import Record
from sudare.store.people import People
from sudare.store.revocations import Revocations
from sudare.store.targets import Sessions
from sudare.store.websessions import WebSessions

pytestmark = pytest.mark.anyio


@pytest.fixture
async def browsers(database):
    await People(database).add(person(), "hash", NOW + 10)
    made = WebSessions(database)
    await made.add(browser(), None)
    await Sessions(database).opened(StreamSession("s1", "main", "p1", "", "k1", browser().hash, NOW, NOW))
    return made


async def test_touching_moves_only_forward(browsers):
    await browsers.touch(browser().hash, NOW + 5)
    await browsers.touch(browser().hash, NOW + 3)

    assert (await browsers.get(browser().hash)).seen == NOW + 5


async def test_signing_out_revokes_the_streams_and_is_recorded_once(browsers, database):
    for _ in range(2):
        await browsers.end(browser(), event(), now=NOW)

    assert await browsers.get(browser().hash) is None
    assert [one.subject for one in await Revocations(database).after(0)] == ["s1"]
    assert len(await Record(database).entries()) == 1


async def test_a_new_sign_in_replaces_the_browsers_earlier_session(browsers, database):
    await browsers.add(browser(2), browser().hash)

    assert await browsers.get(browser().hash) is None
    assert [one.subject for one in await Revocations(database).after(0)] == ["s1"]


@pytest.mark.parametrize(("after", "over"), [(1799, 0), (1800, 1), (43_200, 1)])
async def test_sessions_end_at_their_limits(browsers, database, after, over):
    ended = await browsers.end_expired(LIMITS, NOW + after)

    assert len(ended) == over
    assert len(await Revocations(database).after(0)) == over

"""What sessions measured of lag: kept by session, told by day, gone with the session."""

import pytest
from sqlalchemy import func, select
from tests.support.rows import NOW, used

from sudare.domain.sessionlag import Quantile, usable
from sudare.entry.gateway_store import repositories
from sudare.store.lags import Lags
from sudare.store.tables import session_lag
from sudare.store.targets import Sessions

pytestmark = pytest.mark.anyio
SHARES = ((61, 120), (9, 20), (31, 60), (1, 2), (2, 9), (18, 44))


@pytest.fixture
async def lags(database):
    """Two sessions, of one person on one PC each."""
    for number in (1, 2):
        await used(repositories(database), f"s{number}", NOW + number * 100, number)
    return Lags(database)


def of(session, keys=340):
    return usable(session, keys, SHARES)


async def kept(lags):
    return await lags.between("main", NOW, NOW + 1000)


async def test_a_session_is_told_with_whose_and_where_it_was(lags):
    await lags.put("k1", [of("s1")], NOW + 130)

    (one,) = await kept(lags)

    assert (one.started, one.seen, one.login, one.target) == (NOW + 100, NOW + 130, "user1", "k1~a")
    assert one.lag == of("s1")
    assert one.lag.office == Quantile(18, 44)


async def test_the_newest_word_stands_and_one_with_fewer_keys_is_not_newer(lags):
    for keys in (10, 25, 20):
        await lags.put("k1", [of("s1", keys)], NOW + keys)

    (one,) = await kept(lags)

    assert (one.lag.keys, one.seen) == (25, NOW + 25)


async def test_a_connector_speaks_of_its_own_sessions_only(lags):
    await lags.put("k1", [of("s2"), of("nobody's"), of("s1")], NOW)
    await lags.put("k1", [of("s2")], NOW)

    assert [one.lag.session for one in await kept(lags)] == ["s1"]


async def test_sessions_are_told_by_when_they_began(lags):
    await lags.put("k2", [of("s2")], NOW)
    await lags.put("k1", [of("s1")], NOW)

    assert [one.lag.session for one in await kept(lags)] == ["s1", "s2"]
    assert [one.lag.session for one in await lags.between("main", NOW + 100, NOW + 200)] == ["s1"]
    assert await lags.between("another", NOW, NOW + 1000) == []


async def test_the_figures_go_with_their_session(lags, database):
    await lags.put("k1", [of("s1")], NOW)

    await Sessions(database).forget(NOW + 150)

    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(session_lag)) == 0

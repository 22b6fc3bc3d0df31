"""The store as the edge sees it."""

import pytest
from tests.support.gatehouse import House
from tests.support.rows import used

from sudare.base.errors import SudareError
from sudare.domain.sessionlag import usable
from sudare.gateway.ports import Catalogue, TargetOffer

pytestmark = pytest.mark.anyio


async def test_a_connector_is_admitted_renewed_and_remembered(tmp_path):
    house = House(tmp_path)
    await house.open()
    connector, _, _ = await house.desk.add_connector("本庁", house.now)
    with pytest.raises(SudareError, match=r"denied\.connector-proof"):
        await house.directory.admit(connector.id, "aa")

    await house.directory.renewed(connector.id, "aa")
    await house.directory.admit(connector.id, "aa")
    await house.directory.offers(connector.id, Catalogue("本庁舎", b"k", (TargetOffer("a", "vnc", "A"),)))
    await house.directory.connection(connector.id, connected=True)

    found = await house.stores.connectors.get(connector.id)
    assert (found.site, found.seal_key, found.since > house.now - 1e9) == ("本庁舎", b"k", True)
    await house.close()


async def test_what_sessions_measured_is_kept(tmp_path):
    house = House(tmp_path)
    await house.open()
    await used(house.stores, "s1", house.now)

    await house.directory.lag("k1", (usable("s1", 7, ((61, 120),) * 6),))

    (one,) = await house.stores.lags.between("main", house.now, house.now + 1)
    assert (one.login, one.target, one.lag.keys) == ("user1", "k1~a", 7)
    await house.close()

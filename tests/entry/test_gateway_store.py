"""The store as the edge sees it."""

import pytest
from tests.support.gatehouse import House

from sudare.base.errors import SudareError
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

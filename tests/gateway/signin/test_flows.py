"""Ceremonies of two requests."""

import pytest

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.gateway.signin.box import Box
from sudare.gateway.signin.flows import LIFE_S, Flows

pytestmark = pytest.mark.anyio
NOW = 1_795_000_000.0


class Used:
    def __init__(self):
        self.flows = set()

    async def use_flow(self, tenant, flow, expires):
        first = flow not in self.flows
        self.flows.add(flow)
        return first


@pytest.fixture
def flows():
    return Flows(Box(Secret(bytes(32)), "flow"), Used())


async def test_a_flow_is_finished_once(flows):
    flow = flows.peek(flows.begin("totp-in", NOW, person="p1"), "totp-in", NOW)
    assert flow.person == "p1"
    await flows.finish(flow, "main")

    with pytest.raises(SudareError, match=r"denied\.credentials"):
        await flows.finish(flow, "main")


@pytest.mark.parametrize(("kind", "later"), [("totp-new", 0), ("totp-in", LIFE_S)])
async def test_a_flow_is_good_for_its_kind_and_time(flows, kind, later):
    text = flows.begin("totp-in", NOW)

    with pytest.raises(SudareError, match=r"denied\.credentials"):
        flows.peek(text, kind, NOW + later)


async def test_a_made_up_flow_is_refused(flows):
    with pytest.raises(SudareError, match=r"denied\.credentials"):
        flows.peek("AAAA", "totp-in", NOW)

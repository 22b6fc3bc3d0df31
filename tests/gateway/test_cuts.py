"""Carrying revocations to the tunnels."""

import pytest
from tests.support.gatehouse import Tunnels

from sudare.domain.revocation import Revocation, Subject
from sudare.gateway.cuts import Cuts

pytestmark = pytest.mark.anyio


class Listed:
    def __init__(self):
        self.all = []

    async def after(self, number):
        return [one for one in self.all if one.number > number]

    async def latest(self):
        return max((one.number for one in self.all), default=0)


async def test_each_revocation_is_acted_upon_once():
    listed, tunnels = Listed(), Tunnels()
    listed.all = [Revocation(1, Subject.PERSON, "old")]
    cuts = Cuts(listed, tunnels)
    await cuts.start()
    listed.all += [Revocation(2 + n, kind, kind.value[0]) for n, kind in enumerate(Subject)]

    await cuts.apply()
    await cuts.apply()

    assert tunnels.cuts == [("session", "s"), ("person", "p"), ("connector", "c")]

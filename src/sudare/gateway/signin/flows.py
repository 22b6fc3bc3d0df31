"""
The state between two requests of one ceremony (passkey challenge, TOTP step), carried by the browser, sealed.

INVARIANT: a flow is good for one kind, five minutes, and one success.
INVARIANT: asking for one writes nothing, so a flood of them fills no disk.
"""

import os
from typing import Literal

import msgspec

from sudare.base.errors import SudareError
from sudare.gateway.signin.box import Box
from sudare.gateway.signin.ports import Attempts

LIFE_S = 300.0
Kind = Literal["passkey-in", "passkey-new", "totp-in", "totp-new"]


class Flow(msgspec.Struct, frozen=True):
    """What is remembered."""

    id: str
    kind: Kind
    expires: float
    person: str = ""
    value: str = ""  # passkey: the challenge, hex; totp-new: the secret


class Flows:
    """Begins and ends ceremonies."""

    def __init__(self, box: Box, attempts: Attempts) -> None:
        self._box = box
        self._attempts = attempts

    def begin(self, kind: Kind, now: float, *, person: str = "", value: str = "") -> str:
        """A new flow, as text for the browser."""
        flow = Flow(os.urandom(16).hex(), kind, now + LIFE_S, person, value)
        return self._box.seal(msgspec.json.encode(flow))

    def peek(self, unverified_flow: str, kind: Kind, now: float) -> Flow:
        """What was remembered. Raises `denied.credentials` when it is not ours, of another kind, or over."""
        raw = self._box.open(unverified_flow)
        if raw is None:
            raise SudareError("denied.credentials", "flow unreadable")
        flow = msgspec.json.decode(raw, type=Flow)
        if flow.kind != kind or flow.expires <= now:
            raise SudareError("denied.credentials", "flow of another kind or over")
        return flow

    async def finish(self, flow: Flow, tenant: str) -> None:
        """Use it up. Raises `denied.credentials` when it was used before."""
        if not await self._attempts.use_flow(tenant, flow.id, flow.expires):
            raise SudareError("denied.credentials", "flow used before")

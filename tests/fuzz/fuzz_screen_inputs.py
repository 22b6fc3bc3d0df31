"""
Hostile browsers: whatever a browser may send up.

Whatever comes up decodes or is refused with `caller.malformed`; an ACK leaves the flow's books balanced and small.
"""

import json
from pathlib import Path

from sudare.base.errors import SudareError
from sudare.wire.screen import inputs
from sudare.wire.screen.flow import Flow

SENT = 40


def one(data: bytes) -> None:
    """One message: decoded, encoded again, and its ACKs given to a flow with records in flight."""
    try:
        found = inputs.decode(data)
    except SudareError as error:
        if error.code != "caller.malformed":
            raise
        return
    assert len(found) <= len(data)
    assert inputs.decode(inputs.encode_all(found)) == found
    drive(found)


def drive(found: list[inputs.Input]) -> None:
    flow = Flow(0.0)
    for seq in range(1, SENT + 1):
        flow.sent(seq, 100, seq / 100)
    now = 1.0
    for item in found:
        if isinstance(item, inputs.Ack):
            now += 0.01
            try:
                flow.acked(item.seq, item.backlog, now)
            except SudareError as error:
                if error.code != "caller.malformed" or item.seq <= SENT:
                    raise
        assert 0 <= flow.in_flight <= SENT * 100
        assert flow.in_flight % 100 == 0
        assert flow.budget(now) >= 4_000


def seeds():
    vectors = json.loads((Path(__file__).parents[1] / "vectors" / "screen" / "inputs.json").read_text())
    for case in vectors["cases"] + vectors["malformed"]:
        yield bytes.fromhex(case["hex"])

"""
Feeds the RFB client what a hostile server might say.

The first byte chooses where the noise begins (before or after the handshake) and how the rest is cut.
"""

from pathlib import Path

from tests.support.rfb import client, greeting, rectangle, update

from sudare.desktop.rfb.client import Limits
from sudare.desktop.source import Phase

LIMITS = Limits(side=512, pixels=65_536, rects=64)
KNOWN = {None, "office.pc-protocol", "office.pc-credentials", "office.pc-credentials-missing"}


def one(data: bytes) -> None:
    """One hostile server."""
    if not data:
        return
    machine = client(limits=LIMITS)
    if data[0] & 1:
        machine.receive(greeting(64, 64))
    step = (data[0] >> 1) + 1
    for at in range(1, len(data), step):
        machine.receive(data[at : at + step])
        machine.data_to_send()
        machine.take_damage()
    assert machine.failure in KNOWN
    assert (machine.phase is Phase.CLOSED) == (machine.failure is not None)


def seeds():
    vectors = Path(__file__).parents[1] / "vectors" / "rfb"
    for recording in sorted(vectors.glob("*.bin")):
        yield b"\xfe" + recording.read_bytes()
    yield b"\xfe" + greeting(64, 64)
    yield b"\xff" + update(rectangle(0, 0, 2, 1, 0, b"bgr-bgr-"))

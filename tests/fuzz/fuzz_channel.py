"""Fuzz target: anything a browser may send into the channel, and any JSON inside it."""

import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from sudare.base.errors import SudareError
from sudare.wire.channel.channel import BrowserEnd, OfficeEnd
from sudare.wire.channel.hpke import public_bytes
from sudare.wire.channel.office import decode_hello, decode_request
from sudare.wire.channel.secret import Binding, open_secret

OFFICE = ec.derive_private_key(3, ec.SECP256R1())
EPHEMERAL = ec.derive_private_key(4, ec.SECP256R1())
CNF = hashlib.sha256(public_bytes(EPHEMERAL)).digest()


def one(data: bytes) -> None:
    """One input; only SudareError may come out."""
    attempts = (
        lambda: OfficeEnd.accept(data, OFFICE, "t", CNF),
        lambda: OfficeEnd.accept(
            BrowserEnd(public_bytes(OFFICE), "t", EPHEMERAL).first(b"")[:65] + data, OFFICE, "t", CNF
        ),
        lambda: open_secret(data, OFFICE, Binding("t", "p", "x")),
        lambda: decode_hello(data),
        lambda: decode_request(data),
    )
    for attempt in attempts:
        try:
            attempt()
        except SudareError:
            continue


def seeds():
    vectors = Path(__file__).parents[1] / "vectors" / "channel"
    golden = json.loads((vectors / "channel.json").read_text())
    for sealed in (golden["first"], *golden["up"], json.loads((vectors / "secret.json").read_text())["sealed"]):
        yield bytes.fromhex(sealed)
    yield golden["hello"].encode()
    yield b'{"v":1,"knd":"screen","view":{"w":1280,"h":800,"scale":150},"layout":"us","caps":{"zstd":true}}'
    yield b'{"id":1,"op":"schedule.window","args":{"start":"2026-07-27","end":"2026-08-03"}}'

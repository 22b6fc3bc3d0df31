"""Fuzz target: anything a browser may send into the channel, and any JSON inside it."""

import hashlib

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

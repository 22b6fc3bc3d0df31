"""
Tickets of strangers, and tickets whose signature is right and whose content is anything.

The first byte chooses: the rest is a ticket as it came, or a payload that is signed here. Whatever comes is refused
with a code of tickets or is a ticket in force, which is good once.
"""

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sudare.base.encoding import b64, unb64
from sudare.base.errors import SudareError
from sudare.wire.ticket.codec import SKEW_S, key_id, verify
from sudare.wire.ticket.replay import ReplayMemory

VECTORS = Path(__file__).parents[1] / "vectors" / "ticket"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
KEYS = {key_id(PUBLIC): PUBLIC}
NOW = 1_790_000_000
CODES = {f"denied.ticket-{why}" for why in ("malformed", "signature", "expired", "connector")}
SIGNED = 1  # bit of the first byte


def refusal(action, *args, **more):
    """The code it is refused with, or None."""
    try:
        action(*args, **more)
    except SudareError as error:
        return error.code
    return None


def one(data):
    """One ticket."""
    if not data:
        return
    if data[0] & SIGNED:
        text = f"{b64(data[1:])}.{b64(KEY.sign(b'sudare-ticket-1' + bytes(1) + data[1:]))}"
    else:
        text = data[1:].decode("latin-1")
    code = refusal(verify, text, KEYS, now=NOW, connector="con1")
    if code is not None:
        assert code in CODES
        return
    ticket, memory = verify(text, KEYS, now=NOW), ReplayMemory()
    assert ticket.con == "con1"
    assert ticket.exp + SKEW_S >= NOW
    memory.use(ticket, NOW)
    assert refusal(memory.use, ticket, NOW) == "denied.ticket-replayed"
    assert data[0] & SIGNED or hashlib.sha256(text.encode()).digest() == GOLDEN_DIGEST


GOLDEN = (VECTORS / "ticket.txt").read_text().strip()
GOLDEN_DIGEST = hashlib.sha256(GOLDEN.encode()).digest()  # nobody but us can make another one


def seeds():
    payload = unb64(GOLDEN.partition(".")[0])
    yield b"\0" + GOLDEN.encode()
    yield b"\0" + GOLDEN.replace(".", "").encode()
    yield b"\1" + payload
    yield b"\1" + payload.replace(b'"rgt":{"input":true}', b'"rgt":{}')
    yield b"\1" + payload.replace(b"1790000060", b"1790000000")
    yield b"\1" + payload[:-1] + b',"new":[[]]}'
    yield b"\1{}"

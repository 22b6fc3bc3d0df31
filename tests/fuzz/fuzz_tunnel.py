"""
Hostile gateways and connectors, before and after the handshake.

The first byte chooses the end, whether it has been welcomed, and how the rest is cut. Whatever comes is events or a
refusal, the same for the whole and for the pieces, and little is kept. A gateway may refuse with any code it likes.
"""

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from sudare.base.errors import CODES, SudareError
from sudare.wire.tunnel import messages as m
from sudare.wire.tunnel.connector_end import ConnectorEnd
from sudare.wire.tunnel.gateway_end import GatewayEnd, ProofOffered

VECTORS = Path(__file__).parents[1] / "vectors" / "tunnel"
GOLDEN = json.loads((VECTORS / "handshake.json").read_text())
LINES = [(one["from"], one["line"].encode() + b"\n") for one in GOLDEN["lines"]]
KEY = ec.derive_private_key(int(GOLDEN["connector_private"], 16), ec.SECP256R1())
CERTIFICATE = json.loads(LINES[2][1])["certificate"]
NOW = 1_790_000_000.0
GATEWAY, WELCOME = 1, 2  # bits of the first byte
LIMIT = 3000  # of a line: less than in earnest, so that inputs get there
REFUSALS = {"caller.malformed", "caller.version", "denied.connector-proof"}


def said(end, start=0, stop=None):
    return b"".join(line for who, line in LINES[start:stop] if who == end)


def gateway():
    return GatewayEnd(NOW, nonce=bytes.fromhex(GOLDEN["nonce"]), spki=bytes.fromhex(GOLDEN["spki"]))


def connector():
    return ConnectorEnd(
        NOW,
        name=GOLDEN["connector"],
        boot=GOLDEN["boot"],
        generation=1,
        key=KEY,
        certificate=CERTIFICATE,
        spki=bytes.fromhex(GOLDEN["spki"]),
    )


def drive(choice, pieces):
    """Events, refusal and kinds of answers."""
    end = gateway() if choice & GATEWAY else connector()
    events, answers, refusal = [], b"", None
    end._lines.limit = LIMIT
    if choice & WELCOME:
        pieces = [said("connector", 0, 3) if choice & GATEWAY else said("gateway", 0, 4), *pieces]
    try:
        for piece in pieces:
            for event in end.receive(piece, NOW):
                if isinstance(event, ProofOffered):
                    if choice & WELCOME:
                        end.welcome([], "")
                        end._lines.limit = LIMIT
                    event = event.connector  # noqa: PLW2901 (certificates have no value)
                events.append(event)
            answers += end.data_to_send()
            assert len(end._lines._begun) <= LIMIT
    except SudareError as error:
        refusal = error.code
    answers += end.data_to_send()
    return events, refusal, [type(m.decode(line)) for line in answers.splitlines()]


def one(data):
    """One hostile end."""
    if not data:
        return
    choice, rest = data[0], data[1:]
    step = (choice >> 2) + 1

    events, refusal, answers = drive(choice, [rest])

    assert refusal in ({None, *REFUSALS} if choice & GATEWAY else {None, *CODES})
    assert len(answers) <= rest.count(b"\n") + 4
    assert drive(choice, [rest[at : at + step] for at in range(0, len(rest), step)]) == (events, refusal, answers)


def seeds():
    found = json.loads((VECTORS / "messages.json").read_text())
    lines = [case["line"].encode() for case in found["cases"] + found["ignored"]]
    lines += [bytes.fromhex(case["hex"]) for case in found["malformed"]]
    step = 16 << 2
    yield bytes([step | GATEWAY]) + said("connector")
    yield bytes([step]) + said("gateway")
    yield bytes([step | GATEWAY | WELCOME]) + said("connector", 3)
    yield bytes([step | WELCOME]) + said("gateway", 4)
    for line in lines:
        for choice in (GATEWAY, 0, GATEWAY | WELCOME, WELCOME):
            yield bytes([choice | step]) + line + b"\n"

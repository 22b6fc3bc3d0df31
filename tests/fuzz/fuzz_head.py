"""
The first bytes of any connection from anywhere.

The first byte chooses how the rest is cut. A head is found or waited for or malformed, the same for the whole and for
the pieces, and what was found can be asked everything the edge asks.
"""

import json
from pathlib import Path

from sudare.base.errors import SudareError
from sudare.wire.tunnel.head import MAX_HEAD, Head, end_of_head, parse, websocket_accept

VECTORS = Path(__file__).parents[1] / "vectors" / "tunnel" / "heads.json"


def taken(pieces):
    """Head and length, a refusal, or None while it is not complete."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        try:
            length = end_of_head(buffer)
            if length is not None:
                return parse(bytes(buffer[:length])), length
        except SudareError as error:
            return error.code
    assert len(buffer) < MAX_HEAD
    return None


def one(data):
    """One stranger."""
    if not data:
        return
    step, rest = data[0] + 1, data[1:]

    found = taken([rest])

    assert isinstance(found, tuple) or found in {None, "caller.malformed"}
    assert taken([rest[at : at + step] for at in range(0, len(rest), step)]) == found
    if isinstance(found, tuple):
        ask(*found, rest)


def ask(head: Head, length, raw):
    assert raw[:length].endswith(b"\r\n\r\n")
    assert head.path.startswith("/")
    assert not {"\r", "\n", "\0"} & set("".join([head.method, head.path, *head.headers, *head.headers.values()]))
    assert all(name == name.lower() for name in head.headers)
    assert all(protocol.strip() for protocol in head.protocols())
    assert not (head.wants("websocket") and head.wants("sudare-1"))
    websocket_accept(head.headers.get("sec-websocket-key", ""))


def seeds():
    vectors = json.loads(VECTORS.read_text())
    for case in vectors["requests"] + vectors["malformed"]:
        raw = bytes.fromhex(case["hex"])
        yield b"\xff" + raw
        yield b"\x06" + raw + b"and what follows"
    for raw in vectors["answers"].values():
        yield b"\x10" + bytes.fromhex(raw)

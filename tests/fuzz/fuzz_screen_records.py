"""
Hostile connectors: what a browser may be sent, decoded and drawn by the reference client.

Whatever comes down decodes or is refused with `caller.malformed`, encodes to what decodes again, and is drawn inside
the framebuffer or refused.
"""

import json
from pathlib import Path

from sudare.base.errors import SudareError
from sudare.pixels.decoder import Client
from sudare.wire.screen import records

VECTORS = Path(__file__).parents[1] / "vectors" / "screen"
TILES = 5
DRAWN = 1 << 18  # pixels: larger pictures cost time and find nothing more


def one(data):
    """One message: decoded, encoded again, drawn."""
    try:
        found = records.decode(data)
    except SudareError as error:
        assert error.code == "caller.malformed"
        return
    assert len(found) * 13 <= len(data)
    assert records.decode(records.encode_all(found)) == found
    draw(found)


def draw(found):
    client = Client(TILES)
    for record in found:
        raw = records.encode(record)
        match record.body:
            case records.Resize(w=w, h=h) if w * h > DRAWN:
                return
            case records.Resize(w=w, h=h):
                size = (h, w)
            case _:
                size = client.frame.shape[:2]
        try:
            client.apply(raw[0], raw[1], body(raw))
        except SudareError as error:
            assert error.code == "caller.malformed"
            return
        assert client.frame.shape[:2] == size
        assert len(client.bgr()) == size[0] * size[1] * 3


def body(raw):
    at = 12
    while raw[at] & 0x80:
        at += 1
    return raw[at + 1 :]


def seeds():
    vectors = json.loads((VECTORS / "records.json").read_text())
    for case in vectors["cases"] + vectors["malformed"]:
        yield bytes.fromhex(case["hex"])
    session = [bytes.fromhex(one["hex"]) for one in json.loads((VECTORS / "session.json").read_text())["messages"]]
    yield b"".join(session[:3])
    yield b"".join(session[:5])
    work = [
        bytes.fromhex(one)
        for step in json.loads((VECTORS / "work.json").read_text())["steps"]
        for one in step["messages"]
    ]
    for at in range(0, len(work), 40):
        yield work[0] + b"".join(work[at : at + 4])
    for bad in json.loads((VECTORS / "bad_sessions.json").read_text()):
        yield b"".join(map(bytes.fromhex, bad["messages"]))

import hashlib
import json
from pathlib import Path
from typing import get_args

import pytest
from tests.vectors.screen.generate import everything

from sudare.base.errors import SudareError
from sudare.pixels.decoder import Client
from sudare.pixels.ops import Cache, Op, Store, join, split
from sudare.wire.screen import records

VECTORS = Path(__file__).parents[1] / "vectors/screen"
SESSION = json.loads((VECTORS / "session.json").read_text())
WORK = json.loads((VECTORS / "work.json").read_text())
BAD = json.loads((VECTORS / "bad_sessions.json").read_text())


def feed(client, message):
    for record in records.decode(message):
        kind, body = records._encode_body(record.body)
        client.apply(kind, record.flags, body)


def test_the_golden_session_ends_in_the_known_framebuffers():
    client = Client(SESSION["tiles"])

    for step in SESSION["messages"]:
        feed(client, bytes.fromhex(step["hex"]))
        assert client.frame.shape[:2] == (step["h"], step["w"])
        assert hashlib.sha256(client.bgr()).hexdigest() == step["sha256"]


def test_office_work_on_a_slow_line_ends_exact_after_every_step():
    client, seen = Client(WORK["tiles"]), set()

    for step in WORK["steps"]:
        for message in map(bytes.fromhex, step["messages"]):
            feed(client, message)
            bodies = [one.body.body for one in records.decode(message) if isinstance(one.body, records.Update)]
            seen |= {type(op) for body in bodies for op in split(body)[0]}
        assert hashlib.sha256(client.bgr()).hexdigest() == step["sha256"]

    assert seen == set(get_args(Op))


@pytest.mark.parametrize("case", BAD, ids=lambda c: c["name"])
def test_a_bad_session_is_refused_at_its_last_message(case):
    client = Client(SESSION["tiles"])
    *fine, bad = map(bytes.fromhex, case["messages"])
    for message in fine:
        feed(client, message)

    with pytest.raises(SudareError, match=r"caller\.malformed"):
        feed(client, bad)


@pytest.mark.parametrize("op", [Store(0, 1), Cache(0, 0, 1)], ids=["store", "show"])
def test_a_client_without_a_tile_cache_refuses_its_ops(op):
    client = Client()
    client.resize(64, 64)

    with pytest.raises(SudareError, match=r"caller\.malformed"):
        client.update(join([op], b""))


def test_the_vectors_on_disk_are_what_the_generator_writes():
    for name, content in everything().items():
        if name not in {"session.json", "work.json"}:  # their compressed bytes may differ between versions of zstd
            assert json.loads((VECTORS / name).read_text()) == content


def test_cursors_are_kept_by_their_number():
    client = Client()
    image = b"\x02\x07\x00\x00\x01\x01" + b"rgba"

    client.apply(2, 0, image)
    client.apply(2, 0, b"\x00")
    client.apply(2, 0, b"\x03\x07")

    assert client.cursor == image
    with pytest.raises(SudareError, match="never sent"):
        client.apply(2, 0, b"\x03\x08")


def test_reset_forgets_pixels_and_cursors_but_not_the_size():
    client = Client()
    client.apply(3, 0, b"\x05\x04")
    client.apply(1, 0, b"\x08\x02\x00\x00\x05\x04abc")
    client.apply(2, 0, b"\x02\x07\x00\x00\x01\x01" + b"rgba")

    client.apply(99, 8, b"")

    assert client.bgr() == bytes(60)
    with pytest.raises(SudareError, match="never sent"):
        client.apply(2, 0, b"\x03\x07")

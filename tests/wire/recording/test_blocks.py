"""Blocks in a file: whole ones only, in whatever pieces they are read."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sudare.base.errors import SudareError
from sudare.wire.recording.blocks import GENESIS, LIMITS, MAGIC, Block, BlockReader, Kind, signed

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()


@given(st.lists(st.binary(max_size=80), max_size=5), st.integers(1, 40))
def test_blocks_come_out_as_they_went_in_however_they_are_cut(bodies, step):
    blocks, prev = [], GENESIS
    for body in bodies:
        blocks.append(signed(Kind.SEGMENT, prev, body, KEY))
        prev = blocks[-1].link()
    data = MAGIC + b"".join(block.encode() for block in blocks)

    reader, out = BlockReader(), []
    for pos in range(0, len(data), step):
        out += reader.receive(data[pos : pos + step])

    assert out == blocks
    assert (reader.whole, reader.trailing) == (len(data), 0)


def test_a_signature_holds_for_its_kind_place_and_body_only():
    block = signed(Kind.SEGMENT, GENESIS, b"body", KEY)

    assert block.signed_by(PUBLIC)
    assert not Block(Kind.CLOSE, GENESIS, b"body", block.signature).signed_by(PUBLIC)
    assert not Block(Kind.SEGMENT, block.link(), b"body", block.signature).signed_by(PUBLIC)
    assert not Block(Kind.SEGMENT, GENESIS, b"bodY", block.signature).signed_by(PUBLIC)
    assert not block.signed_by(b"no key")


@pytest.mark.parametrize(
    "data", [b"SUDAREC2", b"\x89PNG", MAGIC + b"\x09" + bytes(40), MAGIC + b"\x01\xff\xff\xff\x7f" + bytes(32)]
)
def test_what_is_no_recording_is_refused(data):
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        BlockReader().receive(data)


def test_a_body_over_its_limit_is_not_written():
    with pytest.raises(SudareError, match=r"caller\.too-large"):
        signed(Kind.HEAD, GENESIS, bytes(LIMITS[Kind.HEAD] + 1), KEY)

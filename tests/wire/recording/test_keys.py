"""Who may read a recording."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from tests.vectors.recording.generate import CONTENT, ID, READER

from sudare.base.encoding import b64, unb64
from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.wire.channel.hpke import setup_recipient
from sudare.wire.recording.keys import key_id, unwrap, wrap

VECTORS = Path(__file__).parents[2] / "vectors" / "recording" / "recording.json"


def test_a_content_key_opens_for_the_holder_of_the_private_key_only():
    wrapped = wrap(Secret(CONTENT), READER.public_key(), "r1")

    assert unwrap(wrapped, READER, "r1") == Secret(CONTENT)
    for private, recording in ((ec.generate_private_key(ec.SECP256R1()), "r1"), (READER, "r2")):
        with pytest.raises(SudareError, match=r"caller\.recording-key"):
            unwrap(wrapped, private, recording)


def test_the_golden_wrapping_opens():
    wrapped = json.loads(VECTORS.read_text())["wrapped"]

    assert unwrap(wrapped, READER, ID) == Secret(CONTENT)


def test_the_encapsulated_key_is_the_first_65_bytes_as_in_the_channel():
    wrapped = unb64(wrap(Secret(CONTENT), READER.public_key(), "r1"))

    assert len(wrapped) == 65 + 32 + 16
    setup_recipient(wrapped[:65], READER, b"")  # a point of P-256


@given(st.binary(max_size=200))
def test_garbage_opens_nothing(data):
    with pytest.raises(SudareError, match=r"caller\.recording-key"):
        unwrap(b64(data), READER, "r1")


def test_keys_have_different_ids():
    assert key_id(READER.public_key()) != key_id(ec.derive_private_key(8, ec.SECP256R1()).public_key())

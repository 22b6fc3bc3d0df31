import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz.fuzz_screen_inputs import one
from tests.vectors.screen.generate import input_value

from sudare.base.errors import SudareError
from sudare.wire.screen import inputs

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/screen/inputs.json").read_text())
u16 = st.integers(0, 65535)
u32 = st.integers(0, 2**32 - 1)
notches = st.integers(-32767, 32767)
any_input = st.one_of(
    st.builds(inputs.Ack, u32, u32),
    st.builds(inputs.View, st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 1000), st.booleans()),
    st.builds(inputs.Key, u16, st.booleans(), st.booleans(), st.integers(0, 255), u32),
    st.builds(inputs.Pointer, u16, u16, u16, st.integers(0, 31)),
    st.builds(inputs.Wheel, u16, u16, u16, notches, notches),
    st.builds(inputs.Release, u16),
    st.builds(inputs.Text, u16, st.text(max_size=30)),
    st.builds(inputs.Resync),
    st.builds(inputs.End),
    st.builds(inputs.Ping, u16),
    st.builds(inputs.Shown, u16, u16, u16, u16),
    st.builds(inputs.Hear, st.booleans()),
)


def attempt(message):
    """What it decodes to, or the code of the refusal."""
    try:
        return inputs.decode(message)
    except SudareError as error:
        return error.code


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda c: c["name"])
def test_vectors_decode_to_their_values_and_encode_to_their_bytes(case):
    found = inputs.decode(bytes.fromhex(case["hex"]))

    assert [input_value(i) for i in found] == case["inputs"]
    if case["canonical"]:
        assert inputs.encode_all(found).hex() == case["hex"]


@pytest.mark.parametrize("case", VECTORS["malformed"], ids=lambda c: c["name"])
def test_malformed_vectors_are_refused(case):
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        inputs.decode(bytes.fromhex(case["hex"]))


@given(st.lists(any_input, max_size=6))
def test_what_was_encoded_decodes_to_itself(items):
    assert inputs.decode(inputs.encode_all(items)) == items


@given(st.binary(max_size=100))
def test_any_bytes_decode_or_are_malformed(message):
    found = attempt(message)

    assert isinstance(found, list) or found == "caller.malformed"


@pytest.mark.parametrize("case", VECTORS["cases"] + VECTORS["malformed"], ids=lambda c: c["name"])
def test_the_fuzz_target_holds_for_the_vectors(case):
    one(bytes.fromhex(case["hex"]))


def test_a_message_over_the_limit_is_refused_before_it_is_read():
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        inputs.decode(b"\x08" * (inputs.MESSAGE_LIMIT + 1))


def test_a_refused_text_does_not_stand_in_the_error():
    with pytest.raises(SudareError) as caught:
        inputs.decode(b"\x07\x01\x00\x07secret\xff")

    assert "secret" not in repr(caught.value)
    assert caught.value.__cause__ is None

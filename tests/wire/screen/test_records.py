import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.vectors.screen.generate import record_value

from sudare.base.errors import SudareError
from sudare.wire.screen import records
from sudare.wire.screen.records import Flag, Record

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/screen/records.json").read_text())
u16 = st.integers(0, 65535)
u32 = st.integers(0, 2**32 - 1)
side = st.integers(1, 5000)
text = st.none() | st.text(max_size=20)


@st.composite
def cursor_images(draw):
    w, h = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    rgba = draw(st.binary(min_size=w * h * 4, max_size=w * h * 4))
    return records.CursorImage(draw(u32), draw(u32), draw(u32), w, h, rgba)


bodies = st.one_of(
    st.builds(records.Update, st.binary(max_size=300)),
    st.builds(records.CursorHidden),
    st.builds(records.CursorArrow),
    cursor_images(),
    st.builds(records.CursorCached, u32),
    st.builds(records.Resize, side, side),
    st.builds(records.State, st.sampled_from(["connecting", "active", "closed"]), text, text, text),
    st.builds(records.Line, u32, u32, u32),
    st.builds(records.Pong, u16),
    st.builds(records.Answer, u16),
    st.builds(records.Lag, st.integers(0, 255), st.booleans(), u32, u32, u32, u32, u32, u32),
    st.builds(records.Audio, u32, st.lists(st.binary(min_size=1, max_size=99), min_size=1, max_size=6).map(tuple)),
)
any_record = st.builds(Record, bodies, u32, u16, u16, u16, st.integers(0, 15).map(Flag))


def attempt(message):
    """What it decodes to, or the code of the refusal."""
    try:
        return records.decode(message)
    except SudareError as error:
        return error.code


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda c: c["name"])
def test_vectors_decode_to_their_values_and_encode_to_their_bytes(case):
    found = records.decode(bytes.fromhex(case["hex"]))

    assert [record_value(r) for r in found] == case["records"]
    if case["canonical"]:
        assert records.encode_all(found).hex() == case["hex"]


@pytest.mark.parametrize("case", VECTORS["malformed"], ids=lambda c: c["name"])
def test_malformed_vectors_are_refused(case):
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        records.decode(bytes.fromhex(case["hex"]))


@given(st.lists(any_record, max_size=4))
def test_what_was_encoded_decodes_to_itself(items):
    assert records.decode(records.encode_all(items)) == items


@given(st.lists(any_record, max_size=3), st.data())
def test_any_cut_is_malformed_or_gives_the_records_before_it(items, data):
    message = records.encode_all(items)
    cut = data.draw(st.integers(0, len(message)))

    found = attempt(message[:cut])

    assert found in ("caller.malformed", *(items[:n] for n in range(len(items) + 1)))


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_are_malformed(message):
    found = attempt(message)

    assert isinstance(found, list) or found == "caller.malformed"


def test_sequence_numbers_of_inputs_wrap_at_16_bits():
    record = Record(records.Pong(1), in_seq=65537, epoch=65536, t_ms=70000)

    assert records.decode(records.encode(record)) == [Record(records.Pong(1), in_seq=1, epoch=0, t_ms=4464)]


def test_a_record_over_the_limit_is_neither_written_nor_read():
    body = bytes(records.RECORD_LIMIT)

    with pytest.raises(SudareError, match=r"caller\.too-large"):
        records.encode(Record(records.Update(body), 1))
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        records.decode(bytes([1]) + bytes(11) + b"\x80\x80\x40" + body)


def test_a_framebuffer_beyond_the_limits_is_not_announced():
    for w, h in ((0, 1), (16385, 1), (16384, 2049)):
        with pytest.raises(SudareError, match=r"caller\.too-large"):
            records.encode(Record(records.Resize(w, h), 1))

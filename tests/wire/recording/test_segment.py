"""Sealed segments: what was put in comes out, for this recording and place only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudare.base.errors import SudareError
from sudare.wire.recording.segment import Entry, Span, seal, span_of, unseal

KEY = bytes(range(32))
SPAN = Span(3, 1_000, 1_500, snapshot=True)
steps = st.lists(st.tuples(st.integers(0, 70_000), st.binary(max_size=300)), max_size=20)


@given(steps, st.integers(1, 2**32 - 1), st.integers(0, 2**31), st.booleans())
def test_records_and_their_times_come_back(steps, index, start, snapshot):
    at, entries = start, []
    for step, record in steps:
        at += step
        entries.append(Entry(at, record))
    span = Span(index, start, at, snapshot)

    body = seal(span, entries, KEY, "r1")

    assert span_of(body) == span
    assert unseal(body, KEY, "r1") == entries


@given(st.data())
def test_no_changed_byte_opens(data):
    body = bytearray(seal(SPAN, [Entry(1_000, b"record")], KEY, "r1"))
    body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))

    with pytest.raises(SudareError, match=r"caller\.malformed"):
        unseal(bytes(body), KEY, "r1")


def test_a_segment_belongs_to_one_recording_and_one_key():
    body = seal(SPAN, [Entry(1_000, b"record")], KEY, "r1")

    for key, recording in ((KEY, "r2"), (bytes(32), "r1")):
        with pytest.raises(SudareError, match=r"caller\.malformed"):
            unseal(body, key, recording)


def test_nothing_of_a_record_is_to_be_seen():
    noise = bytes(range(256)) * 4

    assert noise[:16] not in seal(SPAN, [Entry(1_000, noise)], KEY, "r1")


@given(st.binary(max_size=60))
def test_garbage_is_refused(data):
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        unseal(data, KEY, "r1")

"""The chain: whatever is done to a recording is found, and named."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tests.vectors.recording.generate import CONTENT, ID, SEGMENTS, SIGNER, everything, head, pieces

from sudare.base.errors import SudareError
from sudare.wire.recording.blocks import BlockReader
from sudare.wire.recording.ledger import Finding, Judge, Ledger
from sudare.wire.recording.segment import Entry, Span, seal, unseal

PUBLIC = SIGNER.public_key().public_bytes_raw()
VECTORS = Path(__file__).parents[2] / "vectors" / "recording" / "recording.json"


def judged(data, key=None, signer=PUBLIC):
    judge, reader = Judge(signer, key), BlockReader()
    try:
        for block in reader.receive(data):
            judge.take(block)
    except SudareError:
        return judge.end(reader.trailing, unreadable=True)
    return judge.end(reader.trailing)


def test_a_whole_recording_is_whole():
    verdict = judged(b"".join(pieces()), CONTENT)

    assert (verdict.state, verdict.segments, verdict.last_ms) == ("whole", 3, 70_400)
    assert verdict.close.ended == 75_000
    assert verdict.head.acc == "yamada"


def test_the_vectors_are_written_and_read_to_the_byte():
    vectors = json.loads(VECTORS.read_text())

    assert everything() == vectors
    blocks = BlockReader().receive(bytes.fromhex(vectors["file"]))
    segments = [block.body for block in blocks if block.kind == 2]
    assert [unseal(body, CONTENT, ID) for body in segments] == [entries for _, entries in SEGMENTS]


@pytest.mark.parametrize("kept", [1, 2, 3, 4])
def test_without_its_end_it_is_readable_up_to_the_last_segment_and_says_it_was_cut_short(kept):
    data = b"".join(pieces()[:kept])

    verdict = judged(data, CONTENT)

    assert (verdict.state, verdict.segments, verdict.trailing) == ("cut-short", kept - 1, 0)


def test_a_block_that_was_never_finished_is_counted_and_left_out():
    parts = pieces()

    verdict = judged(b"".join(parts[:3]) + parts[3][:-1], CONTENT)

    assert (verdict.state, verdict.segments, verdict.trailing) == ("cut-short", 2, len(parts[3]) - 1)


@pytest.mark.parametrize("how", ["cut-short", "full", "failed"])
def test_a_recording_that_ended_otherwise_says_so(how):
    verdict = judged(b"".join(pieces(how)))

    assert (verdict.state, verdict.close.how) == ("cut-short", how)


@pytest.mark.parametrize(
    ("gone", "missing"), [([1], [1]), ([2], [2]), ([3], [3]), ([2, 3], [2, 3]), ([1, 2, 3], [1, 2, 3])]
)
def test_a_dropped_segment_is_missed_by_its_number(gone, missing):
    parts = [part for number, part in enumerate(pieces()) if number not in gone]

    verdict = judged(b"".join(parts))

    assert verdict.findings == [Finding("missing", number) for number in missing]
    assert verdict.state == "broken"


@pytest.mark.parametrize(("order", "misplaced"), [([0, 2, 1, 3, 4], 1), ([0, 1, 3, 2, 4], 2), ([0, 1, 2, 2, 3, 4], 2)])
def test_reordered_and_repeated_segments_are_misplaced(order, misplaced):
    parts = pieces()

    verdict = judged(b"".join(parts[number] for number in order))

    assert verdict.findings == [Finding("misplaced", misplaced)]


@given(st.data())
def test_no_byte_can_be_changed_unnoticed(data):
    whole = bytearray(b"".join(pieces()))
    where = data.draw(st.integers(0, len(whole) - 1))
    whole[where] ^= data.draw(st.integers(1, 255))

    # A length made larger swallows what follows: the end is gone, and then it is not whole either.
    assert judged(bytes(whole)).state != "whole"


def test_a_changed_segment_is_named_and_the_others_are_still_proved():
    parts = pieces()
    parts[2] = parts[2][:60] + bytes([parts[2][60] ^ 1]) + parts[2][61:]

    verdict = judged(b"".join(parts))

    assert verdict.findings == [Finding("changed", 2)]
    assert verdict.segments == 2


def test_another_connectors_recording_is_not_taken_for_this_ones():
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()

    assert judged(b"".join(pieces()), signer=other).findings == [Finding("signer")]


def test_a_segment_of_another_recording_by_the_same_connector_is_found():
    ledger = Ledger(SIGNER)
    ledger.open(head())
    foreign = [ledger.append(seal(Span(n, 0, 0, snapshot=True), [Entry(0, b"x")], CONTENT, "other")) for n in (1, 2)]
    parts = pieces()

    verdict = judged(b"".join([*parts[:2], foreign[1], *parts[3:]]))

    assert verdict.findings == [Finding("misplaced", 2)]
    assert judged(b"".join([*parts[:2], foreign[1], *parts[3:]]), CONTENT).findings == [Finding("changed", 2)]


def test_something_after_the_end_is_found():
    parts = pieces()

    assert judged(b"".join([*parts, parts[1]])).findings == [Finding("after-close")]
    assert judged(b"".join(parts) + b"\0").findings == [Finding("after-close")]


def test_what_does_not_begin_with_a_head_is_no_recording():
    parts = pieces()

    assert judged(b"SUDAREC1" + parts[1]).findings[0].what == "unreadable"
    assert judged(b"PNG").state == "broken"


def test_the_writer_takes_segments_in_order_only_and_none_after_the_end():
    ledger = Ledger(SIGNER)
    ledger.open(head())
    second = seal(Span(2, 0, 0, snapshot=True), [Entry(0, b"x")], CONTENT, ID)
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        ledger.append(second)
    ledger.close("ended", 0)

    with pytest.raises(SudareError, match=r"bug\.unexpected"):
        ledger.append(seal(Span(1, 0, 0, snapshot=True), [Entry(0, b"x")], CONTENT, ID))


def test_a_segment_that_could_not_be_written_leaves_no_trace():
    ledger = Ledger(SIGNER)
    first, second = (seal(span, entries, CONTENT, ID) for span, entries in SEGMENTS[:2])
    written = ledger.open(head()) + ledger.append(first)

    ledger.append(second)
    ledger.undo()
    verdict = judged(written + ledger.append(second) + ledger.close("full", 75_000), CONTENT)

    assert (verdict.findings, verdict.segments, verdict.close.how) == ([], 2, "full")


def test_a_writer_goes_on_where_another_was_stopped():
    parts = pieces()
    ledger = Ledger(SIGNER)

    for block in BlockReader().receive(b"".join(parts[:3])):
        ledger.follow(block)
    mended = b"".join(parts[:3]) + ledger.close("cut-short", ledger.last_ms)

    verdict = judged(mended, CONTENT)
    assert (verdict.state, verdict.segments, verdict.close.ended) == ("cut-short", 2, 70_200)

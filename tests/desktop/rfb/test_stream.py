import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudare.base.errors import SudareError
from sudare.desktop.rfb.stream import PAUSE, PIECE, Feed, UpTo, malformed, skip


def collector(sizes, out):
    for size in sizes:
        out.append((yield size))


@given(st.lists(st.integers(0, 9), max_size=12), st.data())
def test_pieces_are_the_same_however_the_bytes_are_cut(sizes, data):
    stream = bytes(i % 251 for i in range(sum(sizes)))
    out = []
    feed = Feed(collector(sizes, out))

    pos = 0
    while pos < len(stream):
        step = data.draw(st.integers(1, len(stream) - pos))
        feed.receive(stream[pos : pos + step])
        pos += step

    if sizes and sizes != [0] * len(sizes):
        assert b"".join(out) == stream
    assert [len(piece) for piece in out] == sizes[: len(out)]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 9), st.integers(1, 40)), min_size=1, max_size=8), st.data())
def test_whole_units_come_as_they_are_there_and_nothing_is_lost(requests, data):
    stream = bytes(i % 251 for i in range(sum(unit * count for _, unit, count in requests)))
    out, units = bytearray(), []

    def takes():
        for lent, unit, count in requests:
            left = unit * count
            while left:
                piece = yield UpTo(left, unit) if lent else left
                units.append(len(piece) % unit)
                left -= len(piece)
                out.extend(piece)

    feed = Feed(takes())
    pos = 0
    while pos < len(stream):
        step = data.draw(st.integers(1, len(stream) - pos))
        feed.receive(stream[pos : pos + step])
        pos += step
        assert feed.waiting <= max(unit * count for _, unit, count in requests)

    assert out == stream
    assert not any(units)
    assert feed.ended


def test_what_is_lent_is_not_copied():
    out = []

    def takes():
        out.append((yield UpTo(400, 100)))

    feed = Feed(takes())
    feed.receive(bytes(200))

    assert isinstance(out[0], memoryview)
    assert len(out[0]) == 200


def test_bytes_after_the_end_are_refused():
    feed = Feed(collector([1], []))
    feed.receive(b"a")

    with pytest.raises(SudareError):
        feed.receive(b"b")


def test_a_failed_parser_takes_nothing_more():
    def fails():
        yield 1
        raise malformed("no")

    feed = Feed(fails())
    with pytest.raises(SudareError):
        feed.receive(b"a")

    assert feed.ended


def test_a_pause_keeps_what_came_meanwhile():
    out = []

    def pauses():
        out.append((yield 1))
        yield PAUSE
        out.append((yield 2))

    feed = Feed(pauses())
    feed.receive(b"abc")
    assert (out, feed.waiting) == ([b"a"], 2)

    feed.resume()

    assert out == [b"a", b"bc"]


def test_skipping_never_asks_for_more_than_a_piece():
    assert list(skip(PIECE * 2 + 5)) == [PIECE, PIECE, 5]

"""The byte cursor."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudare.base.cursor import Reader, Writer
from sudare.base.errors import SudareError

U32 = st.integers(0, 2**32 - 1)
I32 = st.integers(-(2**31), 2**31 - 1)


@given(st.lists(U32))
def test_varints_come_back_as_they_were_written(values):
    writer = Writer()
    for value in values:
        writer.varint(value)

    reader = Reader(writer.done())

    assert [reader.varint() for _ in values] == values
    assert reader.left() == 0


@given(I32)
def test_zigzag_comes_back_as_it_was_written(value):
    assert Reader(Writer().zigzag(value).done()).zigzag() == value


@given(st.integers(0, 255), st.integers(0, 65535), U32, st.binary(max_size=300), st.binary())
def test_a_mixed_record_comes_back_as_it_was_written(a, b, c, blob, rest):
    reader = Reader(Writer().u8(a).u16(b).u32(c).blob(blob).raw(rest).done())

    assert (reader.u8(), reader.u16(), reader.u32(), reader.blob(), reader.rest()) == (a, b, c, blob, rest)


@given(st.binary(max_size=12))
def test_a_reader_fails_with_its_own_error_or_reads(data):
    for read in (Reader.u8, Reader.u16, Reader.u32, Reader.varint, Reader.zigzag, Reader.blob):
        with contextlib.suppress(SudareError):
            read(Reader(data))


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff\x1f", b"\xff\xff\xff\xff\xff\x01", b"\x80"])
def test_a_varint_beyond_32_bits_or_cut_short_is_refused(data):
    with pytest.raises(SudareError):
        Reader(data).varint()


def test_a_negative_varint_is_a_programming_error():
    with pytest.raises(ValueError, match="out of range"):
        Writer().varint(-1)

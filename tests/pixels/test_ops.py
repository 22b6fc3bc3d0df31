import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudare.base.errors import SudareError
from sudare.pixels import ops

u32 = st.integers(0, 2**32 - 1)
side = st.integers(1, 2**32 - 1)
any_op = st.one_of(
    st.builds(ops.Copy, u32, u32, side, side, u32, u32),
    st.builds(ops.Fill, u32, u32, side, side, st.binary(min_size=3, max_size=3)),
    st.builds(ops.Pix, u32, u32, side, side),
    st.builds(ops.Ramp, u32, u32, side, side),
    st.builds(ops.Image, u32, u32, side, side, st.binary(max_size=20)),
    st.builds(ops.Store, u32, side),
    st.builds(ops.Cache, u32, u32, side),
)


@given(st.lists(any_op, max_size=8), st.binary(max_size=40))
def test_what_was_joined_splits_into_the_same(found, stream):
    assert ops.split(ops.join(found, stream)) == (found, stream)


@given(st.binary(max_size=60))
def test_any_bytes_split_or_are_malformed(body):
    try:
        code = "" if ops.split(body) else "?"
    except SudareError as error:
        code = error.code

    assert code in ("", "caller.malformed")


@pytest.mark.parametrize(
    "body",
    [
        b"\x01\x00",
        b"\x01\x07",
        b"\x07\x06\x00\x00\x01\x01\x02a",
        b"\x03\x04\x00\x00",
        b"\x04\x05\x00\x00\x00",
        b"\x06\x03\x00\x00\x01\x01\x09",
        b"\x06\x03\x00\x00\x00\x01\x00",
        b"\x03\x02\x00\x00",
    ],
    ids=["op zero", "op seven", "image cut", "store nothing", "show nothing", "format nine", "no width", "cut"],
)
def test_what_this_version_does_not_know_ends_the_stream(body):
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        ops.split(body)

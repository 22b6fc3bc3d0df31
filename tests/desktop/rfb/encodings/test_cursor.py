import pytest
from tests.support.rfb import run

from sudare.base.errors import SudareError
from sudare.desktop.rfb.encodings import cursor
from sudare.desktop.source import Cursor, Rect


def test_pixels_and_mask_become_rgba():
    data = bytes([1, 2, 3, 0, 4, 5, 6, 0]) + bytes([0b10000000])

    assert run(cursor.decode(Rect(1, 0, 2, 1)), data) == Cursor(1, 0, 2, 1, bytes([3, 2, 1, 255, 6, 5, 4, 0]))


def test_colours_multiplied_by_alpha_are_divided_again():
    data = bytes(4) + bytes([64, 32, 0, 128]) + bytes([0, 0, 0, 0])

    assert run(cursor.decode_alpha(Rect(0, 0, 2, 1)), data).rgba == bytes([128, 64, 0, 128, 0, 0, 0, 0])


def test_no_size_means_hidden():
    assert run(cursor.decode(Rect(0, 0, 0, 0)), b"").rgba == b""
    assert run(cursor.decode_alpha(Rect(0, 0, 0, 0)), bytes(4)).rgba == b""


@pytest.mark.parametrize("decode", [cursor.decode, cursor.decode_alpha])
def test_a_giant_pointer_is_refused(decode):
    with pytest.raises(SudareError):
        run(decode(Rect(0, 0, 5000, 5000)), bytes(4))


def test_another_encoding_inside_is_refused():
    with pytest.raises(SudareError):
        run(cursor.decode_alpha(Rect(0, 0, 1, 1)), b"\0\0\0\x10")

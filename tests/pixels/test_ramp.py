import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pixels.pictures import boxes, pictures

from sudare.pixels import ramp, tiles


@given(pictures(), st.data())
def test_a_ramp_keeps_its_two_colours_and_stays_between_them(a, data):
    x, y, w, h = data.draw(boxes(a))
    w, h = min(w, 64), min(h, 64)
    coded = tiles.ramp(a, (x, y, w, h))
    drawn = np.zeros((h, w, 3), np.uint8)

    ramp.draw(drawn, coded)

    assert len(coded) == ramp.size(w, h)
    source = a[y : y + h, x : x + w, :3]
    ends = np.frombuffer(coded, np.uint8, 6).reshape(2, 3)
    assert (drawn >= ends.min(axis=0)).all()
    assert (drawn <= ends.max(axis=0)).all()
    for end in ends:
        same = (source == end).all(axis=2)
        assert same.any()
        assert (drawn[same] == end).all()


def test_grey_text_is_drawn_to_an_eighth():
    a = np.zeros((64, 64, 4), np.uint8)
    a[:, :, :3] = np.random.default_rng(1).integers(0, 256, (64, 64, 1))
    a[:40, :, :3] = 255
    a[63, 63, :3] = 0
    drawn = np.zeros((64, 64, 3), np.uint8)

    ramp.draw(drawn, tiles.ramp(a, (0, 0, 64, 64)))

    assert np.abs(drawn.astype(int) - a[:, :, :3]).max() <= 19


def test_only_three_bits_of_a_level_count():
    drawn, same = np.zeros((1, 2, 3), np.uint8), np.zeros((1, 2, 3), np.uint8)

    ramp.draw(drawn, bytes([0, 0, 0, 255, 255, 255, 0x53]))
    ramp.draw(same, bytes([0, 0, 0, 255, 255, 255, 0xDB]))

    assert drawn[0, :, 0].tolist() == [109, 182]
    assert np.array_equal(drawn, same)


def test_a_ramp_cut_short_is_refused():
    with pytest.raises(ValueError, match=r"\S"):
        ramp.draw(np.zeros((3, 3, 3), np.uint8), bytes(ramp.size(3, 3) - 1))

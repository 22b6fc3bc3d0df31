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
    shown = np.zeros((h, w, 3), np.uint8)

    ramp.draw(shown, coded)

    assert len(coded) == ramp.size(w, h)
    source = a[y : y + h, x : x + w, :3]
    ends = np.frombuffer(coded, np.uint8, 6).reshape(2, 3)
    assert (shown >= ends.min(axis=0)).all()
    assert (shown <= ends.max(axis=0)).all()
    for end in ends:
        same = (source == end).all(axis=2)
        assert same.any()
        assert (shown[same] == end).all()


def drawn(a):
    out = np.zeros((*a.shape[:2], 3), np.uint8)
    ramp.draw(out, tiles.ramp(a, (0, 0, a.shape[1], a.shape[0])))
    return out


def test_greys_are_drawn_to_an_eighth_but_the_faintest_beside_a_stroke():
    a = np.full((64, 64, 4), 255, np.uint8)
    a[::2, :, :3] = np.linspace(255, 0, 64, dtype=np.uint8)[:, None]
    faint = (a[:, :, 0] >= 200) & (a[:, :, 0] < 240)

    off = np.abs(drawn(a).astype(int) - a[:, :, :3]).max(axis=2)

    assert off[~faint].max() <= 19
    assert off[faint].max() <= 55


def test_a_faint_line_stays_and_the_faint_edge_of_a_stroke_goes():
    a = np.full((64, 64, 4), 255, np.uint8)
    a[10, :, :3] = 225
    a[:, 50, :3] = 225
    a[:, 20, :3], a[:, 21, :3] = 225, 0

    line, edge = drawn(a)[10, 5].tolist(), drawn(a)[40, 20].tolist()

    assert line == drawn(a)[40, 50].tolist() == [219, 219, 219]
    assert edge == [255, 255, 255]


def test_only_three_bits_of_a_level_count():
    one, same = np.zeros((1, 2, 3), np.uint8), np.zeros((1, 2, 3), np.uint8)

    ramp.draw(one, bytes([0, 0, 0, 255, 255, 255, 0x53]))
    ramp.draw(same, bytes([0, 0, 0, 255, 255, 255, 0xDB]))

    assert one[0, :, 0].tolist() == [109, 182]
    assert np.array_equal(one, same)


def test_a_ramp_cut_short_is_refused():
    with pytest.raises(ValueError, match=r"\S"):
        ramp.draw(np.zeros((3, 3, 3), np.uint8), bytes(ramp.size(3, 3) - 1))

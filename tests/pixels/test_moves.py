import numpy as np
import pytest
from tests.pixels.pictures import picture

from sudare.pixels import moves, twin
from sudare.pixels.ops import Copy


def noise(w, h, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (h, w, 4)).astype(np.uint8)


def test_a_true_hint_is_applied():
    shadow = noise(80, 60)
    frame = shadow.copy()
    twin.copy(frame, (0, 10, 80, 50), 0, 0)

    assert moves.settle(shadow, frame, [(0, 10, 80, 50, 0, 0)]) == [Copy(0, 10, 80, 50, 0, 0)]
    assert twin.diff(shadow, frame, None) == []


def test_a_false_hint_leaves_the_shadow_alone():
    shadow, frame = noise(80, 60), noise(80, 60, 2)
    before = shadow.copy()

    assert moves.settle(shadow, frame, [(0, 10, 80, 50, 0, 0), (5, 5, 9, 9, 0, 0)]) == []
    assert np.array_equal(shadow, before)


def test_one_true_hint_among_false_ones_is_found():
    shadow = noise(200, 100)
    frame = shadow.copy()
    twin.copy(frame, (0, 0, 40, 40), 150, 50)
    lie = (0, 0, 110, 100, 30, 0)

    assert moves.settle(shadow, frame, [lie, (0, 0, 40, 40, 150, 50)]) == [Copy(0, 0, 40, 40, 150, 50)]


def test_a_hint_over_equal_pixels_is_not_worth_its_bytes():
    shadow = picture(80, 60, 1)

    assert moves.settle(shadow, shadow.copy(), [(0, 10, 80, 50, 0, 0)]) == []


@pytest.mark.parametrize(
    "move", [(-1, 0, 5, 5, 0, 0), (0, 0, 0, 5, 1, 1), (0, 0, 5, 5, 6, 0), (6, 0, 5, 5, 0, 0), (0, 0, 5, 5, 0, -1)]
)
def test_a_hint_outside_the_frame_does_not_fit(move):
    assert moves.fits((0, 0, 5, 5, 5, 5), 10, 10)
    assert not moves.fits(move, 10, 10)

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.pixels.pictures import boxes, picture, pictures

from sudare.pixels import twin


@given(pictures(), st.integers(0, 2**32 - 1))
def test_applying_the_diff_makes_the_pictures_equal(a, seed):
    h, w = a.shape[:2]
    b = picture(w, h, seed)

    for box in twin.diff(a, b, None):
        twin.apply(b, box, twin.pack(a, box))

    assert np.array_equal(a[:, :, :3], b[:, :, :3])


@given(pictures())
def test_x_is_never_compared(a):
    b = a.copy()
    b[:, :, 3] ^= 255

    assert twin.diff(a, b, None) == []
    assert twin.distance(a, (0, 0, a.shape[1], a.shape[0]), b, 0, 0) == 0


@given(pictures(), st.data())
def test_a_filled_box_has_one_colour(a, data):
    box = data.draw(boxes(a))

    twin.fill(a, box, b"xyz")

    assert twin.solid(a, box) == b"xyz"


def test_boxes_are_tight_and_stay_inside_their_tile():
    a = np.zeros((100, 130, 4), np.uint8)
    b = a.copy()
    b[60:70, 60:129, 0] = 1

    assert twin.diff(a, b, None) == [
        (60, 60, 4, 4),
        (64, 60, 64, 4),
        (128, 60, 1, 4),
        (60, 64, 4, 6),
        (64, 64, 64, 6),
        (128, 64, 1, 6),
    ]


def test_an_untouched_tile_is_not_looked_at():
    a = np.zeros((64, 128, 4), np.uint8)
    b = a + np.uint8(1)

    assert twin.diff(a, b, np.array([[0, 1]], np.uint8)) == [(64, 0, 64, 64)]

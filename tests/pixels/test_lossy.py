import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sudare.pixels.grid import Grid
from sudare.pixels.lossy import Lossy

seeds = st.integers(0, 2**32 - 1)


@given(st.integers(1, 200), st.integers(1, 200), st.lists(st.tuples(st.sampled_from("acm"), seeds), max_size=30))
def test_every_lossy_pixel_stays_in_a_box_until_it_was_drawn_exactly(w, h, script):
    lossy, want = Lossy(Grid(w, h)), np.zeros((h, w), bool)

    for what, seed in script:
        rng = np.random.default_rng(seed)
        x, y = int(rng.integers(0, w)), int(rng.integers(0, h))
        bw, bh = int(rng.integers(1, w - x + 1)), int(rng.integers(1, h - y + 1))
        if what == "m":
            dx, dy = int(rng.integers(0, w - bw + 1)), int(rng.integers(0, h - bh + 1))
            lossy.move((x, y, bw, bh, dx, dy))
            want[dy : dy + bh, dx : dx + bw] = want[y : y + bh, x : x + bw].copy()
        else:
            (lossy.add if what == "a" else lossy.clear)((x, y, bw, bh))
            want[y : y + bh, x : x + bw] = what == "a"
        flagged = np.zeros((h, w), bool)
        for left, top, part_w, part_h in lossy.in_order(None):
            flagged[top : top + part_h, left : left + part_w] = True
        assert not (want & ~flagged).any()


def test_exact_pixels_over_all_of_it_leave_nothing():
    lossy = Lossy(Grid(200, 200))
    lossy.add((10, 10, 150, 90))

    lossy.clear((0, 0, 200, 40))
    assert sorted(lossy.in_order(None)) == [
        (10, 40, 54, 24),
        (10, 64, 54, 36),
        (64, 40, 64, 24),
        (64, 64, 64, 36),
        (128, 40, 32, 24),
        (128, 64, 32, 36),
    ]
    lossy.clear((0, 40, 200, 60))

    assert not lossy
    assert 0 not in lossy


def test_the_newest_comes_first_but_what_is_near_before_it():
    lossy = Lossy(Grid(1280, 64))
    for column in (1, 10, 19):
        lossy.add((column * 64, 0, 64, 64))

    assert [box[0] // 64 for box in lossy.in_order(None)] == [19, 10, 1]
    assert [box[0] // 64 for box in lossy.in_order((100, 10))] == [1, 19, 10]

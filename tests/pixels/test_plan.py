import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.pixels.pictures import picture, pictures

from sudare.pixels import plan, twin


def test_the_smallest_region_comes_first_and_stays_together():
    large = [(0, 0, 64, 64), (64, 0, 64, 64), (64, 64, 64, 10)]
    small = [(640, 640, 3, 3)]

    assert plan.in_order(large + small, None) == small + large


def test_the_region_near_the_person_comes_first_outwards_from_there():
    row = [(64 * i, 0, 64, 64) for i in range(5)]
    small = [(640, 640, 3, 3)]

    assert plan.in_order(small + row, (140, 10)) == [row[2], row[1], row[3], row[0], row[4], *small]


def test_small_regions_overtake_and_of_large_ones_what_is_near():
    large = [(64 * i, 64 * j, 64, 64) for j in range(5) for i in range(5)]
    small = [(640, 640, 3, 3)]

    assert plan.overtaking(large + small, None) == (small, large)
    assert plan.overtaking(large + small, (2000, 0)) == (small, large)

    ahead, behind = plan.overtaking(large + small, (32, 32))
    near = [(0, 0), (64, 0), (0, 64), (64, 64), (128, 0), (128, 64), (0, 128), (64, 128), (128, 128)]
    assert ahead == [*((x, y, 64, 64) for x, y in near), *small]  # outwards
    assert sorted(ahead + behind) == sorted(large + small)


def test_boxes_side_by_side_become_one_when_little_is_wasted():
    assert plan.merged([(0, 0, 64, 20), (64, 0, 64, 21), (128, 1, 30, 20)]) == [(0, 0, 158, 21)]
    assert plan.merged([(0, 0, 64, 2), (64, 0, 64, 60)]) == [(0, 0, 64, 2), (64, 0, 64, 60)]


def test_equal_rows_of_boxes_become_one_downwards():
    assert plan.merged([(0, 64 * i, 64, 64) for i in range(3)]) == [(0, 0, 64, 192)]


@given(pictures(), st.integers(0, 2**32 - 1))
def test_merged_boxes_cover_what_they_were_made_of(a, seed):
    h, w = a.shape[:2]
    boxes = twin.diff(a, picture(w, h, seed), None)
    want, got = np.zeros((h, w), bool), np.zeros((h, w), bool)
    for x, y, bw, bh in boxes:
        want[y : y + bh, x : x + bw] = True

    for x, y, bw, bh in plan.merged(boxes):
        assert x + bw <= w
        assert y + bh <= h
        got[y : y + bh, x : x + bw] = True

    assert not (want & ~got).any()
    assert sorted(plan.in_order(boxes, (5, 5))) == sorted(boxes)

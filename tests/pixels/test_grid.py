import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sudare.pixels.grid import Grid

sides = st.integers(1, 300)


@given(sides, sides)
def test_the_tiles_cover_every_pixel_once(w, h):
    grid, seen = Grid(w, h), np.zeros((h, w), int)

    for index in range(grid.count):
        x, y, tile_w, tile_h = grid.box(index)
        seen[y : y + tile_h, x : x + tile_w] += 1
        assert grid.index(grid.box(index)) == index

    assert (seen == 1).all()


@given(sides, sides, st.data())
def test_a_box_is_cut_into_parts_that_stay_in_their_tile(w, h, data):
    grid, seen = Grid(w, h), np.zeros((h, w), int)
    x, y = data.draw(st.integers(0, w - 1)), data.draw(st.integers(0, h - 1))
    box = x, y, data.draw(st.integers(1, w - x)), data.draw(st.integers(1, h - y))

    for tile, (left, top, part_w, part_h) in grid.parts(box):
        assert grid.index((left + part_w - 1, top + part_h - 1, 1, 1)) == grid.index((left, top, 1, 1)) == tile
        seen[top : top + part_h, left : left + part_w] += 1

    assert (seen[y : y + box[3], x : x + box[2]] == 1).all()
    assert seen.sum() == box[2] * box[3]

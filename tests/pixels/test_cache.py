import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pixels.pictures import picture

from sudare.pixels import tiles
from sudare.pixels.cache import Slots, TileCache, digest
from sudare.pixels.grid import Grid
from sudare.pixels.ops import Cache, Store


@given(st.integers(1, 5), st.lists(st.integers(-1, 5), max_size=40))
def test_slots_hold_what_was_used_last(count, script):
    slots, model = Slots(count), []  # (slot, value), the least recently used first

    for number, what in enumerate(script):
        if what < 0:
            want = model.pop(0) if len(model) == count else (len(model), None)
            assert slots.put(number) == want
            model.append((want[0], number))
        elif any(slot == what for slot, _ in model):
            held = next(pair for pair in model if pair[0] == what)
            model.remove(held)
            model.append(held)
            assert slots.use(what) == held[1]
        else:
            with pytest.raises(KeyError):
                slots.use(what)


def noise(w, h):
    return np.random.default_rng(1).integers(0, 256, (h, w, 4)).astype(np.uint8)


def keys(frame, grid):
    return [digest(grid.box(i), tiles.pack(frame, grid.box(i))) for i in range(grid.count)]


def test_tiles_in_a_row_are_stored_and_shown_in_one_op():
    frame, grid, cache = noise(256, 64), Grid(256, 64), TileCache(10)

    assert cache.store(frame, range(4), grid) == [Store(0, 4)]
    assert cache.show(enumerate(keys(frame, grid))) == [Cache(0, 0, 4)]
    assert cache.show([(0, keys(frame, grid)[1]), (1, keys(frame, grid)[0])]) == [Cache(0, 1, 1), Cache(1, 0, 1)]


def test_what_is_known_or_of_one_colour_is_not_stored_again():
    frame, grid, cache = noise(256, 64), Grid(256, 64), TileCache(10)
    frame[:, 64:128] = 7
    cache.store(frame, [0], grid)

    assert cache.store(frame, range(4), grid) == [Store(2, 2)]


def test_a_full_cache_forgets_the_tile_not_used_for_longest():
    frame, grid, cache = noise(256, 64), Grid(256, 64), TileCache(2)
    known = keys(frame, grid)
    cache.store(frame, [0, 1], grid)
    cache.show([(0, known[0])])

    cache.store(frame, [2], grid)

    assert [cache.knows(key) for key in known] == [True, False, True, False]


def test_tiles_of_another_shape_are_other_tiles():
    a, b = np.zeros((6, 4, 4), np.uint8), np.zeros((4, 6, 4), np.uint8)

    assert tiles.pack(a, (0, 0, 4, 6)) == tiles.pack(b, (0, 0, 6, 4))
    assert digest((0, 0, 4, 6), tiles.pack(a, (0, 0, 4, 6))) != digest((0, 0, 6, 4), tiles.pack(b, (0, 0, 6, 4)))


def test_a_digest_stands_for_the_pixels_alone():
    a = picture(64, 64, 3)
    b = a.copy()
    b[:, :, 3] ^= 1

    assert digest((0, 0, 64, 64), tiles.pack(a, (0, 0, 64, 64))) == digest(
        (64, 0, 64, 64), tiles.pack(b, (0, 0, 64, 64))
    )

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pixels.pictures import boxes, photograph, picture, pictures

from sudare.pixels import twin

native = pytest.importorskip("sudare.pixels.native", reason="the extension was not built", exc_type=ImportError)
seeds = st.integers(0, 2**32 - 1)


@given(pictures(), seeds, st.data())
def test_diff_agrees_with_its_twin(a, seed, data):
    h, w = a.shape[:2]
    b = picture(w, h, seed)
    shape = (-(-h // 64), -(-w // 64))
    touched = data.draw(st.none() | st.integers(0, 2**32 - 1).map(lambda s: mask(shape, s)))

    assert native.diff(a, b, touched) == twin.diff(a, b, touched)


def mask(shape, seed):
    return np.random.default_rng(seed).integers(0, 2, shape).astype(np.uint8)


@given(pictures(), st.data())
def test_diff_finds_a_single_pixel_at_any_place(a, data):
    h, w = a.shape[:2]
    x, y = data.draw(st.integers(0, w - 1)), data.draw(st.integers(0, h - 1))
    b = a.copy()
    b[y, x, data.draw(st.integers(0, 2))] ^= data.draw(st.integers(1, 255))

    assert native.diff(a, b, None) == twin.diff(a, b, None) == [(x, y, 1, 1)]


@given(pictures(), st.data())
def test_distance_agrees_with_its_twin(a, data):
    box = data.draw(boxes(a))
    h, w = a.shape[:2]
    b = picture(w, h, data.draw(seeds))
    x, y = data.draw(st.integers(0, w - box[2])), data.draw(st.integers(0, h - box[3]))

    enough = data.draw(st.integers(0, box[2] * box[3] + 1))

    assert native.distance(a, box, b, x, y) == twin.distance(a, box, b, x, y)
    assert native.distance(a, box, b, x, y, enough=enough) == twin.distance(a, box, b, x, y, enough=enough)


@given(st.integers(64, 150), st.integers(1, 140), st.integers(-60, 60), seeds, st.data())
def test_shift_agrees_with_its_twin(w, h, far, seed, data):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, data.draw(st.sampled_from([2, 256])), (h, w, 4), np.uint8)
    b = picture(w, h, seed)
    if abs(far) < h:  # most rows moved by `far`, some of them stand for themselves
        start, end = max(0, -far), min(h, h - far)
        b[start:end] = a[start + far : end + far]
        b[start + data.draw(st.integers(0, h - 1)) :: 7, :, 0] ^= 1
    a[:, :, 3], b[:, :, 3] = 1, 2
    x, y, bw, bh = data.draw(boxes(a))
    box = min(x, w - 64), y, max(bw, 64) if x <= w - 64 else 64, bh
    box = box[0], box[1], min(box[2], w - box[0]), box[3]

    assert native.shift(a, b, box) == twin.shift(a, b, box)


@pytest.mark.parametrize("engine", [native, twin], ids=["native", "twin"])
def test_rows_tell_how_far_they_moved_and_a_tie_goes_to_the_smallest_distance_upwards_first(engine):
    a = np.random.default_rng(1).integers(0, 256, (40, 64, 4), np.uint8)
    more, tie, both = np.zeros_like(a), np.zeros_like(a), np.zeros_like(a)
    more[:9], more[30:] = a[5:14], a[20:30]
    tie[:10], tie[30:] = a[5:15], a[20:30]
    both[:10], both[25:35] = a[5:15], a[20:30]

    found = [engine.shift(a, b, (0, 0, 64, 40)) for b in (more, tie, both, np.zeros_like(a))]

    assert found == [(-10, 30), (5, 30), (-5, 30), (0, 0)]


@given(pictures(), st.data())
def test_pack_solid_and_apply_agree_with_their_twins(a, data):
    box = data.draw(boxes(a))
    one, two = np.zeros_like(a), np.zeros_like(a)

    assert native.pack(a, box) == twin.pack(a, box)
    assert native.solid(a, box) == twin.solid(a, box)
    native.apply(one, box, native.pack(a, box))
    twin.apply(two, box, twin.pack(a, box))
    assert np.array_equal(one, two)


@given(pictures(), st.data())
def test_paint_and_index_agree_with_their_twins(a, data):
    box = data.draw(boxes(a))
    rng = np.random.default_rng(data.draw(seeds))
    rgb = rng.integers(0, 256, box[2] * box[3] * 3, np.uint8).tobytes()
    colours = rng.integers(0, 256, int(rng.integers(1, 257)) * 4, np.uint8).tobytes()
    most = min(255, len(colours) // 4 - data.draw(st.integers(0, 1)))
    indices = rng.integers(0, most, box[2] * box[3], np.uint8, endpoint=True).tobytes()
    bad = max(indices) >= len(colours) // 4
    b = a.copy()

    native.paint(a, box, rgb)
    twin.paint(b, box, rgb)

    assert np.array_equal(a, b)
    for engine, picture_ in ((native, a), (twin, b)):
        with pytest.raises(ValueError, match=r"\S") if bad else contextlib.nullcontext():
            engine.index(picture_, box, colours, indices)
    assert np.array_equal(a, b)


@given(pictures(), st.data())
def test_copy_agrees_with_its_twin_also_where_the_areas_overlap(a, data):
    box = data.draw(boxes(a))
    h, w = a.shape[:2]
    x, y = data.draw(st.integers(0, w - box[2])), data.draw(st.integers(0, h - box[3]))
    b = a.copy()

    native.copy(a, box, x, y)
    twin.copy(b, box, x, y)

    assert np.array_equal(a, b)


@given(pictures(), st.binary(min_size=3, max_size=3), st.data())
def test_fill_agrees_with_its_twin(a, bgr, data):
    box = data.draw(boxes(a))
    b = a.copy()

    native.fill(a, box, bgr)
    twin.fill(b, box, bgr)

    assert np.array_equal(a, b)


@given(pictures(), st.booleans(), st.data())
def test_ramp_agrees_with_its_twin(a, noisy, data):
    if noisy:
        a = np.random.default_rng(data.draw(seeds)).integers(0, 256, a.shape, np.uint8)
    x, y, w, h = data.draw(boxes(a))
    box = x, y, min(w, 64), min(h, 64)

    assert native.ramp(a, box) == twin.ramp(a, box)


@given(pictures(), st.booleans(), st.data())
def test_mark_and_the_ramps_of_what_is_marked_agree_with_their_twins(clean, noisy, data):
    rng = np.random.default_rng(data.draw(seeds))
    if noisy:
        clean = rng.integers(0, 256, clean.shape, np.uint8)
    x, y, w, h = data.draw(boxes(clean))
    box = x, y, min(w, 64), min(h, 64)
    pattern = rng.integers(0, 2, int(rng.integers(1, 300)), np.uint8).tobytes()
    places = rng.integers(0, len(pattern) + 3, clean.shape[:2], np.uint32)
    one, two = np.zeros_like(clean), np.zeros_like(clean)

    native.mark(clean, box, places, pattern, one)
    twin.mark(clean, box, places, pattern, two)

    assert np.array_equal(one, two)
    assert native.ramp(one, box, marked=True) == twin.ramp(one, box, marked=True)


@given(pictures(), st.data())
def test_common_agrees_with_its_twin(a, data):
    x, y, w, h = data.draw(boxes(a))
    box = x, y, min(w, 64), min(h, 64)

    assert native.common(a, box) == twin.common(a, box)


def test_a_jpeg_shows_nearly_the_same_and_nothing_beside_it():
    a, b = photograph(200, 150), np.zeros((150, 200, 4), np.uint8)
    box = (10, 20, 130, 99)

    native.unjpeg(b, box, native.jpeg(a, box, 70))

    area = np.s_[20:119, 10:140, :3]
    off = a[area].astype(int) - b[area]
    assert np.sqrt((off**2).mean()) <= 12
    b[area] = 0
    assert not b[:, :, :3].any()


def test_a_jpeg_of_another_size_and_a_broken_one_are_refused():
    a = photograph(64, 64)
    data = native.jpeg(a, (0, 0, 64, 40), 70)

    for box, bad in [
        ((0, 0, 64, 41), data),
        ((0, 0, 63, 40), data),
        ((0, 0, 64, 40), data[:-40]),
        ((0, 0, 9, 9), b"no"),
    ]:
        with pytest.raises(ValueError, match=r"\S"):
            native.unjpeg(a, box, bad)


def test_without_the_extension_a_jpeg_is_grey_and_none_is_made():
    a = photograph(8, 8)

    twin.unjpeg(a, (0, 0, 8, 8), b"")

    assert (a[:, :, :3] == 128).all()
    with pytest.raises(ValueError, match="C extension"):
        twin.jpeg(a, (0, 0, 8, 8), 70)


@pytest.mark.parametrize("engine", [native, twin], ids=["native", "twin"])
@pytest.mark.parametrize("box", [(0, 0, 65, 1), (0, 0, 1, 65)])
def test_a_ramp_larger_than_a_tile_is_refused(engine, box):
    with pytest.raises(ValueError, match=r"\S"):
        engine.ramp(picture(80, 80, 1), box)
    with pytest.raises(ValueError, match=r"\S"):
        engine.common(picture(80, 80, 1), box)


@pytest.mark.parametrize("engine", [native, twin], ids=["native", "twin"])
@pytest.mark.parametrize(
    "box",
    [
        (-1, 0, 1, 1),
        (0, -1, 1, 1),
        (0, 0, 0, 1),
        (0, 0, 1, 0),
        (9, 0, 2, 1),
        (0, 7, 1, 2),
        (1, 1, 2**31, 2**31),
        (2**32 - 1, 0, 2, 1),
        (2**40, 0, 1, 1),
        (1, 0, 2**32 - 1, 1),
    ],
    ids=str,
)
def test_a_box_outside_the_picture_is_refused_and_changes_nothing(engine, box):
    a = picture(10, 8, 1)
    before = a.copy()

    places, pattern = np.zeros((8, 10), np.uint32), b"\1"
    for call in (
        lambda: engine.mark(picture(10, 8, 2), box, places, pattern, a),
        lambda: engine.pack(a, box),
        lambda: engine.solid(a, box),
        lambda: engine.ramp(a, box),
        lambda: engine.common(a, box),
        lambda: engine.shift(a, a, box),
        lambda: engine.paint(a, box, b"abc"),
        lambda: engine.index(a, box, bytes(4), b"a"),
        lambda: engine.jpeg(a, box, 70),
        lambda: engine.unjpeg(a, box, b"abc"),
        lambda: engine.fill(a, box, b"abc"),
        lambda: engine.apply(a, box, b"abc"),
        lambda: engine.copy(a, box, 0, 0),
        lambda: engine.copy(a, (0, 0, 2, 2), 9, 7),
        lambda: engine.distance(a, box, a, 0, 0),
        lambda: engine.distance(a, (0, 0, 2, 2), a, 9, 7),
    ):
        with pytest.raises(ValueError, match=r"\S"):
            call()

    assert np.array_equal(a, before)


@pytest.mark.parametrize("engine", [native, twin], ids=["native", "twin"])
def test_buffers_of_another_size_are_refused(engine):
    a, b = picture(70, 8, 1), picture(8, 70, 1)

    for call in (
        lambda: engine.mark(a, (0, 0, 2, 2), np.zeros((8, 70), np.uint32), b"", a),
        lambda: engine.mark(a, (0, 0, 2, 2), np.zeros((70, 8), np.uint32), b"\1", a),
        lambda: engine.mark(a, (0, 0, 2, 2), np.zeros((8, 70), np.uint32), b"\1", b),
        lambda: engine.diff(a, b, None),
        lambda: engine.shift(a, a, (0, 0, 63, 8)),
        lambda: engine.shift(a, b, (0, 0, 70, 8)),
        lambda: engine.diff(a, a, np.ones((2, 2), np.uint8)),
        lambda: engine.apply(a, (0, 0, 2, 2), bytes(11)),
        lambda: engine.paint(a, (0, 0, 2, 2), bytes(11)),
        lambda: engine.index(a, (0, 0, 2, 2), bytes(4), bytes(5)),
        lambda: engine.index(a, (0, 0, 2, 2), bytes(5), bytes(4)),
        lambda: engine.index(a, (0, 0, 2, 2), bytes(1028), bytes(4)),
        lambda: engine.index(a, (0, 0, 2, 2), bytes(4), b"\0\0\1\0"),
        lambda: engine.apply(a, (0, 0, 2, 2), bytes(13)),
        lambda: engine.fill(a, (0, 0, 2, 2), b"ab"),
    ):
        with pytest.raises(ValueError, match=r"\S"):
            call()


def test_a_picture_that_is_not_contiguous_is_refused():
    a = picture(70, 80, 1)

    with pytest.raises(ValueError, match=r"\S"):
        native.pack(a[:, ::2], (0, 0, 1, 1))

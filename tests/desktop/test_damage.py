import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sudare.desktop.damage import Gathering
from sudare.desktop.source import CopyHint, Cursor, Rect

SIDE = 40


def test_a_copy_is_told_before_the_pixels_that_follow_it():
    g = Gathering()

    g.copy(CopyHint(0, 8, 8, 8, 0, 0))
    g.rect(Rect(0, 8, 8, 2))
    damage = g.take()

    assert damage.copies == [CopyHint(0, 8, 8, 8, 0, 0)]
    assert Rect(0, 0, 8, 10) in damage.rects


def test_a_copy_of_fresh_pixels_is_told_as_pixels():
    g = Gathering()

    g.rect(Rect(0, 8, 2, 2))
    g.copy(CopyHint(0, 8, 8, 8, 20, 20))
    damage = g.take()

    assert damage.copies == []
    assert Rect(20, 20, 8, 8) in damage.rects


def test_a_resize_forgets_all_but_the_pointer():
    g = Gathering()
    pointer = Cursor(0, 0, 0, 0, b"")

    g.rect(Rect(0, 0, 1, 1))
    g.cursor(pointer)
    g.resize(5, 6)
    damage = g.take()

    assert damage.resized
    assert damage.cursor is pointer
    assert damage.rects == [Rect(0, 0, 5, 6)]


def test_taking_starts_again():
    g = Gathering()
    g.rect(Rect(0, 0, 1, 1))

    g.take()

    assert g.empty
    assert g.take().rects == []


def test_many_rectangles_become_few():
    g = Gathering(limit=4)

    for i in range(100):
        g.rect(Rect(i * 10, (i * 37) % 90 * 10, 1, 1))

    assert len(g.take().rects) <= 4


def test_of_too_many_rectangles_those_close_together_become_one():
    g = Gathering(limit=4)
    corners = [Rect(x, y, 10, 10) for x in (0, 990) for y in (0, 990)]

    for rect in [*corners, Rect(20, 20, 4, 4), Rect(970, 980, 4, 4)]:
        g.rect(rect)

    assert g.take().rects == [Rect(0, 0, 24, 24), corners[1], corners[2], Rect(970, 980, 30, 20)]


def test_empty_rectangles_are_nothing():
    g = Gathering()

    g.rect(Rect(3, 3, 0, 5))

    assert g.empty


rects = st.builds(Rect, *[st.integers(0, SIDE // 2 - 1)] * 2, *[st.integers(1, SIDE // 2)] * 2)
copies = st.builds(CopyHint, *[st.integers(0, SIDE // 2 - 1)] * 2, *[st.integers(1, SIDE // 2)] * 2,
                   *[st.integers(0, SIDE // 2 - 1)] * 2)  # fmt: skip


@given(st.lists(rects | copies, max_size=30), st.integers(1, 8))
def test_copies_in_order_and_then_rectangles_give_the_picture(steps, limit):
    rng = np.random.default_rng(1)
    source = rng.integers(0, 255, (SIDE, SIDE), np.uint8)
    shadow = source.copy()
    g = Gathering(limit)

    for step in steps:
        if isinstance(step, Rect):
            source[step.y : step.y + step.h, step.x : step.x + step.w] = rng.integers(0, 255, (step.h, step.w))
            g.rect(step)
        else:
            move(source, step)
            g.copy(step)
    damage = g.take()
    for hint in damage.copies:
        move(shadow, hint)
    told = np.zeros(source.shape, bool)
    for hint in damage.copies:
        told[hint.dy : hint.dy + hint.h, hint.dx : hint.dx + hint.w] = True
    for r in damage.rects:
        told[r.y : r.y + r.h, r.x : r.x + r.w] = True

    unlike = source != shadow
    assert not (unlike & ~told).any()
    fresh = np.zeros(source.shape, bool)
    for r in damage.rects:
        fresh[r.y : r.y + r.h, r.x : r.x + r.w] = True
    shadow[fresh] = source[fresh]
    assert (shadow == source).all()


def move(picture, c):
    picture[c.dy : c.dy + c.h, c.dx : c.dx + c.w] = picture[c.sy : c.sy + c.h, c.sx : c.sx + c.w].copy()

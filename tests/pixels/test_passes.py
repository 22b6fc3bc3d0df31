"""What is sent next."""

import numpy as np
import pytest

from sudare.pixels import tiles
from sudare.pixels.film import Films
from sudare.pixels.frames import black
from sudare.pixels.grid import Grid
from sudare.pixels.lossy import Lossy
from sudare.pixels.passes import Passes

W, H = 640, 320


class Waiting:
    """Passes over a shadow, and a source that changes."""

    def __init__(self):
        self.shadow, self.frame = black(W, H), black(W, H)
        self.lossy = Lossy(Grid(W, H))
        grid = Grid(W, H)
        self.passes = Passes(self.shadow, self.lossy, Films(grid, codec="", images=False))
        assert self.send() == []  # all is noted at first, and black

    def change(self, x, y, w, h, *, now, value=255):
        self.frame[y : y + h, x : x + w] = value
        self.passes.note([(x, y, w, h)], [], now)

    def send(self, crisp=None, near=None):
        """Everything of the next pass, as the encoder would send it."""
        _, chosen = self.passes.next(self.frame, near, crisp)
        boxes = list(chosen.boxes)
        chosen.boxes.clear()
        for box in boxes:
            tiles.apply(self.shadow, box, tiles.pack(self.frame, box))
        return boxes


@pytest.fixture
def waiting():
    return Waiting()


def film(waiting, until):
    """Tile (0, 0) changes 25 times a second."""
    for frame in range(int(until * 25)):
        waiting.change(0, 0, 64, 64, now=frame / 25, value=1 + frame % 250)
        waiting.send()


def test_what_was_noted_twice_is_sent_once_and_then_nothing_waits(waiting):
    waiting.change(10, 10, 5, 5, now=0)
    waiting.change(10, 10, 5, 5, now=1)

    assert waiting.send() == [(10, 10, 5, 5)]
    assert waiting.send() == []
    assert not waiting.passes.waiting


def test_a_film_waits_for_everything_else(waiting):
    film(waiting, 2)
    waiting.change(0, 0, 64, 64, now=2, value=251)
    waiting.change(320, 128, 64, 64, now=2)

    assert waiting.send() == [(320, 128, 64, 64)]
    assert waiting.send() == [(0, 0, 64, 64)]


def test_areas_at_rest_are_refined_in_turn_with_a_film(waiting):
    film(waiting, 2)
    waiting.lossy.add((320, 128, 64, 64))

    kinds = []
    for frame in range(6):
        waiting.change(0, 0, 64, 64, now=2 + frame / 25, value=frame + 1)
        kinds.append(waiting.send()[0][0])

    assert sorted(kinds) == [0, 0, 0, 320, 320, 320]


def test_a_film_itself_is_not_refined_while_it_runs(waiting):
    film(waiting, 2)
    waiting.lossy.add((0, 0, 64, 64))
    waiting.change(0, 0, 64, 64, now=2, value=251)

    _, first = waiting.passes.next(waiting.frame, None, None)
    _, second = waiting.passes.next(waiting.frame, None, None)

    assert not first.refining
    assert not second.refining


def test_only_a_pass_that_costs_more_than_may_be_spent_is_ramping(waiting):
    rng = np.random.default_rng(3)
    waiting.change(0, 0, W, H, now=0, value=rng.integers(0, 256, (H, W, 4), np.uint8))

    _, dear = waiting.passes.next(waiting.frame, None, 1000)
    assert dear.ramping
    _, again = waiting.passes.next(waiting.frame, None, dear.estimate + 1)  # the line got better meanwhile

    assert again is dear
    assert not again.ramping


def test_an_answer_is_only_what_is_fresh_and_small_or_near(waiting):
    waiting.change(0, 0, W, 256, now=0)
    waiting.passes.next(waiting.frame, None, None)
    waiting.change(600, 300, 10, 10, now=0.1)

    _, answer = waiting.passes.answer(waiting.frame, None)

    assert list(answer.boxes) == [(600, 300, 10, 10)]


def test_what_was_noted_before_somebody_did_something_is_no_answer(waiting):
    waiting.change(100, 100, 10, 10, now=0)

    waiting.passes.expect_answer()
    waiting.change(600, 300, 10, 10, now=0.1)

    assert list(waiting.passes.answer(waiting.frame, None)[1].boxes) == [(600, 300, 10, 10)]
    assert waiting.send() == [(600, 300, 10, 10)]
    assert waiting.send() == [(100, 100, 10, 10)]

import numpy as np
import pytest

from sudare.pixels.frames import mask
from sudare.pixels.heat import Heat


def touched(heat, rate, seconds, *, start=0.0, tile=(0, 0)):
    """A heat after one tile changed so often, evenly."""
    what = mask(128, 128)
    what[tile] = 1
    for i in range(int(rate * seconds)):
        heat.touch(what, start + i / rate)
    return start + seconds


@pytest.mark.parametrize(("rate", "hot"), [(5, False), (8, False), (15, True), (30, True)])
def test_what_changes_faster_than_people_type_is_hot(rate, hot):
    heat = Heat(128, 128)

    touched(heat, rate, 3, start=1)

    assert heat.hot.tolist() == [[int(hot), 0], [0, 0]]


def test_a_letter_and_the_caret_behind_it_are_one_change():
    heat = Heat(128, 128)

    for key in range(30):
        for part in (0, 0.005, 0.02):
            heat.touch(mask(128, 128, 1), 1 + key / 6 + part)

    assert not heat.hot.any()


def test_what_stopped_cools_down():
    heat = Heat(128, 128)
    now = touched(heat, 30, 2, start=1)

    heat.touch(mask(128, 128), now + 3)

    assert not heat.hot.any()


def test_a_moment_is_not_hot():
    heat = Heat(128, 128)

    now = touched(heat, 30, 0.2, start=1)

    assert now == pytest.approx(1.2)
    assert not heat.hot.any()


def test_without_time_nothing_is_hot():
    heat = Heat(128, 128)

    for _ in range(100):
        heat.touch(mask(128, 128, 1), 0.0)

    assert np.count_nonzero(heat.hot) == 0

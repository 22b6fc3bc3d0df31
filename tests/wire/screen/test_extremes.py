from hypothesis import given
from hypothesis import strategies as st

from sudare.wire.screen import extremes
from sudare.wire.screen.extremes import Extreme


@given(st.booleans(), st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 3)), min_size=1, max_size=60))
def test_it_is_the_extreme_of_the_window(largest, script):
    extreme, now, seen = Extreme(largest=largest), 0, []
    for value, pause in script:
        now += pause
        seen.append((now, value))
        extreme.add(value, now, 10)

        inside = [v for at, v in seen if now - at <= 10]
        assert extreme.value == (max if largest else min)(inside)


def test_nothing_is_known_at_first_and_the_newest_stays_known():
    extreme = Extreme(largest=True)

    assert extreme.value is None
    extreme.add(5, 0, 10)
    extreme.add(3, 100, 10)
    assert extreme.value == 3


def test_memory_is_bounded():
    extreme = Extreme(largest=True)

    for i in range(extremes.SAMPLES_MAX * 3):
        extreme.add(-i, 0, 10)

    assert len(extreme._samples) == extremes.SAMPLES_MAX

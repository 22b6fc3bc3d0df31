"""Token buckets."""

from hypothesis import given
from hypothesis import strategies as st

from sudare.domain.ratelimit import RateLimit


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 5)), max_size=200))
def test_no_key_gets_more_than_burst_and_rate(asks):
    limit, now, granted = RateLimit(burst=5, per_s=2), 0.0, {"a": 0, "b": 0}
    for key, pause in asks:
        now += pause
        granted[key] += limit.take(key, now) == 0

    assert all(count <= 5 + 2 * now + 1e-6 for count in granted.values())


@given(st.lists(st.floats(0, 1), min_size=1, max_size=100))
def test_waiting_as_told_is_enough(pauses):
    limit, now = RateLimit(burst=2, per_s=3), 0.0
    for pause in pauses:
        now += pause
        wait = limit.take("a", now)
        if wait > 0:
            now += wait + 1e-6
            assert limit.take("a", now) == 0


@given(st.lists(st.integers(0, 1000), max_size=300))
def test_the_number_of_keys_is_bounded(keys):
    limit = RateLimit(burst=1, per_s=1, most=10)
    for key in keys:
        limit.take(str(key), 0)

    assert len(limit) <= 10


def test_a_clock_that_goes_back_gives_nothing_away():
    limit = RateLimit(burst=1, per_s=1)

    assert [limit.take("a", now) == 0 for now in (10, 5, 10)] == [True, False, False]

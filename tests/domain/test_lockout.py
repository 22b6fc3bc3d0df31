"""Slowing down guessers."""

from hypothesis import given
from hypothesis import strategies as st

from sudare.domain.lockout import BUDGET, FREE, LONGEST_S, backoff_s, charged, keys, refunded, wait_s

NOW = 1_795_000_000.0
PAIR = keys("acct", "net", None)
KNOWN = keys("acct", "net", "browser")


def after(where, attempts, counts=None, now=NOW):
    counts = dict(counts or {})
    for _ in range(attempts):
        counts |= charged(where, counts, now)
    return counts


def test_the_first_five_are_free_and_then_the_delay_doubles():
    assert [backoff_s(n) for n in range(FREE + 4)] == [0] * FREE + [1, 2, 4, 8]
    assert backoff_s(1000) == LONGEST_S


def test_a_right_attempt_ends_the_delay():
    counts = after(PAIR, 10)
    assert wait_s(PAIR, counts, NOW) > 0

    assert wait_s(PAIR, counts | refunded(PAIR, counts, NOW), NOW) == 0


@given(st.lists(st.tuples(st.integers(0, 200), st.floats(0, 600)), max_size=200))
def test_whatever_strangers_do_a_known_browser_waits_for_nothing(attacks):
    counts, now = {}, NOW
    for network, pause in attacks:
        now += pause
        counts |= charged(keys("acct", str(network), None), counts, now)

    assert wait_s(KNOWN, counts, now) == 0


@given(st.lists(st.tuples(st.integers(0, 5000), st.floats(0, 120)), min_size=1, max_size=400))
def test_guesses_over_all_networks_stay_within_the_slow_budget(attacks):
    counts, now, granted = {}, NOW, 0
    for network, pause in attacks:
        now += pause
        where = keys("acct", str(network), None)
        if wait_s(where, counts, now) == 0:
            counts |= charged(where, counts, now)
            granted += 1

    assert granted <= BUDGET + (now - NOW) / 360 + 1


@given(st.lists(st.floats(0, 2000), min_size=1, max_size=60))
def test_waiting_as_told_is_always_enough(pauses):
    counts, now = {}, NOW
    for pause in pauses:
        now += pause
        now += wait_s(PAIR, counts, now)
        assert wait_s(PAIR, counts, now + 1e-3) == 0
        counts |= charged(PAIR, counts, now)


def test_failures_are_forgotten_after_a_day():
    counts = after(PAIR, 30)

    assert wait_s(PAIR, counts, NOW + 86_400) == 0

"""A session's lag as the gateway keeps it."""

import pytest

from sudare.domain.sessionlag import SHARES, Quantile, usable

GOOD = ((61, 120), (9, 20), (31, 60), (1, 2), (2, 9), (18, 44))


def test_what_a_connector_says_is_taken_share_by_share():
    lag = usable("s1", 340, GOOD)

    assert (lag.session, lag.keys, lag.total) == ("s1", 340, Quantile(61, 120))
    assert [lag.share(name) for name in SHARES] == [Quantile(*one) for one in GOOD[1:]]


def test_a_session_that_is_not_slow_has_no_cause():
    assert usable("s1", 340, GOOD).cause == ""


@pytest.mark.parametrize("at", range(len(SHARES)))
def test_the_cause_is_the_largest_share(at):
    shares = [(900, 900) if at == number else (20, 2000) for number in range(len(SHARES))]

    assert usable("s1", 340, ((980, 2000), *shares)).cause == SHARES[at]


def test_numbers_no_database_holds_are_cut():
    lag = usable("s1", 2**60, ((2**53 - 1, 2**53 - 1),) * 6)

    assert (lag.keys, lag.total) == (2**53 - 1, Quantile(3_600_000, 3_600_000))

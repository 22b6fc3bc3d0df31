"""The shares of a key's way, and which of them is named as the cause."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudare.wire.screen.lag import ENOUGH, RECENT, RECENT_S, Lags, Recent, Share, Split

GOOD = Split(device=5, line=20, gateway=2, connector=3, office=30)
lengths = st.integers(0, 5000)
splits = st.lists(st.builds(Split, lengths, lengths, lengths, lengths, lengths), min_size=1, max_size=60)


def bad(share, ms=400.0):
    """A key one share of which took long."""
    name = share.name.lower()
    return Split(
        **{
            one: ms if one == name else getattr(GOOD, one)
            for one in ("device", "line", "gateway", "connector", "office")
        }
    )


def after(*keys, lags=None, rtt_ms=20, now=0.0):
    lags = lags or Lags()
    for key in keys:
        lags.add(key, now, rtt_ms)
    return lags


def cause(lags):
    return lags.recent.cause


def test_before_the_first_key_nothing_is_said():
    assert Lags().recent is None
    assert Lags().figures.keys == 0


@given(splits)
def test_a_sessions_figures_are_the_quantiles_of_all_its_keys(keys):
    figures = after(*keys).figures

    rows = np.array([(round(key.total), *key.shares) for key in keys])
    for at, found in enumerate(astuple(figures)[1:]):
        true = np.percentile(rows[:, at], [50, 95], method="inverted_cdf")
        assert np.all(np.abs(np.array(found) - true) <= true / 16)
    assert figures.keys == len(keys)


@given(splits)
def test_what_is_said_of_now_are_the_medians_of_the_last_keys(keys):
    recent = after(*keys).recent

    rows = np.array([(key.total, *key.shares) for key in keys[-RECENT:]])
    assert astuple(recent)[1:] == tuple(round(float(value)) for value in np.median(rows, axis=0))


@pytest.mark.parametrize("share", [share for share in Share if share])
def test_the_largest_share_of_a_bad_way_is_the_cause(share):
    assert cause(after(*[bad(share)] * ENOUGH)) is share


def test_good_keys_have_no_cause_and_a_few_bad_ones_do_not_make_one():
    assert cause(after(*[GOOD] * RECENT)) is Share.NONE
    assert cause(after(*[bad(Share.OFFICE)] * (ENOUGH - 1))) is Share.NONE
    assert cause(after(*[GOOD] * 6, *[bad(Share.OFFICE)] * 4)) is Share.NONE


def test_what_is_bad_depends_on_the_line():
    key = Split(device=10, line=20, gateway=2, connector=3, office=95)  # 130 ms

    assert cause(after(*[key] * ENOUGH, rtt_ms=20)) is Share.OFFICE
    assert cause(after(*[key] * ENOUGH, rtt_ms=45)) is Share.NONE
    assert cause(after(*[key] * ENOUGH, rtt_ms=0)) is Share.NONE


def test_the_median_that_began_it_does_not_end_it():
    lags = after(*[bad(Share.OFFICE, 100.0)] * RECENT)  # 130 ms, the limit is 120
    assert cause(lags) is Share.OFFICE

    after(*[bad(Share.OFFICE, 80.0)] * RECENT, lags=lags)  # 110: below the limit, and still said
    assert cause(lags) is Share.OFFICE

    after(*[bad(Share.OFFICE, 60.0)] * RECENT, lags=lags)  # 90
    assert cause(lags) is Share.NONE


def test_a_cause_gives_way_only_to_one_larger_by_a_quarter():
    both = Split(device=5, line=220, gateway=2, connector=3, office=200)
    lags = after(*[bad(Share.OFFICE, 200.0)] * RECENT)

    after(*[both] * RECENT, lags=lags)
    assert cause(lags) is Share.OFFICE

    after(*[Split(5, 260, 2, 3, 200)] * RECENT, lags=lags)
    assert cause(lags) is Share.LINE


def test_old_keys_say_nothing_of_now():
    lags = after(*[bad(Share.LINE)] * RECENT)

    after(GOOD, lags=lags, now=RECENT_S + 1)

    assert lags.recent == Recent(Share.NONE, 60, 5, 20, 2, 3, 30)
    assert lags.figures.keys == RECENT + 1

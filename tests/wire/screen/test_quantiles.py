"""Quantiles in a table of fixed size, beside numpy's over all the values."""

import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sudare.wire.screen.quantiles import CLASSES, MS_MAX, Quantiles, class_of, middle

lengths = st.lists(st.integers(0, MS_MAX), min_size=1, max_size=300)
small = st.lists(st.integers(0, 400), min_size=1, max_size=300)


def counted(values):
    quantiles = Quantiles()
    for value in values:
        quantiles.add(value)
    return quantiles


@given(lengths | small, st.sampled_from([0.5, 0.95, 0.01, 1.0]))
def test_a_quantile_is_numpys_but_for_a_sixteenth(values, q):
    true = int(np.percentile(values, q * 100, method="inverted_cdf"))

    found = counted(values).at(q)

    assert abs(found - true) <= true / 16


@given(small)
def test_short_lengths_are_counted_to_the_millisecond(values):
    short = [value for value in values if value < 16] or [0]

    assert counted(short).at(0.5) == int(np.percentile(short, 50, method="inverted_cdf"))


@given(st.integers(0, MS_MAX))
def test_a_length_lies_in_its_class_and_classes_are_in_order(ms):
    assert class_of(middle(class_of(ms))) == class_of(ms)
    assert 0 <= class_of(ms) <= class_of(min(MS_MAX, ms + 1)) < CLASSES


def test_lengths_beyond_the_table_count_as_its_ends():
    quantiles = counted([-5, 10**9])

    assert (quantiles.at(0.5), quantiles.at(1.0)) == (0, middle(CLASSES - 1))


def test_nothing_counted_is_nothing_and_much_counted_takes_no_more_memory():
    quantiles = Quantiles()
    before = sys.getsizeof(quantiles._counts)
    assert quantiles.at(0.95) == 0

    for value in range(5000):
        quantiles.add(value)

    assert sys.getsizeof(quantiles._counts) == before
    assert quantiles.count == 5000

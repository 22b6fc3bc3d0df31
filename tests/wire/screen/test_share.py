import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudare.wire.screen.share import shares


@pytest.mark.parametrize(
    ("wants", "given_"),
    [
        ({}, {}),
        ({"a": 3}, {"a": 3}),
        ({"a": math.inf}, {"a": 12}),
        ({"a": math.inf, "b": math.inf, "c": math.inf}, {"a": 4, "b": 4, "c": 4}),
        ({"a": 1, "b": math.inf, "c": 5}, {"a": 1, "b": 6, "c": 5}),
        ({"a": 2, "b": 3, "c": 4}, {"a": 2, "b": 3, "c": 4}),
    ],
)
def test_who_wants_little_gets_it_and_the_rest_is_shared_equally(wants, given_):
    assert shares(12, wants) == given_


@given(st.floats(1, 1e6), st.dictionaries(st.integers(), st.one_of(st.floats(0, 1e6), st.just(math.inf)), max_size=12))
def test_shares_are_max_min_fair(budget, wants):
    got = shares(budget, wants)

    assert got.keys() == wants.keys()
    assert sum(got.values()) <= budget * (1 + 1e-9)
    for key, want in wants.items():
        assert got[key] <= want
        if got[key] < want:  # it could do with more: then nobody has more than it, and nothing is left
            assert got[key] >= max(got.values()) * (1 - 1e-9)
            assert sum(got.values()) == pytest.approx(budget)

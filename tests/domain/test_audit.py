"""The chain."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.support.rows import event

from sudare.domain.audit import GENESIS, Kind, chained, first_broken


def chain(count):
    entries, prev = [], GENESIS
    for seq in range(1, count + 1):
        entries.append(chained(event(Kind.SIGNIN_OK, n=str(seq)), seq, prev))
        prev = entries[-1].hash
    return entries


def test_an_untouched_chain_holds():
    assert first_broken(chain(10)) is None


@given(st.integers(0, 8), st.sampled_from(["change", "remove", "swap", "rehash"]))
def test_any_change_shows_where_it_is(at, how):
    entries = chain(10)
    if how == "change":
        entries[at] = replace(entries[at], event=event(Kind.SIGNIN_FAILED))
    elif how == "remove":
        del entries[at]
    elif how == "swap":
        entries[at], entries[at + 1] = entries[at + 1], entries[at]
    else:
        entries[at] = chained(event(Kind.SIGNIN_FAILED), at + 1, entries[at].prev)

    assert first_broken(entries) == (at + 2 if how == "rehash" else at + 1)


def test_event_names_are_source_subject_action():
    assert all(len(kind.value.split(":")) == 3 for kind in Kind)

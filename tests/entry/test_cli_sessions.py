"""Which days are meant, and how a session is written down."""

import datetime as dt
import json

import pytest

from sudare.base.errors import SudareError
from sudare.domain.sessionlag import UsedSession, usable
from sudare.entry.cli_sessions import ZONE, as_json, as_table, period

NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=ZONE).timestamp()
GOOD = UsedSession(NOON, NOON + 60, "yamada", "k1~a", usable("s1", 7, ((61, 120),) * 6))


def days(since, until):
    return tuple(dt.datetime.fromtimestamp(at, ZONE).isoformat() for at in period(since, until, NOON))


@pytest.mark.parametrize(
    ("since", "until", "first", "after"),
    [
        ("", "", "2026-11-18", "2026-11-25"),
        ("2026-11-01", "", "2026-11-01", "2026-11-25"),
        ("", "2026-11-10", "2026-11-04", "2026-11-11"),
        ("2026-11-10", "2026-11-10", "2026-11-10", "2026-11-11"),
    ],
)
def test_days_are_whole_days_in_tokyo(since, until, first, after):
    assert days(since, until) == (f"{first}T00:00:00+09:00", f"{after}T00:00:00+09:00")


def test_what_is_no_day_is_said():
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        period("yesterday", "", NOON)


def test_a_table_has_a_head_even_when_there_is_nothing_in_it():
    (head,) = as_table([], {})

    assert head.split("\t")[:6] == ["began", "login", "target", "keys", "cause", "total"]


def test_a_session_that_is_not_slow_names_no_cause_and_a_pc_without_a_name_its_id():
    line = list(as_table([GOOD], {}))[1].split("\t")
    told = json.loads(next(as_json([GOOD], {})))

    assert (line[2], line[4]) == ("k1~a", "-")
    assert (told["target"], told["target_name"], told["cause"]) == ("k1~a", "", None)
    assert (told["began"], told["seen"]) == ("2026-11-24T12:00:00+09:00", "2026-11-24T12:01:00+09:00")

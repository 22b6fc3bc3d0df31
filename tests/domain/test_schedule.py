from datetime import date, datetime, timedelta, timezone

import pytest

from sudare.base.errors import SudareError
from sudare.domain import schedule
from sudare.domain.schedule import JST, Calendar, Occurrence, Schedule, Status, Window

NOVEMBER = Window(date(2026, 11, 1), date(2026, 12, 1))


def occurrence(start, end, title="会議", **more):
    given = {
        "calendar": "/c/",
        "uid": "u",
        "instance": "",
        "place": "",
        "status": Status.CONFIRMED,
        "private": False,
        "recurring": False,
        "busy": True,
        **more,
    }
    return Occurrence(start=start, end=end, title=title, **given)


def at(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=JST)


@pytest.mark.parametrize(
    "args",
    [
        None,
        [],
        {},
        {"start": "2026-11-01"},
        {"start": "2026-11-01", "end": "2026-11-01"},
        {"start": "2026-11-02", "end": "2026-11-01"},
        {"start": "2026-01-01", "end": "2026-03-05"},
        {"start": "2026-02-30", "end": "2026-03-05"},
        {"start": 1, "end": 2},
        {"start": "20261101", "end": "20261102"},
        {"start": "2026-W45-1", "end": "2026-W45-2"},
        {"start": "0001-01-01", "end": "0001-01-02"},
        {"start": "9999-12-30", "end": "9999-12-31"},
    ],
)
def test_a_window_that_makes_no_sense_is_malformed(args):
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        schedule.window(args)


def test_the_longest_window_is_62_days():
    assert schedule.window({"start": "2026-01-01", "end": "2026-03-04"}) == Window(date(2026, 1, 1), date(2026, 3, 4))


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (at(1, 0), at(1, 1), True),
        (datetime(2026, 10, 31, 23, tzinfo=JST), at(1, 0), False),
        (datetime(2026, 10, 31, 23, tzinfo=JST), at(1, 0, 1), True),
        (at(30, 23), datetime(2026, 12, 1, 1, tzinfo=JST), True),
        (datetime(2026, 12, 1, tzinfo=JST), datetime(2026, 12, 1, 1, tzinfo=JST), False),
        (at(1, 0), at(1, 0), True),
        (datetime(2026, 12, 1, tzinfo=JST), datetime(2026, 12, 1, tzinfo=JST), False),
        (date(2026, 10, 31), date(2026, 11, 1), False),
        (date(2026, 10, 31), date(2026, 11, 2), True),
        (date(2026, 11, 30), date(2026, 12, 1), True),
        (date(2026, 12, 1), date(2026, 12, 2), False),
        (date(2026, 10, 1), date(2026, 12, 31), True),
    ],
)
def test_a_window_shows_what_touches_it(start, end, shown):
    assert NOVEMBER.shows(occurrence(start, end)) is shown


def test_order_is_start_then_end_then_title_with_whole_days_first():
    given = [
        occurrence(at(2, 9), at(2, 11), "う"),
        occurrence(at(2, 9), at(2, 10), "い"),
        occurrence(at(2, 9), at(2, 10), "あ"),
        occurrence(at(2, 0), at(2, 1), "夜間"),
        occurrence(date(2026, 11, 2), date(2026, 11, 3), "終日"),
    ]
    assert [o.title for o in schedule.in_order(given)] == ["終日", "夜間", "あ", "い", "う"]


def test_the_view_writes_times_with_the_japanese_offset_and_days_without_time():
    utc = datetime(2026, 11, 2, 0, 30, tzinfo=timezone.utc)
    answer = Schedule(
        1_793_000_000.9,
        (Calendar("/c/", "予定", "#0b7285"),),
        (
            occurrence(utc, utc + timedelta(hours=1), status=Status.TENTATIVE),
            occurrence(date(2026, 11, 2), date(2026, 11, 4)),
        ),
    ).view()
    assert answer["as_of"] == "2026-10-26T16:33:20+09:00"
    assert answer["calendars"] == [{"id": "/c/", "name": "予定", "colour": "#0b7285"}]
    timed, days = answer["occurrences"]
    assert timed == {
        "calendar": "/c/",
        "uid": "u",
        "instance": "",
        "start": "2026-11-02T09:30:00+09:00",
        "end": "2026-11-02T10:30:00+09:00",
        "all_day": False,
        "title": "会議",
        "place": "",
        "status": "tentative",
        "private": False,
        "recurring": False,
        "busy": True,
    }
    assert (days["start"], days["end"], days["all_day"]) == ("2026-11-02", "2026-11-04", True)


def test_a_time_that_says_no_zone_is_meant_in_japan():
    assert schedule.moment(datetime.fromisoformat("2026-11-02T09:00")) == at(2, 9)

"""One case a line of the calendar zoo: what people's software writes, and what must be on the screen in Japan."""

from datetime import date

import pytest
from tests.support.radicale import event, ics

from sudare.base.errors import SudareError
from sudare.domain.schedule import Status, Window, in_order, text
from sudare.office.caldav import expansion

DECEMBER = Window(date(2026, 12, 1), date(2027, 1, 1))

OUTLOOK_ZONE = """BEGIN:VTIMEZONE
TZID:(UTC+09:00) 大阪、札幌、東京
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
END:STANDARD
END:VTIMEZONE"""
CUSTOM_ZONE = """BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0800
TZOFFSETTO:+0800
END:STANDARD
END:VTIMEZONE"""
GOOGLE_ZONE = """BEGIN:VTIMEZONE
TZID:Asia/Tokyo
X-LIC-LOCATION:Asia/Tokyo
BEGIN:STANDARD
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
TZNAME:JST
DTSTART:19700101T000000
END:STANDARD
END:VTIMEZONE"""
NEW_YORK = """BEGIN:VTIMEZONE
TZID:America/New_York
BEGIN:DAYLIGHT
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
END:STANDARD
END:VTIMEZONE"""
WEEKLY = event(
    "weekly",
    "SUMMARY:幹部会議",
    "DTSTART;TZID=Asia/Tokyo:20261102T090000",
    "DTEND;TZID=Asia/Tokyo:20261102T100000",
    "RRULE:FREQ=WEEKLY",
    "EXDATE;TZID=Asia/Tokyo:20261214T090000",
)

ZOO = {
    "an hour in Tokyo": (
        [event("a", "DTSTART;TZID=Asia/Tokyo:20261201T090000", "DTEND;TZID=Asia/Tokyo:20261201T100000")],
        ["2026-12-01T09:00:00+09:00/2026-12-01T10:00:00+09:00"],
    ),
    "UTC, shown in Tokyo, across midnight": (
        [event("a", "DTSTART:20261201T143000Z", "DTEND:20261201T153000Z")],
        ["2026-12-01T23:30:00+09:00/2026-12-02T00:30:00+09:00"],
    ),
    "floating time is Japanese": (
        [event("a", "DTSTART:20261201T090000", "DTEND:20261201T100000")],
        ["2026-12-01T09:00:00+09:00/2026-12-01T10:00:00+09:00"],
    ),
    "a zone nobody defines is Japanese": (
        [event("a", "DTSTART;TZID=/nowhere/Zone:20261201T090000", "DTEND;TZID=/nowhere/Zone:20261201T100000")],
        ["2026-12-01T09:00:00+09:00/2026-12-01T10:00:00+09:00"],
    ),
    "a zone by its Windows name": (
        [event("a", "DTSTART;TZID=Tokyo Standard Time:20261201T090000", "DURATION:PT1H30M")],
        ["2026-12-01T09:00:00+09:00/2026-12-01T10:30:00+09:00"],
    ),
    "Outlook's Japanese zone name, defined in the file": (
        [
            OUTLOOK_ZONE,
            event(
                "a",
                'DTSTART;TZID="(UTC+09:00) 大阪、札幌、東京":20261201T090000',
                'DTEND;TZID="(UTC+09:00) 大阪、札幌、東京":20261201T100000',
                "RRULE:FREQ=DAILY;UNTIL=20261203T000000Z",
            ),
        ],
        [f"2026-12-0{d}T09:00:00+09:00/2026-12-0{d}T10:00:00+09:00" for d in (1, 2, 3)],
    ),
    "a zone of the file's own, an hour behind Japan": (
        [CUSTOM_ZONE, event("a", "DTSTART;TZID=Customized Time Zone:20261201T090000", "DURATION:PT1H")],
        ["2026-12-01T10:00:00+09:00/2026-12-01T11:00:00+09:00"],
    ),
    "Google's, with its zone and a UTC EXDATE": (
        [
            GOOGLE_ZONE,
            event(
                "a@google.com",
                "DTSTART;TZID=Asia/Tokyo:20261201T090000",
                "DTEND;TZID=Asia/Tokyo:20261201T093000",
                "RRULE:FREQ=WEEKLY;WKST=MO;COUNT=3;BYDAY=TU",
                "EXDATE;TZID=Asia/Tokyo:20261208T090000",
                "TRANSP:OPAQUE",
            ),
        ],
        [
            "2026-12-01T09:00:00+09:00/2026-12-01T09:30:00+09:00",
            "2026-12-15T09:00:00+09:00/2026-12-15T09:30:00+09:00",
        ],
    ),
    "New York's ten o'clock, embedded zone": (
        [NEW_YORK, event("a", "DTSTART;TZID=America/New_York:20261201T100000", "DURATION:PT1H")],
        ["2026-12-02T00:00:00+09:00/2026-12-02T01:00:00+09:00"],
    ),
    "one whole day without an end": (
        [event("a", "DTSTART;VALUE=DATE:20261201")],
        ["2026-12-01/2026-12-02"],
    ),
    "a whole day whose end is its start": (
        [event("a", "DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261201")],
        ["2026-12-01/2026-12-02"],
    ),
    "days with a duration": (
        [event("a", "DTSTART;VALUE=DATE:20261201", "DURATION:P3D")],
        ["2026-12-01/2026-12-04"],
    ),
    "a trip that began before the window": (
        [event("a", "DTSTART;VALUE=DATE:20261128", "DTEND;VALUE=DATE:20261203")],
        ["2026-11-28/2026-12-03"],
    ),
    "a trip that ended the day before": (
        [event("a", "DTSTART;VALUE=DATE:20261128", "DTEND;VALUE=DATE:20261201")],
        [],
    ),
    "a night duty into the window": (
        [event("a", "DTSTART;TZID=Asia/Tokyo:20261130T173000", "DTEND;TZID=Asia/Tokyo:20261201T083000")],
        ["2026-11-30T17:30:00+09:00/2026-12-01T08:30:00+09:00"],
    ),
    "a reminder without length": (
        [event("a", "DTSTART;TZID=Asia/Tokyo:20261201T000000")],
        ["2026-12-01T00:00:00+09:00/2026-12-01T00:00:00+09:00"],
    ),
    "weekly without the one left out": (
        [WEEKLY],
        [f"2026-12-{d}T09:00:00+09:00/2026-12-{d}T10:00:00+09:00" for d in ("07", "21", "28")],
    ),
    "weekly, one moved": (
        [
            WEEKLY,
            event(
                "weekly",
                "RECURRENCE-ID;TZID=Asia/Tokyo:20261221T090000",
                "DTSTART;TZID=Asia/Tokyo:20261222T130000",
                "DTEND;TZID=Asia/Tokyo:20261222T140000",
            ),
        ],
        [
            "2026-12-07T09:00:00+09:00/2026-12-07T10:00:00+09:00",
            "2026-12-22T13:00:00+09:00/2026-12-22T14:00:00+09:00",
            "2026-12-28T09:00:00+09:00/2026-12-28T10:00:00+09:00",
        ],
    ),
    "weekly, one moved out of the window and one cancelled": (
        [
            WEEKLY,
            event(
                "weekly",
                "RECURRENCE-ID;TZID=Asia/Tokyo:20261228T090000",
                "DTSTART;TZID=Asia/Tokyo:20270104T130000",
                "DTEND;TZID=Asia/Tokyo:20270104T140000",
            ),
            event(
                "weekly",
                "RECURRENCE-ID:20261221T000000Z",
                "DTSTART;TZID=Asia/Tokyo:20261221T090000",
                "DTEND;TZID=Asia/Tokyo:20261221T100000",
                "STATUS:CANCELLED",
            ),
        ],
        ["2026-12-07T09:00:00+09:00/2026-12-07T10:00:00+09:00"],
    ),
    "weekly, later from one on": (
        [
            WEEKLY,
            event(
                "weekly",
                "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Asia/Tokyo:20261221T090000",
                "DTSTART;TZID=Asia/Tokyo:20261221T130000",
                "DTEND;TZID=Asia/Tokyo:20261221T143000",
            ),
        ],
        [
            "2026-12-07T09:00:00+09:00/2026-12-07T10:00:00+09:00",
            "2026-12-21T13:00:00+09:00/2026-12-21T14:30:00+09:00",
            "2026-12-28T13:00:00+09:00/2026-12-28T14:30:00+09:00",
        ],
    ),
    "the third Friday and an extra day": (
        [
            event(
                "a",
                "DTSTART;VALUE=DATE:20260116",
                "RRULE:FREQ=MONTHLY;BYDAY=3FR",
                "RDATE;VALUE=DATE:20261225",
            )
        ],
        ["2026-12-18/2026-12-19", "2026-12-25/2026-12-26"],
    ),
    "the last day of the month": (
        [event("a", "DTSTART:20260131T080000", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1")],
        ["2026-12-31T08:00:00+09:00/2026-12-31T09:00:00+09:00"],
    ),
    "cancelled": (
        [event("a", "DTSTART:20261201T080000", "DURATION:PT1H", "STATUS:CANCELLED")],
        [],
    ),
    "an end before its start is turned round": (
        [event("a", "DTSTART:20261201T080000", "DTEND:20261201T070000")],
        ["2026-12-01T07:00:00+09:00/2026-12-01T08:00:00+09:00"],
    ),
    "no start": ([event("a", "SUMMARY:x")], None),
    "every second": ([event("a", "DTSTART:20261201T080000", "RRULE:FREQ=SECONDLY")], None),
    "every minute": ([event("a", "DTSTART:20261201T080000", "RRULE:FREQ=minutely")], None),
    "a rule of nonsense": ([event("a", "DTSTART:20261201T080000", "RRULE:FREQ=SOMETIMES")], None),
}


@pytest.mark.parametrize(("parts", "wanted"), ZOO.values(), ids=ZOO.keys())
def test_zoo(parts, wanted):
    found, unreadable = expansion.occurrences("/c/", [ics(*parts)], DECEMBER)
    assert [f"{text(o.start)}/{text(o.end)}" for o in in_order(found)] == (wanted or [])
    assert unreadable == (1 if wanted is None else 0)


def one(*lines):
    given = ics(event("u-1", "DTSTART:20261201T090000", "DURATION:PT1H", *lines))
    (found,), unreadable = expansion.occurrences("/c/", [given], DECEMBER)
    assert unreadable == 0
    return found


def test_a_single_one_is_confirmed_busy_and_not_recurring():
    found = one("SUMMARY:予算ヒアリング\\, 企画課", "LOCATION:第2会議室\\n(東棟)")
    assert (found.title, found.place) == ("予算ヒアリング, 企画課", "第2会議室 (東棟)")
    assert (found.status, found.busy, found.private, found.recurring) == (Status.CONFIRMED, True, False, False)
    assert (found.uid, found.instance) == ("u-1", "")


def test_a_private_one_keeps_its_title_in_ones_own_calendar():
    found = one("SUMMARY:通院", "CLASS:PRIVATE")
    assert (found.title, found.private) == ("通院", True)


def test_tentative_and_free_are_told_apart():
    assert one("STATUS:TENTATIVE").status is Status.TENTATIVE
    assert one("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE").status is Status.TENTATIVE
    assert one("TRANSP:TRANSPARENT").busy is False
    assert one("X-MICROSOFT-CDO-BUSYSTATUS:FREE").busy is False


def test_a_folded_japanese_title_is_whole():
    title = "令和八年度当初予算に関する部長ヒアリング(総務部・企画部・福祉部合同)第二回" * 3
    raw = f"SUMMARY:{title}".encode()
    folded = b"\r\n ".join(raw[n : n + 70] for n in range(0, len(raw), 70))
    given = ics(event("u", "DTSTART:20261201T090000", "SUMMARY:@@")).encode().replace(b"SUMMARY:@@", folded)
    whole = given.replace(b"\r\n ", b"").decode()
    (found,), _ = expansion.occurrences("/c/", [whole], DECEMBER)
    assert found.title == title


def test_repetitions_are_told_apart_by_their_original_start():
    moved = event(
        "weekly",
        "RECURRENCE-ID;TZID=Asia/Tokyo:20261221T090000",
        "DTSTART;TZID=Asia/Tokyo:20261222T130000",
        "DTEND;TZID=Asia/Tokyo:20261222T140000",
    )
    found, _ = expansion.occurrences("/c/", [ics(WEEKLY, moved)], DECEMBER)
    assert all(o.recurring for o in found)
    assert [o.instance for o in in_order(found)] == [
        "2026-12-07T09:00:00+09:00",
        "2026-12-21T09:00:00+09:00",
        "2026-12-28T09:00:00+09:00",
    ]


def test_repetitions_after_a_change_for_the_future_are_all_different():
    future = event(
        "weekly",
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Asia/Tokyo:20261207T090000",
        "DTSTART;TZID=Asia/Tokyo:20261207T130000",
        "DTEND;TZID=Asia/Tokyo:20261207T140000",
    )
    found, _ = expansion.occurrences("/c/", [ics(WEEKLY, future)], DECEMBER)
    assert len({o.instance for o in found}) == len(found)


def test_one_unreadable_resource_does_not_hide_the_others():
    good = ics(event("u", "DTSTART:20261201T090000"))
    found, unreadable = expansion.occurrences("/c/", ["BEGIN:VCALENDAR\r\nnonsense", good, ""], DECEMBER)
    assert (len(found), unreadable) == (1, 2)


def test_too_many_occurrences_are_an_error_not_a_quiet_cut():
    hourly = ics(*(event(f"u{n}", "DTSTART:20260101T000000", "RRULE:FREQ=HOURLY") for n in range(8)))
    with pytest.raises(SudareError, match=r"office\.calendar-answer"):
        expansion.occurrences("/c/", [hourly], DECEMBER)

"""What stands in the city hall's calendars: a municipal year's end, always around today."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from demo.cityhall.groupware import Book

_ZONE = """BEGIN:VTIMEZONE
TZID:Asia/Tokyo
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
TZNAME:JST
END:STANDARD
END:VTIMEZONE"""
_DAY = timedelta(days=1)
_WEEKEND = 5


class _Pages:
    """Collects the resources of one calendar."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.resources: dict[str, str] = {}

    def add(self, title: str, *lines: str, overrides: tuple[tuple[str, ...], ...] = ()) -> None:
        """One appointment with its changed repetitions."""
        uid = f"{self.slug}-{len(self.resources):03}@demo.sudare"
        parts = [_event(uid, title, lines), *(_event(uid, title, override) for override in overrides)]
        text = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Sakura City//Demo//JA", _ZONE, *parts])
        self.resources[f"{uid}.ics"] = _folded(f"{text}\nEND:VCALENDAR\n")


def books(today: date) -> Mapping[str, list[Book]]:
    """Account to calendars."""
    return {
        "yamada": [
            Book("gyomu", "業務", "#0b7285", _director(today)),
            Book("shiji", "私事", "#9c6644", _private(today)),
            Book("gikai", "議会・災害対策", "#b23a48", _assembly(today)),
        ],
        "sato": [Book("gyomu", "業務", "#3d5a80", _welfare(today))],
    }


def _director(today: date) -> Mapping[str, str]:
    pages = _Pages("gyomu-yamada")
    monday = today - timedelta(days=today.weekday())
    first, skipped, moved = monday - 8 * 7 * _DAY, monday + 14 * _DAY, monday + 7 * _DAY
    pages.add(
        "幹部会議",
        *_at(first, "08:45", "09:30"),
        "RRULE:FREQ=WEEKLY;BYDAY=MO",
        f"EXDATE;TZID=Asia/Tokyo:{_stamp(skipped, '08:45')}",
        "LOCATION:庁議室(本庁舎5階)",
        overrides=(
            (
                f"RECURRENCE-ID;TZID=Asia/Tokyo:{_stamp(moved, '08:45')}",
                *_at(moved + _DAY, "10:00", "10:45"),
                "LOCATION:庁議室(本庁舎5階)",
                "DESCRIPTION:月曜が行事のため火曜に変更",
            ),
        ),
    )
    pages.add("朝の打合せ", *_at(_workday(today, -20), "08:30", "08:45"), "RRULE:FREQ=WEEKLY;BYDAY=TU,WE,TH,FR")
    pages.add("来年度予算 部長ヒアリング", *_at(today, "10:00", "11:30"), "LOCATION:第2委員会室")
    pages.add("記者発表 事前確認", *_at(today, "11:00", "11:45"), "LOCATION:秘書課応接", "STATUS:TENTATIVE")
    pages.add("昼食懇談 商工会議所", *_at(today, "12:00", "13:00"), "LOCATION:さくら会館")
    pages.add("台風対策本部 準備会", *_at(today, "15:00", "16:00"), "LOCATION:防災センター3階")
    pages.add("決裁(電子)", *_at(today, "17:00", "17:30"), "TRANSP:TRANSPARENT")
    tomorrow = _workday(today, 1)
    pages.add("総合計画 策定委員会", *_at(tomorrow, "13:30", "15:30"), "LOCATION:大会議室")
    pages.add("人事異動 調整", *_at(tomorrow, "16:00", "17:00"), "CLASS:PRIVATE", "LOCATION:部長室")
    pages.add("県庁 出張(広域連携会議)", *_days(_workday(today, 3), 2), "LOCATION:県庁 第一別館")
    pages.add("移動(新幹線)", *_at(_workday(today, 3), "07:12", "09:05"))
    pages.add("中止になった会議", *_at(today, "14:00", "15:00"), "STATUS:CANCELLED")
    pages.add("月例報告", *_at(today.replace(day=1) - 90 * _DAY, "16:00", "17:00"), "RRULE:FREQ=MONTHLY;BYDAY=-1FR")
    pages.add("夜間 電話当番", *_at(_workday(today, 5), "17:30", "08:30", nights=1))
    return pages.resources


def _private(today: date) -> Mapping[str, str]:
    pages = _Pages("shiji-yamada")
    pages.add("通院", *_at(_workday(today, 2), "09:00", "10:00"), "CLASS:PRIVATE")
    pages.add("夏季休暇", *_days(_workday(today, 8), 3), "TRANSP:TRANSPARENT")
    pages.add("子の授業参観", *_at(_workday(today, 6), "14:00", "15:00"), "CLASS:PRIVATE")
    return pages.resources


def _assembly(today: date) -> Mapping[str, str]:
    pages = _Pages("gikai-yamada")
    pages.add("議会打合せ(答弁調整)", *_at(today, "13:15", "14:45"), "LOCATION:議会事務局")
    pages.add("本会議 一般質問", *_at(_workday(today, 4), "10:00", "17:00"), "LOCATION:議場")
    pages.add("総務委員会", *_at(_workday(today, 7), "10:00", "12:00"), "LOCATION:第1委員会室")
    pages.add("台風期 警戒態勢(見込み)", *_days(_workday(today, 1), 4), "STATUS:TENTATIVE", "TRANSP:TRANSPARENT")
    return pages.resources


def _welfare(today: date) -> Mapping[str, str]:
    pages = _Pages("gyomu-sato")
    monday = today - timedelta(days=today.weekday())
    pages.add(
        "ケース会議",
        *_at(monday - 28 * _DAY, "13:30", "15:00"),
        "RRULE:FREQ=WEEKLY;BYDAY=MO,TH",
        "LOCATION:福祉相談室",
    )
    pages.add("窓口当番", *_at(today, "08:30", "12:00"), "LOCATION:1階 福祉窓口")
    pages.add("家庭訪問(3件)", *_at(today, "13:00", "16:30"))
    pages.add("避難行動要支援者名簿の確認", *_at(_workday(today, 1), "10:00", "11:00"), "LOCATION:防災センター")
    pages.add("民生委員協議会", *_at(_workday(today, 2), "14:00", "16:00"), "LOCATION:総合福祉会館")
    pages.add("研修(庁外)", *_days(_workday(today, 5), 1), "LOCATION:自治研修所")
    return pages.resources


def _event(uid: str, title: str, lines: tuple[str, ...]) -> str:
    body = ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", f"SUMMARY:{title}", *lines, "END:VEVENT"]
    return "\n".join(body)


def _at(day: date, begins: str, ends: str, *, nights: int = 0) -> tuple[str, str]:
    last = day + nights * _DAY
    return f"DTSTART;TZID=Asia/Tokyo:{_stamp(day, begins)}", f"DTEND;TZID=Asia/Tokyo:{_stamp(last, ends)}"


def _days(day: date, count: int) -> tuple[str, str]:
    return f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DTEND;VALUE=DATE:{day + count * _DAY:%Y%m%d}"


def _stamp(day: date, clock: str) -> str:
    return f"{datetime.combine(day, time.fromisoformat(clock)):%Y%m%dT%H%M%S}"


def _workday(today: date, ahead: int) -> date:
    """So many days ahead, or the Monday after when that is a weekend."""
    day = today + ahead * _DAY
    while day.weekday() >= _WEEKEND:
        day += _DAY
    return day


def _folded(text: str) -> str:
    """Lines of at most 75 octets, RFC 5545 3.1."""
    out = []
    for line in text.splitlines():
        piece = ""
        for letter in line:
            if len((piece + letter).encode()) > 74:
                out.append(piece)
                piece = " "
            piece += letter
        out.append(piece)
    return "\r\n".join([*out, ""])

from dataclasses import dataclass, field
from datetime import date

import pytest
from tests.support.radicale import PEOPLE, book, event, radicale

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.connector.officedesk import OfficeDesk, ScheduleSettings, problem
from sudare.domain.schedule import Calendar, Schedule, Window
from sudare.office.schedule import UnreachableError

pytestmark = pytest.mark.anyio
ARGS = {"start": "2026-12-01", "end": "2026-12-02"}
SETTINGS = ScheduleSettings(url="http://127.0.0.1:1/")


@dataclass
class Ticket:
    acc: str = "yamada"


@dataclass
class Credential:
    account: str = ""
    password: Secret = field(default_factory=lambda: Secret("himitsu"))


class Remembering:
    """A groupware that only remembers what it was asked."""

    def __init__(self):
        self.asked = []

    async def window(self, login, window):
        self.asked.append((login.account, login.password.reveal(), window))
        return Schedule(0.0, (Calendar("/c/", "予定", ""),), ())

    async def close(self):
        self.asked.append("closed")


@pytest.mark.parametrize(
    ("template", "typed", "account"),
    [
        ("{account}", "", "yamada"),
        ("{account}", "h-yamada", "h-yamada"),
        ("{account}@city.example.lg.jp", "", "yamada@city.example.lg.jp"),
        ("{account}@city.example.lg.jp", "yamada@city.example.lg.jp", "yamada@city.example.lg.jp"),
    ],
)
async def test_the_person_asks_in_their_own_name(template, typed, account):
    groupware = Remembering()
    desk = OfficeDesk(ScheduleSettings(url="http://x/", account=template), groupware)
    answer = await desk.answer(Ticket(), Credential(typed), "schedule.window", ARGS)
    assert groupware.asked == [(account, "himitsu", Window(date(2026, 12, 1), date(2026, 12, 2)))]
    assert answer == {
        "as_of": "1970-01-01T09:00:00+09:00",
        "calendars": [{"id": "/c/", "name": "予定", "colour": ""}],
        "occurrences": [],
    }
    await desk.close()
    assert groupware.asked[-1] == "closed"


@pytest.mark.parametrize(
    ("settings", "credential", "op", "args", "code"),
    [
        (None, Credential(), "schedule.window", ARGS, "caller.not-found"),
        (SETTINGS, Credential(), "schedule.delete-all", ARGS, "caller.not-found"),
        (SETTINGS, None, "schedule.window", ARGS, "office.calendar-credentials-missing"),
        (SETTINGS, Credential(password=Secret("")), "schedule.window", ARGS, "office.calendar-credentials-missing"),
        (SETTINGS, None, "schedule.window", {}, "caller.malformed"),
        (SETTINGS, Credential("a:b"), "schedule.window", ARGS, "office.calendar-credentials"),
        (SETTINGS, Credential("a\r\nb"), "schedule.window", ARGS, "office.calendar-credentials"),
        (SETTINGS, Credential("a" * 300), "schedule.window", ARGS, "office.calendar-credentials"),
    ],
)
async def test_what_cannot_be_asked_is_refused_before_the_groupware_hears_of_it(settings, credential, op, args, code):
    groupware = Remembering()
    with pytest.raises(SudareError) as failure:
        await OfficeDesk(settings, groupware).answer(Ticket(), credential, op, args)
    assert failure.value.code == code
    assert groupware.asked == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://x/"},
        {"url": "http://x/", "kind": "garoon"},
        {"url": "http://x/", "credential": "service"},
        {"url": "http://x/", "account": "kyouyuu"},
    ],
)
async def test_settings_that_cannot_work_are_refused_at_start(wrong):
    with pytest.raises(ValueError, match="schedule"):
        ScheduleSettings(**wrong)


async def test_a_problem_says_since_when_in_japanese_time():
    assert problem(UnreachableError("x", 0.0)) == {
        "code": "office.calendar-unreachable",
        "since": "1970-01-01T09:00:00+09:00",
    }
    assert problem(SudareError("office.calendar-answer", "detail")) == {"code": "office.calendar-answer"}


@pytest.mark.servers
async def test_a_real_groupware_answers_in_the_form_of_the_contract(tmp_path):
    with radicale(tmp_path) as server:
        server.fill(
            "yamada", book("work", event("w", "SUMMARY:議会打合せ", "DTSTART:20261201T000000Z", "DURATION:PT1H"))
        )
        desk = OfficeDesk(ScheduleSettings(url=server.url))
        credential = Credential("", Secret(PEOPLE["yamada"]))
        answer = await desk.answer(Ticket(), credential, "schedule.window", ARGS)
        await desk.close()
    (found,) = answer["occurrences"]
    assert found["calendar"] == answer["calendars"][0]["id"]
    assert (found["title"], found["start"]) == ("議会打合せ", "2026-12-01T09:00:00+09:00")

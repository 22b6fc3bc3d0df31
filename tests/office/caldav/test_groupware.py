"""Against a real Radicale."""

from datetime import date

import pytest
from tests.support.radicale import PEOPLE, book, event, ics, radicale

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.domain.schedule import Window
from sudare.office.caldav.groupware import CalDAV
from sudare.office.schedule import Login, UnreachableError

pytestmark = [pytest.mark.servers, pytest.mark.anyio]
DECEMBER = Window(date(2026, 12, 1), date(2027, 1, 1))
YAMADA = Login("yamada", Secret(PEOPLE["yamada"]))
SATO = Login("sato", Secret(PEOPLE["sato"]))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with radicale(tmp_path_factory.mktemp("radicale")) as running:
        running.fill(
            "yamada",
            book(
                "work",
                event(
                    "w1",
                    "SUMMARY:幹部会議",
                    "DTSTART;TZID=Asia/Tokyo:20261102T090000",
                    "DURATION:PT1H",
                    "RRULE:FREQ=WEEKLY",
                ),
                event("w2", "SUMMARY:出張", "DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261203"),
                event("w3", "SUMMARY:取りやめ", "DTSTART:20261201T000000Z", "STATUS:CANCELLED"),
                event("w4", "SUMMARY:月末の夜", "DTSTART:20261231T140000Z", "DTEND:20261231T160000Z"),
                name="業務",
            ),
        )
        running.fill(
            "yamada", book("private", event("p1", "SUMMARY:通院", "DTSTART:20261203T000000Z", "CLASS:PRIVATE"))
        )
        running.fill("sato", book("work", event("s1", "SUMMARY:窓口", "DTSTART:20261201T000000Z")))
        yield running


@pytest.fixture
async def groupware(server):
    client = CalDAV(server.url, now=lambda: 1_796_000_000.0)
    yield client
    await client.close()


def requests_made(groupware, account):
    """Wraps the account's transport so that a test sees every request."""
    made = []
    transport = groupware._accounts[account].transport
    asked = transport.ask

    async def ask(method, *rest):
        made.append(method)
        return await asked(method, *rest)

    transport.ask = ask
    return made


async def test_a_month_of_every_calendar_in_order(groupware):
    seen = await groupware.window(YAMADA, DECEMBER)
    assert {c.name for c in seen.calendars} == {"業務", "private"}
    assert seen.as_of == 1_796_000_000.0
    titles = [o.title for o in seen.occurrences]
    assert titles == ["出張", "通院", "幹部会議", "幹部会議", "幹部会議", "幹部会議", "月末の夜"]
    assert [o.private for o in seen.occurrences][:2] == [False, True]


async def test_people_see_their_own(groupware):
    assert [o.title for o in (await groupware.window(SATO, DECEMBER)).occurrences] == ["窓口"]
    assert len((await groupware.window(YAMADA, DECEMBER)).occurrences) == 7


async def test_a_second_look_is_one_question(groupware):
    first = await groupware.window(YAMADA, DECEMBER)
    made = requests_made(groupware, "yamada")
    assert await groupware.window(YAMADA, DECEMBER) == first
    assert made == ["PROPFIND"]


async def test_what_changed_at_the_server_is_seen_at_the_next_look(server, groupware):
    await groupware.window(SATO, DECEMBER)
    server.put("sato", "work", "new.ics", ics(event("new", "SUMMARY:急な会議", "DTSTART:20261202T000000Z")))
    assert [o.title for o in (await groupware.window(SATO, DECEMBER)).occurrences] == ["窓口", "急な会議"]
    server.request("sato", "DELETE", "/sato/work/new.ics", okay={200, 204})
    assert [o.title for o in (await groupware.window(SATO, DECEMBER)).occurrences] == ["窓口"]


async def test_a_wrong_password_is_refused_even_when_the_answer_is_remembered(groupware):
    await groupware.window(YAMADA, DECEMBER)
    with pytest.raises(SudareError, match=r"office\.calendar-credentials"):
        await groupware.window(Login("yamada", Secret("wrong")), DECEMBER)
    assert len((await groupware.window(YAMADA, DECEMBER)).occurrences) == 7


async def test_a_server_that_is_down_says_since_when_and_comes_back(server):
    now = [1000.0]
    client = CalDAV(server.url, now=lambda: now[0])
    try:
        await client.window(YAMADA, DECEMBER)
        server.stop()
        for moment in (2000.0, 3000.0):
            now[0] = moment
            with pytest.raises(UnreachableError) as failure:
                await client.window(YAMADA, DECEMBER)
            assert failure.value.since == 2000.0
        server.start()
        assert len((await client.window(YAMADA, DECEMBER)).occurrences) == 7
        server.stop()
        now[0] = 4000.0
        with pytest.raises(UnreachableError) as failure:
            await client.window(YAMADA, DECEMBER)
        assert failure.value.since == 4000.0
    finally:
        server.start()
        await client.close()


async def test_only_so_many_people_are_remembered_and_idle_ones_are_forgotten(server):
    now = [0.0]
    client = CalDAV(server.url, now=lambda: now[0], people=1)
    await client.window(YAMADA, DECEMBER)
    await client.window(SATO, DECEMBER)
    assert list(client._accounts) == ["sato"]
    await client.close()
    client = CalDAV(server.url, now=lambda: now[0])
    await client.window(YAMADA, DECEMBER)
    now[0] = 10_000.0
    await client.window(SATO, DECEMBER)
    assert list(client._accounts) == ["sato"]
    await client.close()


async def test_no_password_is_kept(groupware):
    await groupware.window(YAMADA, DECEMBER)
    account = groupware._accounts["yamada"]
    assert account.transport._http.auth is None
    assert not hasattr(account, "login")

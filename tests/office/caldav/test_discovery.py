import pytest
from tests.support.httpserver import http, multistatus, response, saying

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.office.caldav import discovery
from sudare.office.caldav.transport import Transport
from sudare.office.schedule import Login

LOGIN = Login("yamada", Secret("x"))
PRINCIPAL = "<current-user-principal><href>/p/yamada/</href></current-user-principal>"
HOME = "<C:calendar-home-set><href>/h/1/</href></C:calendar-home-set>"
CALENDAR = "<resourcetype><collection/><C:calendar/></resourcetype>"


async def run(answer, work):
    async with saying(answer) as url:
        transport = Transport(url, None)
        try:
            return await work(transport, url)
        finally:
            await transport.close()


async def homes(transport, url):
    return [home.removeprefix(url) for home in await discovery.homes(transport, url, LOGIN)]


@pytest.mark.anyio
async def test_homes_are_found_through_the_principal():
    pages = {"/": PRINCIPAL, "/p/yamada/": HOME}
    assert await run(lambda _m, path: multistatus(response(path, pages[path])), homes) == ["h/1/"]


@pytest.mark.anyio
async def test_a_configured_principal_is_home_enough():
    assert await run(lambda _m, path: multistatus(response(path, HOME)), homes) == ["h/1/"]


@pytest.mark.anyio
async def test_the_well_known_address_is_tried_when_the_configured_one_says_nothing():
    def answer(_method, path):
        if path == "/":
            return http("405 Method Not Allowed")
        if path == "/.well-known/caldav":
            return http("301 Moved", "", "Location: /dav/")
        return multistatus(response(path, PRINCIPAL if path == "/dav/" else HOME))

    assert await run(answer, homes) == ["h/1/"]


@pytest.mark.anyio
async def test_a_server_that_names_no_home_is_a_strange_answer():
    with pytest.raises(SudareError, match="no calendar home"):
        await run(lambda _m, path: multistatus(response(path, "")), homes)


@pytest.mark.anyio
async def test_a_home_on_another_host_is_refused():
    elsewhere = "<C:calendar-home-set><href>https://evil.example/</href></C:calendar-home-set>"
    with pytest.raises(SudareError, match="another host"):
        await run(lambda _m, path: multistatus(response(path, elsewhere)), homes)


@pytest.mark.anyio
async def test_only_calendars_that_hold_events_are_listed():
    def comp(name):
        return f'<C:supported-calendar-component-set><C:comp name="{name}"/></C:supported-calendar-component-set>'

    colour = '<a:calendar-color xmlns:a="http://apple.com/ns/ical/">#0B7285ff</a:calendar-color>'

    def answer(_method, _path):
        return multistatus(
            response("/h/1/", "<resourcetype><collection/></resourcetype>"),
            response("/h/1/w/", f"{CALENDAR}<displayname>業務</displayname>{colour}<S:getctag>7</S:getctag>"),
            response("/h/1/e/", CALENDAR + comp("VEVENT")),
            response("/h/1/t/", CALENDAR + comp("VTODO")),
        )

    async def calendars(transport, url):
        return await discovery.calendars(transport, f"{url}h/1/", LOGIN)

    work, events = await run(answer, calendars)
    assert (work.calendar.id, work.calendar.name, work.calendar.colour, work.mark) == (
        "/h/1/w/",
        "業務",
        "#0b7285",
        "7",
    )
    assert (events.calendar.name, events.calendar.colour, events.mark) == ("e", "", "")

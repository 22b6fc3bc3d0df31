"""The process of one session, run in here: real office PCs, browsers on real sockets, and a clock that leaps."""

import asyncio
import contextlib
import socket

import numpy as np
import pytest
from tests.support.desktops import shadow, xvnc
from tests.support.leaping import LEAPING
from tests.support.lines import tabs
from tests.support.screens import Screen, known_picture
from tests.support.watching import Watch, open_descriptors

from sudare.connector.worker import job
from sudare.connector.worker.main import ALONE_S, SessionProcess, serve
from sudare.pixels.mark import Pattern
from sudare.runtime.parcel import Parcels, pair
from sudare.runtime.tasks import Tasks
from sudare.wire.screen import inputs as i
from sudare.wire.screen import records as r

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
NLA = {"kind": "rdp", "tls": "require"}


@pytest.fixture
def anyio_backend():
    return LEAPING


class Connector:
    """The connector's end of the pair, and the process behind it."""

    def __init__(self, tasks, tab):
        self.reports, self.gone = [], asyncio.Event()
        self.news = Watch()
        ours, theirs = pair()
        self._tab = tab
        self._parcels = Parcels(ours, self._heard, self.leave)
        self.process = SessionProcess(theirs, asyncio.get_running_loop().time, tasks)
        self.run = tasks.start(self.process.run(), name="process")

    def _heard(self, content, files):
        assert files == []
        self.reports.append(job.report(content))
        self.news.changed()

    def leave(self):
        """Be gone."""
        self._parcels.close()
        self.gone.set()

    def orders(self, order, *files):
        assert self._parcels.send(job.parcel(order), [file.fileno() for file in files])
        for file in files:
            file.close()

    async def starts(self, pc, **desktop):
        """A browser whose session begins."""
        browser = await self._tab()
        given = {"kind": "vnc", "host": "pc", "account": pc.user, "domain": "", "password": pc.password, "tls": "allow",
                 "pin": "first-use", "layout": "us", "resize": False, "name": "企画-0123"} | desktop  # fmt: skip
        line = socket.create_connection((pc.host, pc.port))
        self.orders(job.Start(job.Desktop(**given), _client(browser)), line, browser.sock)
        return browser

    async def attaches(self):
        """A browser that comes to the running session."""
        browser = await self._tab()
        self.orders(job.Attach(_client(browser)), browser.sock)
        return browser

    async def alone(self):
        """Until the process knows that nobody is there."""
        assert await Watch().until(lambda: self.process._alone)

    async def over(self):
        """The last report of a process that ended."""
        async with asyncio.timeout(20):
            await self.run
            await self.gone.wait()
        return self.reports[-1]


def _client(browser):
    return job.Client(job.Channel.of(browser.channel), 640, 480, 100, True)


@pytest.fixture
async def connector():
    async with tabs() as tab, Tasks("test") as tasks:
        made = Connector(tasks, tab)
        yield made
        made.leave()
        await made.run


@pytest.fixture
def silent():
    """An office PC that accepts and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Silent(*server.getsockname())


class Silent:
    user, password = "tanaka", "himitsu"

    def __init__(self, host, port):
        self.host, self.port = host, port


async def leap(seconds):
    """Move the clock; what fell due is done when this returns."""
    loop = asyncio.get_running_loop()
    loop.leap(seconds)
    done = asyncio.Event()
    loop.call_later(0, done.set)
    await done.wait()


def shows(browser, screen):
    frame, truth = browser.client.frame[:, :, :3], screen.grab()
    return np.array_equal(frame, truth)


async def test_a_mark_that_cannot_be_drawn_ends_the_process_before_it_begins(connector, silent):
    browser = await connector._tab()
    desktop = job.Desktop("vnc", "pc", "", "", "", "allow", "first-use", "us", False, "企画-0123")
    broken = job.Mark(640, 480, job.Mark.of(Pattern(2, 2, b"\1\0\0\1")).bits)

    connector.orders(
        job.Start(desktop, _client(browser), None, broken),
        socket.create_connection((silent.host, silent.port)),
        browser.sock,
    )
    async with asyncio.timeout(20):
        await connector.run

    assert connector.reports == []
    assert (await browser.ended())[0] == 1006


# -- it opens, or says why not ------------------------------------------------


async def test_a_vnc_pc_is_shown_and_its_certificate_reported(connector):
    with xvnc(security="X509Vnc") as pc, Screen(pc.display) as screen:
        screen.paint(known_picture(640, 480))

        browser = await connector.starts(pc, tls="require")

        assert await browser.until(lambda: shows(browser, screen))
        assert connector.reports == [job.Began(), job.Pinned(pc.certificate)]


async def test_an_rdp_pc_is_shown_and_its_certificate_reported(connector):
    with shadow(size=(640, 480)) as pc, Screen(pc.display) as screen:
        screen.paint(known_picture(640, 480))

        browser = await connector.starts(pc, **NLA)

        assert await browser.until(lambda: shows(browser, screen))
        assert [type(report) for report in connector.reports] == [job.Began, job.Pinned]


@pytest.mark.parametrize("server", [xvnc, shadow])
async def test_a_wrong_password_is_said_and_ends_the_session(connector, server):
    with server() as pc:
        browser = await connector.starts(pc, password="wrong", **(NLA if server is shadow else {}))

        assert await browser.ended() == (4502, "office.pc-credentials")
        assert browser.states == [r.State("connecting"), r.State("closed", code="office.pc-credentials")]
        assert await connector.over() == job.Ended("office.pc-credentials")


@pytest.mark.parametrize("server", [xvnc, shadow])
async def test_a_password_that_was_not_given_is_asked_for(connector, server):
    with server() as pc:
        browser = await connector.starts(pc, password=None, **(NLA if server is shadow else {}))

        assert await browser.ended() == (4502, "office.pc-credentials-missing")


@pytest.mark.parametrize(("kind", "patience_s"), [("vnc", 15), ("rdp", 20)])
async def test_a_pc_that_accepts_and_never_answers_is_given_up(connector, silent, kind, patience_s):
    browser = await connector.starts(silent, kind=kind)
    await browser.caught_up()
    await leap(patience_s - 5)
    await browser.caught_up()
    waiting = list(browser.states)

    await leap(6)

    assert await browser.ended() == (4502, "office.pc-unreachable")
    assert waiting == [r.State("connecting")]
    assert await connector.over() == job.Ended("office.pc-unreachable")


async def test_a_pc_that_hangs_up_at_once_is_said(connector):
    with socket.create_server(("127.0.0.1", 0)) as server:
        browser = await connector.starts(Silent(*server.getsockname()))
        server.accept()[0].close()

        assert await browser.ended() in {(4502, "office.pc-unreachable"), (4502, "office.pc-closed")}


async def test_a_pc_that_dies_is_said(connector):
    with shadow() as pc:
        browser = await connector.starts(pc, **NLA)
        await browser.until(lambda: r.State("active") in browser.states)

        pc.kill()

        assert await browser.ended() == (4502, "office.pc-closed")
        assert await connector.over() == job.Ended("office.pc-closed")


async def test_who_leaves_while_the_pc_is_being_reached_ends_it(connector, silent):
    browser = await connector.starts(silent)
    await browser.caught_up()

    browser.send(i.End())

    assert await browser.ended() == (1000, "")
    assert await connector.over() == job.Ended("")


async def test_who_ends_it_and_leaves_in_the_same_breath_ends_it(connector, silent):
    browser = await connector.starts(silent)
    await browser.caught_up()

    browser.send_last(i.End())

    assert await connector.over() == job.Ended("")


# -- browsers go and come back ------------------------------------------------


async def test_nearly_two_minutes_after_its_browser_was_killed_the_session_is_taken_up_again(connector):
    with xvnc() as pc, Screen(pc.display) as screen:
        browser = await connector.starts(pc)
        await browser.until(lambda: shows(browser, screen))
        browser.vanish()
        await connector.alone()
        screen.paint(known_picture(640, 480, seed=2))
        await leap(ALONE_S - 1)

        again = await connector.attaches()

        assert await again.until(lambda: shows(again, screen))
        assert job.Ended not in map(type, connector.reports)


async def test_two_minutes_after_its_last_browser_the_session_ends_by_itself(connector):
    with xvnc() as pc:
        browser = await connector.starts(pc)
        await browser.until(lambda: r.State("active") in browser.states)
        browser.vanish()
        await connector.alone()

        await leap(ALONE_S + 1)

        assert ALONE_S == 120
        assert await connector.over() == job.Ended("link.lost")


async def test_who_came_back_has_two_minutes_anew(connector):
    with xvnc() as pc, Screen(pc.display) as screen:
        browser = await connector.starts(pc)
        for _ in range(3):
            await browser.until(lambda seen=browser: r.State("active") in seen.states)
            browser.vanish()
            await connector.alone()
            await leap(ALONE_S - 20)
            browser = await connector.attaches()
        await browser.until(lambda: shows(browser, screen))

        await leap(10 * ALONE_S)
        screen.paint(known_picture(640, 480, seed=3))

        assert await browser.until(lambda: shows(browser, screen))


async def test_a_second_browser_takes_over_and_the_first_one_is_told(connector):
    with xvnc() as pc, Screen(pc.display) as screen:
        first = await connector.starts(pc)
        await first.until(lambda: shows(first, screen))

        second = await connector.attaches()

        assert await first.ended() == (4408, "link.taken-over")
        await leap(ALONE_S + 1)
        screen.paint(known_picture(640, 480, seed=2))
        assert await second.until(lambda: shows(second, screen))


async def test_a_browser_that_talks_nonsense_ends_its_own_line_only(connector):
    with xvnc() as pc, Screen(pc.display) as screen:
        browser = await connector.starts(pc)
        await browser.until(lambda: shows(browser, screen))

        browser.send_raw(b"nonsense")
        ended = await browser.ended()
        again = await connector.attaches()

        assert ended == (4400, "caller.malformed")
        assert await again.until(lambda: shows(again, screen))


# -- the connector ------------------------------------------------------------


async def test_told_to_stop_it_stops_and_says_so(connector):
    with xvnc() as pc:
        browser = await connector.starts(pc)
        await browser.until(lambda: r.State("active") in browser.states)

        connector.orders(job.Stop())

        assert await browser.ended() == (4502, "office.pc-closed")
        assert await connector.over() == job.Ended("office.pc-closed")


async def test_it_does_not_outlive_its_connector(connector):
    with xvnc() as pc:
        browser = await connector.starts(pc)
        await browser.until(lambda: r.State("active") in browser.states)

        connector.leave()

        assert await browser.ended() == (4502, "office.pc-closed")
        await connector.run


async def test_orders_that_do_not_fit_are_left_and_their_files_closed(connector, silent):
    browser = await connector.starts(silent)
    await browser.caught_up()
    before = open_descriptors()

    desktop = job.Desktop("vnc", "pc", "", "", None, "none", "first-use", "us", False, "")
    for order, count in ((job.Start(desktop, _client(browser)), 2), (job.Attach(_client(browser)), 3)):
        connector.orders(order, *(socket.socket() for _ in range(count)))
    await browser.caught_up()

    assert await Watch().until(lambda: open_descriptors() <= before)
    assert browser.states == [r.State("connecting")]


async def test_nobody_attaches_to_a_session_that_never_began(connector):
    browser = await connector.attaches()

    assert await browser.ended() == (1006, "")
    assert connector.reports == []


async def test_a_process_serves_the_pair_it_was_started_with():
    ours, theirs = pair()
    with contextlib.closing(ours):
        async with asyncio.timeout(20), Tasks("test") as tasks:
            run = tasks.start(serve(theirs.detach(), asyncio.get_running_loop().time), name="serve")
            ours.sendall(b'{"t":"stop"}')
            await run

        assert ours.recv(100) == b""

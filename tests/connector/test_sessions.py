"""Streams become sessions: real edge, real connector, real Xvnc, a caged process, a reference browser."""

import asyncio
import contextlib
import secrets

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.browser import CAPS, OLD_CAPS, Browser, Ephemeral, screen_hello, sealed
from tests.support.desktops import PASSWORD, xvnc
from tests.support.displays import cookie_file, xvfb
from tests.support.house import house
from tests.support.screens import Screen, known_picture
from tests.support.watching import Watch

from sudare.base.encoding import unb64
from sudare.connector import sessions as hosting
from sudare.connector.config import Target
from sudare.connector.lagbook import LagBook
from sudare.connector.officedesk import OfficeDesk, ScheduleSettings
from sudare.connector.sessions import Sessions
from sudare.pixels import ops
from sudare.wire.channel.channel import BrowserEnd, OfficeEnd
from sudare.wire.channel.hpke import public_bytes
from sudare.wire.channel.office import Caps, Hello, View
from sudare.wire.screen import inputs as i
from sudare.wire.screen import records as r
from sudare.wire.ticket.codec import Ticket

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


def target(pc, **more):
    return Target("pc", "企画-0123", "vnc", pc.host, pc.port, **more)


@contextlib.asynccontextmanager
async def office(*targets, limit=200, schedule=None, line_kbit=None, **how):
    """A house with one connector that serves these targets."""
    async with house(**how) as h:
        made, book = [], LagBook()

        def host(config, identity):
            made.append(Sessions(config, identity.seal, OfficeDesk(schedule), book=book))
            return made[0]

        identity, _ = h.connector(host, *targets, limit=limit, schedule=schedule, book=book, line_kbit=line_kbit)
        async with made[0] as sessions:
            await h.directory.until(lambda known: "c1" in known)
            h.identity_of_connector, h.sessions, h.book = identity, sessions, book
            yield h


async def browse(h, *, password=PASSWORD, hello=None, ephemeral=None, caps=CAPS, **ticket_change):
    ephemeral = ephemeral or Ephemeral()
    ticket, raw = h.ticket(ephemeral, **ticket_change)
    reader, writer = await h.device(raw)
    public = h.identity_of_connector.seal_public
    browser = Browser(reader, writer, seal_public=public, raw_ticket=raw, ephemeral=ephemeral)
    credential = {} if password is None else {"credential": sealed(public, ticket, "", password)}
    browser.hello(hello or screen_hello(640, 480, caps, **credential))
    return browser


def shown_display(display, authority):
    return Target("pc", "業務", "x11", "", 0, display=display.name, authority=authority)


def shows(browser, screen):
    frame = browser.client.frame
    truth = screen.grab()
    return frame.shape[:2] == truth.shape[:2] and np.array_equal(frame[:, :, :3], truth)


async def test_the_browser_shows_the_very_pixels_of_the_office_pc():
    with xvnc(security="TLSVnc") as pc, Screen(pc.display) as screen:
        screen.paint(known_picture(640, 480))
        async with office(target(pc)) as h:
            browser = await browse(h)

            assert await browser.until(lambda: shows(browser, screen))

            screen.paint(known_picture(640, 480, seed=2))
            assert await browser.until(lambda: shows(browser, screen))


@pytest.mark.parametrize("caps", [OLD_CAPS, CAPS], ids=["first days", "today"])
async def test_a_browser_of_any_age_gets_only_what_it_takes(caps):
    noise = np.random.default_rng(1).integers(
        0, 256, (480, 640, 4), np.uint8
    )  # more than an unknown line is trusted with
    with xvnc(security="TLSVnc") as pc, Screen(pc.display) as screen:
        screen.paint(noise)
        async with office(target(pc)) as h:
            browser = await browse(h, caps=caps)
            assert await browser.until(lambda: shows(browser, screen))
            screen.paint(known_picture(640, 480))
            assert await browser.until(lambda: shows(browser, screen))

            updates = [record.body.body for record in browser.records if isinstance(record.body, r.Update)]
            sent = {type(op) for body in updates for op in ops.split(body)[0]}
            assert (ops.Image in sent) == ("jpeg" in caps)
            assert caps is CAPS or sent <= {ops.Copy, ops.Fill, ops.Pix}


async def test_a_key_and_a_click_arrive_at_the_office_pc():
    with xvnc(security="TLSVnc") as pc, Screen(pc.display) as screen:
        async with office(target(pc)) as h:
            browser = await browse(h)
            await browser.until(lambda: shows(browser, screen))

            browser.send(i.Key(1, down=True, extended=False, scancode=0x1E, keysym=0x61))
            browser.send(i.Key(2, down=False, extended=False, scancode=0x1E, keysym=0x61))
            browser.send(i.Pointer(3, 100, 90, 1), i.Pointer(4, 100, 90, 0))
            heard = []
            await browser.until(lambda: (heard.extend(screen.events()), len(heard) >= 4)[1] or browser.send(i.Ping(1)))

            assert [event.type for event in heard] == [2, 3, 4, 5]


async def test_what_a_session_measured_of_lag_reaches_the_gateway():
    with xvnc(security="TLSVnc") as pc, Screen(pc.display) as screen:
        async with office(target(pc), ping_s=1) as h:
            session = secrets.token_hex(8)
            browser = await browse(h, ses=session)
            await browser.until(lambda: shows(browser, screen))
            h.book.echo = lambda *_: None  # what really is on the way does not count here
            h.book.on_way(1000, 0)

            browser.send(i.Key(1, down=True, extended=False, scancode=0x1E, keysym=0x61), i.Ping(1))
            await browser.until(lambda: r.Pong(1) in [record.body for record in browser.records])
            screen.fill(0x00FF80, 10, 10, 60, 30)
            await browser.until(lambda: r.Answer(1) in [record.body for record in browser.records])
            browser.send(i.Shown(1, 20, 9000, 30), i.End())
            await h.directory.until(lambda _: h.directory.lags)

            ((connector, lag),) = h.directory.lags
            assert (connector, lag.session, lag.keys) == ("c1", session, 1)
            assert (lag.device.p50, lag.gateway.p50) == (51, 1008)  # counted to a sixteenth
            assert lag.line.p50 + lag.connector.p50 + lag.office.p50 > 7000


async def test_a_lost_line_is_taken_up_again_by_the_same_person_only():
    with xvnc(security="TLSVnc") as pc, Screen(pc.display) as screen:
        screen.paint(known_picture(640, 480))
        async with office(target(pc)) as h:
            session = secrets.token_hex(8)
            first = await browse(h, ses=session)
            await first.until(lambda: shows(first, screen))
            first.writer.transport.abort()
            screen.paint(known_picture(640, 480, seed=3))

            thief = await browse(h, ses=session, per="p2")
            await thief.until(lambda: False)
            again = await browse(h, ses=session, password=None)

            assert thief.closed == (4403, "denied.not-allowed")
            assert await again.until(lambda: shows(again, screen))


@pytest.mark.parametrize(
    ("password", "code"),
    [("wrong", "office.pc-credentials"), (None, "office.pc-credentials-missing")],
)
async def test_a_wrong_or_absent_password_is_said(password, code):
    with xvnc(security="TLSVnc") as pc:
        async with office(target(pc)) as h:
            browser = await browse(h, password=password)

            await browser.until(lambda: False)

            assert browser.closed == (4502, code)


async def test_a_pc_that_is_switched_off_is_said():
    with xvnc(security="TLSVnc") as pc:
        off = target(pc)
        pc.kill()
    async with office(off) as h:
        browser = await browse(h)

        await browser.until(lambda: False)

        assert browser.closed == (4502, "office.pc-unreachable")


async def test_a_pc_that_dies_in_mid_session_is_said():
    with xvnc(security="TLSVnc") as pc:
        async with office(target(pc)) as h:
            browser = await browse(h)
            await browser.until(lambda: any(state.state == "active" for state in browser.states))

            pc.kill()
            await browser.until(lambda: False)

            assert browser.states[-1].state == "closed"
            assert browser.closed == (4502, "office.pc-closed")


async def test_a_stolen_ticket_opens_nothing():
    with xvnc(security="TLSVnc") as pc:
        async with office(target(pc)) as h:
            honest, thief = Ephemeral(), Ephemeral()
            _, raw = h.ticket(honest)
            reader, writer = await h.device(raw)
            browser = Browser(
                reader, writer, seal_public=h.identity_of_connector.seal_public, raw_ticket=raw, ephemeral=thief
            )
            browser.hello(screen_hello())

            await browser.until(lambda: False)

            assert browser.closed == (4403, "denied.ticket-key")


async def test_garbage_after_the_hello_ends_the_line_and_leaves_the_session_to_its_person():
    with xvnc(security="TLSVnc") as pc, Screen(pc.display) as screen:
        async with office(target(pc)) as h:
            session = secrets.token_hex(8)
            browser = await browse(h, ses=session)
            await browser.until(lambda: shows(browser, screen))

            browser.send_raw(b"garbage")
            await browser.until(lambda: False)
            again = await browse(h, ses=session, password=None)

            assert browser.closed == (4400, "caller.malformed")
            assert await again.until(lambda: shows(again, screen))


async def test_an_administrators_cut_ends_the_session_and_its_process():
    with xvnc(security="TLSVnc") as pc, Screen(pc.display) as screen:
        async with office(target(pc)) as h:
            browser = await browse(h, per="p9")
            await browser.until(lambda: shows(browser, screen))

            assert h.edge.cut(person="p9") == 1
            await browser.until(lambda: False)

            assert browser.closed is not None


class Silent:
    """An office PC that takes every connection and says nothing; `pcs` are the connections."""

    def __init__(self):
        self.pcs, self.host, self.port = [], "127.0.0.1", 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(lambda *pc: self.pcs.append(pc), self.host, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for _, writer in self.pcs:
            writer.transport.abort()


async def begun(browser):
    await browser.until(lambda: bool(browser.states))
    return browser.closed is None


async def test_streams_of_one_session_that_come_at_once_share_one_process():
    async with Silent() as pc, office(target(pc)) as h:
        session = secrets.token_hex(8)

        browsers = await asyncio.gather(*(browse(h, ses=session) for _ in range(3)))
        await asyncio.gather(*(begun(browser) for browser in browsers))

        assert len(pc.pcs) == 1
        assert len(h.sessions._running) == 1


async def test_sessions_that_come_at_once_do_not_slip_past_the_limit():
    async with Silent() as pc, office(target(pc), limit=2) as h:
        browsers = await asyncio.gather(*(browse(h) for _ in range(4)))

        there = await asyncio.gather(*(begun(browser) for browser in browsers))

        assert sorted(there) == [False, False, True, True]
        assert [browser.closed for browser in browsers if browser.closed] == [(4429, "busy.sessions")] * 2


async def test_one_person_does_not_use_up_everybodys_sessions(monkeypatch):
    monkeypatch.setattr(hosting, "PER_PERSON", 1)
    async with Silent() as pc, office(target(pc)) as h:
        assert await begun(await browse(h, per="p1"))

        greedy = await browse(h, per="p1")

        assert not await begun(greedy)
        assert greedy.closed == (4429, "busy.sessions")
        assert await begun(await browse(h, per="p2"))


@pytest.mark.parametrize("by", [{"person": "p9"}, {"session": "s9"}, {"device": "d9"}])
async def test_a_cut_ends_a_session_that_is_only_beginning(monkeypatch, by):
    dialling, go, dial = asyncio.Event(), asyncio.Event(), hosting.officepc.dial

    async def held(to):
        dialling.set()
        await go.wait()
        return await dial(to)

    monkeypatch.setattr(hosting.officepc, "dial", held)
    async with Silent() as pc, office(target(pc)) as h:
        browser = await browse(h, per="p9", ses="s9", dev="d9")
        await asyncio.wait_for(dialling.wait(), 15)

        h.sessions.cut(**({"session": "", "person": "", "device": ""} | by))
        go.set()
        await browser.until(lambda: False)

        assert browser.closed is not None
        assert h.sessions._running == {}


async def test_one_person_does_not_use_up_everybodys_api_streams(monkeypatch):
    monkeypatch.setattr(hosting, "API_PER_PERSON", 2)
    async with office(schedule=ScheduleSettings("http://127.0.0.1:1/")) as h:

        async def desk(person):
            asked = await browse(h, hello={"v": 1, "knd": "api"}, knd="api", tgt="api", per=person)
            asked.ask({"id": 1, "op": "nothing"})
            return bool(await asked.answers()), asked.closed

        assert [await desk("p1"), await desk("p1")] == [(True, None)] * 2
        assert await desk("p1") == (False, (4429, "busy.sessions"))
        assert await desk("p2") == (True, None)


async def test_a_display_of_this_host_is_shown_without_a_password_and_its_cookie_is_fetched_outside(monkeypatch):
    with xvfb(cookie=bytes(range(16))) as display:
        monkeypatch.setenv("XAUTHORITY", str(display.authority))
        with Screen(display.name) as screen:
            screen.paint(known_picture(640, 480))
            async with office(shown_display(display, display.authority)) as h:
                browser = await browse(h, password=None)

                assert await browser.until(lambda: shows(browser, screen))
                browser.send(i.Pointer(1, 50, 60, 1))
                assert await Watch().until(screen.events)


async def test_a_display_whose_cookie_is_not_known_is_not_shown(tmp_path):
    with xvfb(cookie=bytes(range(16))) as display:
        wrong = cookie_file(tmp_path / "wrong", bytes(16))
        for authority in (wrong, tmp_path / "gone"):
            async with office(shown_display(display, authority)) as h:
                browser = await browse(h, password=None)

                await browser.until(lambda: False)

                assert browser.closed == (4502, "office.pc-protocol")


@pytest.mark.parametrize(
    ("right", "takes", "heard"), [(True, True, True), (True, False, False), (False, True, False), (None, True, False)]
)
def test_sound_needs_the_tickets_right_and_a_browser_that_takes_it(right, takes, heard):
    private, browsers = ec.generate_private_key(ec.SECP256R1()), Ephemeral()
    browser = BrowserEnd(public_bytes(private), "ticket", browsers.key)
    channel, _ = OfficeEnd.accept(browser.first(b"hello"), private, "ticket", unb64(browsers.cnf))
    rights = {} if right is None else {"audio": right}
    ticket = Ticket(kid="", jti="", iat=0, exp=0, con="", tgt="", knd="screen", ten="", per="", acc="", nam="", dev="",
                    ses="", rgt=rights, cnf="")  # fmt: skip

    client = hosting._client(ticket, Hello(1, "screen", View(640, 480), caps=Caps(audio=takes)), channel)

    assert client.caps.audio is heard

"""What becomes of a session when something behind the edge dies: real edge, real connector, caged process."""

import asyncio
import secrets
import socket

import pytest
from tests.connector.test_sessions import browse, office, shows, target
from tests.support.desktops import xvnc
from tests.support.screens import Screen, known_picture

from sudare.connector import spawner
from sudare.runtime.pump import pump
from sudare.runtime.tasks import Tasks
from sudare.wire.screen import inputs as i

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


async def test_a_killed_session_process_is_said_and_the_next_try_begins_anew():
    with xvnc(security="TLSVnc") as pc, Screen(pc.display) as screen:
        async with office(target(pc)) as h:
            session = secrets.token_hex(8)
            browser = await browse(h, ses=session)
            await browser.until(lambda: shows(browser, screen))

            h.sessions._running[session].worker.process.kill()
            await browser.until(lambda: False)
            again = await browse(h, ses=session)

            assert browser.closed == (4502, "office.pc-closed")
            assert await again.until(lambda: shows(again, screen))


async def test_where_session_processes_cannot_start_it_is_said(monkeypatch):
    monkeypatch.setattr(spawner, "command", lambda *_: ["/bin/false"])
    with xvnc(security="TLSVnc") as pc:
        async with office(target(pc)) as h:
            browser = await browse(h)

            await browser.until(lambda: False)

            assert browser.closed == (4502, "office.sandbox")


async def test_the_end_of_a_session_is_told_once_and_by_the_session_itself():
    with xvnc(security="TLSVnc") as pc, Screen(pc.display) as screen:
        async with office(target(pc)) as h:
            browser = await browse(h)
            await browser.until(lambda: shows(browser, screen))

            browser.send(i.End())
            await browser.until(lambda: False)

            assert browser.closed == (1000, "")


async def test_a_second_screen_of_the_same_person_takes_over_and_the_first_is_told():
    with xvnc(security="TLSVnc") as pc, Screen(pc.display) as screen:
        async with office(target(pc)) as h:
            session = secrets.token_hex(8)
            first = await browse(h, ses=session)
            await first.until(lambda: shows(first, screen))

            second = await browse(h, ses=session, password=None)
            await first.until(lambda: False)
            screen.paint(known_picture(640, 480, seed=4))

            assert first.closed == (4408, "link.taken-over")
            assert await second.until(lambda: shows(second, screen))


async def test_a_pc_that_refuses_the_connection_is_said():
    with socket.socket() as taken:  # bound and never listening: whoever dials is refused
        taken.bind(("127.0.0.1", 0))
        with xvnc(security="TLSVnc") as pc:
            pc.port = taken.getsockname()[1]
            async with office(target(pc)) as h:
                browser = await browse(h)

                await browser.until(lambda: False)

                assert browser.closed == (4502, "office.pc-unreachable")


async def test_a_line_given_up_twice_in_a_row_leaves_no_socket_behind():
    device, line = socket.socketpair()
    ours, theirs = socket.socketpair()
    with device, theirs:
        async with Tasks("test") as tasks:
            stream = await asyncio.open_unix_connection(sock=line)
            given_up = tasks.start(pump(stream, ours, asyncio.Event()), name="pump")
            device.sendall(b"on its way")
            theirs.setblocking(False)
            assert await asyncio.get_running_loop().sock_recv(theirs, 100) == b"on its way"

            for _ in range(2):
                given_up.cancel()
                await asyncio.sleep(0)
            await asyncio.wait([given_up])

            async with asyncio.timeout(20):
                assert await asyncio.get_running_loop().sock_recv(theirs, 100) == b""
            stream[1].close()

import asyncio
import socket

import numpy as np
import pytest
from tests.support.desktops import free_port, xvnc
from tests.support.rfb import opened as opened_client
from tests.support.rfb import rectangle, update
from tests.support.screens import Screen, known_picture
from tests.support.watching import Watch, open_descriptors, same
from Xlib import X

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.connector.worker.vnc import VNCDesktop, open_vnc, preference
from sudare.desktop.rfb.client import COMPACT, PLAIN
from sudare.desktop.source import Phase

pytestmark = [pytest.mark.servers, pytest.mark.anyio]


async def opened(pc, watch, **more):
    given = {"password": Secret(pc.password), "user": "", "tls": "allow", "pin": "first-use"} | more
    return await open_vnc((pc.host, pc.port), on_change=watch.changed, **given)


async def refused(pc, **more):
    with pytest.raises(SudareError) as caught:
        await opened(pc, Watch(), **more)
    return caught.value.code


@pytest.mark.parametrize("security", ["VncAuth", "TLSVnc", "X509Vnc"])
async def test_the_picture_is_the_servers_bit_for_bit(security):
    with xvnc(security=security) as pc, Screen(pc.display) as screen:
        watch = Watch()
        screen.paint(known_picture(640, 480))

        desktop = await opened(pc, watch)

        assert await watch.until(lambda: same(desktop, screen))
        screen.paint(known_picture(300, 200, seed=2), 40, 50)
        assert await watch.until(lambda: same(desktop, screen))
        assert desktop.certificate == pc.certificate
        desktop.close()


@pytest.mark.parametrize("security", ["None", "TLSNone", "X509None"])
async def test_a_pc_without_a_password_is_taken_only_without_one(security):
    with xvnc(security=security) as pc:
        desktop = await opened(pc, Watch(), password=None)

        assert desktop.phase is Phase.ACTIVE
        desktop.close()
        assert await refused(pc) == "office.pc-protocol"


async def test_raw_pixels_on_the_own_host_are_the_same_picture():
    with xvnc() as pc, Screen(pc.display) as screen:
        watch = Watch()
        screen.paint(known_picture(640, 480))

        desktop = await opened(pc, watch, tls="none", prefer=PLAIN)

        assert await watch.until(lambda: same(desktop, screen))
        desktop.close()


def test_pixels_come_plain_from_this_host_and_squeezed_otherwise():
    with socket.create_server(("127.0.0.1", 0)) as here, socket.create_connection(here.getsockname()) as line:
        assert preference(line) == PLAIN
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert preference(ours) == COMPACT


async def test_a_large_rectangle_is_waited_for_and_its_last_bytes_are_not_missed():
    pixels = np.random.default_rng(1).integers(0, 256, (400, 500, 4), np.uint8)
    with socket.create_server(("127.0.0.1", 0)) as here:
        line, (theirs, _) = socket.create_connection(here.getsockname()), here.accept()
    desktop = VNCDesktop(opened_client(500, 400, prefer=PLAIN), Watch().changed)
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: desktop, sock=line)
    patience = []

    def all_there():
        patience.append(line.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT))
        return (desktop.frame == pixels).all()

    data = update(rectangle(0, 0, 500, 400, 0, pixels.tobytes()))
    with theirs:
        theirs.setblocking(False)
        await loop.sock_sendall(theirs, data[:100_000])
        assert await Watch().until(lambda: all_there() or patience[-1] > 100_000)
        for at in range(100_000, len(data), 30_011):
            await loop.sock_sendall(theirs, data[at : at + 30_011])
        assert await Watch().until(all_there)

    assert patience[-1] == 1
    desktop.close()


async def test_scrolling_arrives_as_a_copy():
    with xvnc() as pc, Screen(pc.display) as screen:
        watch, copies = Watch(), []
        screen.paint(known_picture(640, 480))
        desktop = await opened(pc, watch)
        assert await watch.until(lambda: same(desktop, screen))

        screen.scroll(16)

        def scrolled():
            copies.extend(desktop.take_damage().copies)
            return copies and same(desktop, screen)

        assert await watch.until(scrolled)
        assert {c.sy - c.dy for c in copies} == {16}
        desktop.close()


async def test_a_connected_socket_is_all_it_needs():
    with xvnc() as pc:
        line = socket.create_connection((pc.host, pc.port))

        desktop = await open_vnc(
            line, password=Secret(pc.password), user="", tls="none", pin="first-use", on_change=Watch().changed
        )

        assert desktop.phase is Phase.ACTIVE
        desktop.close()


async def test_keys_text_and_wheel_arrive():
    with xvnc() as pc, Screen(pc.display) as screen:
        desktop = await opened(pc, Watch())
        heard = []
        desktop.pointer(100, 100, 0)

        desktop.key(down=True, scancode=30, extended=False, keysym=0x61)
        desktop.key(down=False, scancode=30, extended=False, keysym=0x61)
        desktop.text("簾")
        desktop.wheel(100, 100, 0, 120)
        desktop.pointer(101, 102, 4)
        desktop.release()

        def all_there():
            heard.extend(screen.events())
            return any(e.type == X.ButtonRelease and e.detail == 3 for e in heard)

        assert await Watch().until(all_there)
        assert [e.detail for e in heard if e.type == X.ButtonPress] == [5, 3]
        typed = [screen.keysym(e) for e in heard if e.type == X.KeyPress]
        assert typed == [0x61, 0x01000000 + ord("簾")]
        desktop.close()


async def test_what_is_held_is_let_go_of_at_the_end():
    with xvnc() as pc, Screen(pc.display) as screen:
        desktop = await opened(pc, Watch())
        heard = []
        desktop.key(down=True, scancode=42, extended=False, keysym=0xFFE1)

        desktop.close()

        def released():
            heard.extend(screen.events())
            return any(e.type == X.KeyRelease for e in heard)

        assert await Watch().until(released)


async def test_the_desktop_takes_another_size():
    with xvnc(size=(640, 480)) as pc, Screen(pc.display) as screen:
        watch = Watch()
        desktop = await opened(pc, watch)
        assert await watch.until(lambda: same(desktop, screen))

        desktop.resize(800, 600, 100)

        assert await watch.until(lambda: desktop.frame.shape == (600, 800, 4))
        screen.cover()
        screen.paint(known_picture(800, 600, seed=3))
        assert await watch.until(lambda: same(desktop, screen))
        desktop.close()


async def test_held_the_server_waits_and_then_the_newest_picture_comes():
    with xvnc() as pc, Screen(pc.display) as screen:
        watch = Watch()
        desktop = await opened(pc, watch)
        assert await watch.until(lambda: same(desktop, screen))
        desktop.hold(True)
        calls = watch.calls

        for seed in range(5):
            screen.paint(known_picture(640, 480, seed=seed))
        quiet = watch.calls
        desktop.hold(False)

        assert await watch.until(lambda: same(desktop, screen))
        assert quiet == calls
        desktop.close()


async def test_a_wrong_password_is_told_as_such():
    with xvnc() as pc:
        assert await refused(pc, password=Secret("wrong")) == "office.pc-credentials"
        assert await refused(pc, password=None) == "office.pc-credentials-missing"


async def test_another_certificate_is_refused_and_the_pinned_one_taken():
    with xvnc(security="X509Vnc") as pc:
        assert await refused(pc, pin="sha256:" + "0" * 64) == "office.pc-certificate"

        desktop = await opened(pc, Watch(), pin=pc.certificate, tls="require")

        assert desktop.certificate == pc.certificate
        desktop.close()


@pytest.mark.parametrize("security", ["VncAuth", "TLSVnc"])
async def test_a_pin_is_not_got_around_by_a_server_without_certificate(security):
    with xvnc(security=security) as pc:
        assert await refused(pc, pin="sha256:" + "0" * 64) == "office.pc-certificate"


async def test_required_encryption_is_required():
    with xvnc(security="VncAuth") as pc:
        assert await refused(pc, tls="require") == "office.pc-certificate"


async def test_nobody_there_is_unreachable():
    with pytest.raises(SudareError) as caught:
        await open_vnc(
            ("127.0.0.1", free_port()), password=None, user="", tls="none", pin="first-use", on_change=Watch().changed
        )

    assert caught.value.code == "office.pc-unreachable"


async def test_a_silent_server_is_unreachable():
    ours, theirs = socket.socketpair()
    with theirs, pytest.raises(SudareError) as caught:
        await open_vnc(
            ours, password=None, user="", tls="none", pin="first-use", on_change=Watch().changed, timeout_s=0.1
        )

    assert caught.value.code == "office.pc-unreachable"


async def test_a_server_that_dies_closes_the_session():
    with xvnc() as pc:
        watch = Watch()
        desktop = await opened(pc, watch)

        pc.kill()

        assert await watch.until(lambda: desktop.phase is Phase.CLOSED)
        assert desktop.failure == "office.pc-closed"
        desktop.close()


async def test_thirty_sessions_leave_nothing_behind():
    with xvnc(security="X509Vnc") as pc:
        (await opened(pc, Watch())).close()
        before = open_descriptors()

        for _ in range(30):
            (await opened(pc, Watch())).close()

        assert await Watch().until(lambda: open_descriptors() <= before)

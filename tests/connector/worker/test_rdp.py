import asyncio
import contextlib
import itertools
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.support.desktops import free_port, shadow, xrdp
from tests.support.screens import Screen, known_picture
from tests.support.sounding import decoded, loudest_hz, sounding_xrdp
from tests.support.watching import Watch, open_descriptors, running_threads, same
from Xlib import X

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.connector.worker.rdp import open_rdp
from sudare.desktop.source import Phase

pytestmark = [pytest.mark.servers, pytest.mark.anyio]
A = 30  # scancode
ROOT = Path(__file__).parents[3]


async def opened(pc, watch, **more):
    given = {"host": "office-pc.test", "user": pc.user, "domain": "", "password": Secret(pc.password), "w": 800,
             "h": 600, "scale": 100, "layout": "us", "pin": "first-use"} | more  # fmt: skip
    return await open_rdp(given.pop("line", (pc.host, pc.port)), on_change=watch.changed, **given)


async def refused(pc, **more):
    with pytest.raises(SudareError) as caught:
        await opened(pc, Watch(), **more)
    return caught.value.code


async def shown(desktop, screen, watch, seed=1):
    """Paint until the PC's picture is ours (xorgxrdp takes its size from us, a little after the connection)."""
    assert await watch.until(lambda: desktop.take_damage() and desktop.frame.shape[:2] == screen.size()[::-1])
    screen.cover()
    screen.paint(known_picture(screen.w, screen.h, seed=seed))
    return await watch.until(lambda: same(desktop, screen))


async def test_xrdps_picture_is_the_x_servers_bit_for_bit():
    with xrdp() as pc, Screen(pc.display) as screen:
        watch = Watch()

        desktop = await opened(pc, watch, pin=pc.certificate)

        assert await shown(desktop, screen, watch)
        assert await shown(desktop, screen, watch, seed=2)
        assert desktop.certificate == pc.certificate
        desktop.close()


async def test_a_pc_that_never_stops_painting_is_seen_all_the_while():
    with xrdp() as pc, Screen(pc.display) as screen:
        watch, enough, seen = Watch(), threading.Event(), []
        desktop = await opened(pc, watch)
        assert await shown(desktop, screen, watch)

        def paint():
            for n in itertools.count():
                if enough.is_set():
                    return
                screen.fill(n * 0x010305 & 0xFFFFFF, 0, 0, screen.w, screen.h)

        def noted():
            seen.extend(desktop.take_damage().rects)
            return len(seen) >= 10

        painting = asyncio.create_task(asyncio.to_thread(paint))
        try:
            assert await watch.until(noted)
        finally:
            enough.set()
            await painting
        assert await watch.until(lambda: same(desktop, screen))
        desktop.close()


async def test_no_channel_for_files_sound_or_clipboard_is_joined():
    with xrdp() as pc:
        desktop = await opened(pc, Watch())

        assert desktop.status.channels == ("drdynvc",)
        desktop.close()


async def test_keys_wheel_and_buttons_arrive():
    with xrdp() as pc, Screen(pc.display) as screen:
        watch, heard = Watch(), []
        desktop = await opened(pc, watch)
        assert await shown(desktop, screen, watch)

        desktop.pointer(100, 100, 0)
        desktop.key(down=True, scancode=A, extended=False, keysym=0)
        desktop.key(down=False, scancode=A, extended=False, keysym=0)
        desktop.text("b\n")
        desktop.wheel(100, 100, 0, 120)
        desktop.pointer(101, 102, 4)
        desktop.release()

        def all_there():
            heard.extend(screen.events())
            return any(e.type == X.ButtonRelease and e.detail == 3 for e in heard)

        assert await watch.until(all_there)
        assert [screen.keysym(e) for e in heard if e.type == X.KeyPress] == [0x61, 0x62, 0xFF0D]
        assert [e.detail for e in heard if e.type == X.ButtonPress] == [5, 3]
        desktop.close()


async def test_what_is_held_is_let_go_of_at_the_end():
    with xrdp() as pc, Screen(pc.display) as screen:
        watch = Watch()
        desktop = await opened(pc, watch)
        assert await shown(desktop, screen, watch)
        desktop.key(down=True, scancode=A, extended=False, keysym=0)
        assert await watch.until(lambda: any(screen.x.query_keymap()))

        desktop.close()

        assert await watch.until(lambda: not any(screen.x.query_keymap()))


async def test_the_desktop_takes_another_size_while_it_runs():
    with xrdp() as pc, Screen(pc.display) as screen:
        watch = Watch()
        desktop = await opened(pc, watch)
        assert await shown(desktop, screen, watch)

        desktop.resize(1024, 768, 100)

        assert await watch.until(lambda: desktop.take_damage() and desktop.frame.shape == (768, 1024, 4))
        assert await watch.until(lambda: screen.size() == (1024, 768))
        assert await shown(desktop, screen, watch, seed=3)
        desktop.close()


async def test_another_certificate_is_refused():
    with xrdp() as pc:
        assert await refused(pc, pin="sha256:" + "0" * 64) == "office.pc-certificate"


async def test_a_server_that_dies_closes_the_session():
    with xrdp() as pc:
        watch = Watch()
        desktop = await opened(pc, watch)

        pc.kill()

        assert await watch.until(lambda: desktop.phase is Phase.CLOSED)
        assert desktop.failure == "office.pc-closed"
        desktop.close()
        assert desktop.failure == "office.pc-closed"


async def test_network_level_authentication_takes_the_right_password_only():
    with shadow(size=(800, 600)) as pc, Screen(pc.display) as screen:
        watch = Watch()

        desktop = await opened(pc, watch)

        assert await shown(desktop, screen, watch)
        assert desktop.status.ending.network_level
        desktop.close()
        assert await refused(pc, password=Secret("wrong")) == "office.pc-credentials"
        assert await refused(pc, user="suzuki") == "office.pc-credentials"


async def test_tls_alone_shows_the_same_picture():
    with shadow(size=(800, 600), security="tls") as pc, Screen(pc.display) as screen:
        watch = Watch()

        desktop = await opened(pc, watch)

        assert await shown(desktop, screen, watch)
        desktop.close()


async def test_a_connected_socket_is_all_it_needs():
    with xrdp() as pc:
        line = socket.create_connection((pc.host, pc.port))

        desktop = await opened(pc, Watch(), line=line)

        assert line.fileno() == -1
        assert desktop.phase is Phase.ACTIVE
        desktop.close()


IN_A_SANDBOX = """
import asyncio, socket, sys
from sudare.base.secret import Secret
from sudare.connector.worker.rdp import open_rdp

async def main():
    desktop = await open_rdp(
        socket.socket(fileno=int(sys.argv[1])), host="office-pc.test", user="tanaka", domain="",
        password=Secret(sys.argv[2]), w=800, h=600, scale=100, layout="jp", pin="first-use", on_change=lambda: None)
    print(desktop.phase.value)
    desktop.close()

asyncio.run(main())
"""


async def test_a_worker_without_network_home_or_writable_disk_can_open_it():
    with shadow() as pc, socket.create_connection((pc.host, pc.port)) as line:
        command = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
        command += ["--ro-bind", str(ROOT), str(ROOT), "--unshare-net", "--unshare-pid", "--unsetenv", "HOME"]
        command += ["--setenv", "PYTHONPATH", str(ROOT / "src"), sys.executable, "-c", IN_A_SANDBOX]

        run = await asyncio.to_thread(
            subprocess.run,
            [*command, str(line.fileno()), pc.password],
            pass_fds=[line.fileno()], capture_output=True, text=True, timeout=60,
        )  # fmt: skip

        assert (run.stdout, run.returncode) == ("active\n", 0), run.stderr


async def test_xrdps_own_login_dialog_is_a_picture_like_any_other():
    """What xrdp shows after a wrong password: nothing on the wire tells it from a desktop."""
    with xrdp(login_dialog=True) as pc:
        watch = Watch()

        desktop = await opened(pc, watch)

        assert await watch.until(lambda: desktop.take_damage() and desktop.frame.any())
        assert (desktop.phase, desktop.failure) == (Phase.ACTIVE, None)
        desktop.close()


async def test_nobody_there_is_unreachable():
    with pytest.raises(SudareError) as caught:
        await open_rdp(
            ("127.0.0.1", free_port()), host="pc", user="u", domain="", password=Secret("p"), w=800, h=600, scale=100,
            layout="jp", pin="first-use", on_change=Watch().changed,
        )  # fmt: skip

    assert caught.value.code == "office.pc-unreachable"


async def test_a_silent_server_is_unreachable():
    ours, theirs = socket.socketpair()
    with theirs, pytest.raises(SudareError) as caught:
        await open_rdp(
            ours, host="pc", user="u", domain="", password=Secret("p"), w=800, h=600, scale=100, layout="jp",
            pin="first-use", on_change=Watch().changed, timeout_s=0.2,
        )  # fmt: skip

    assert caught.value.code == "office.pc-unreachable"


async def test_thirty_sessions_leave_nothing_behind():
    with shadow(size=(320, 240), security="tls") as pc:
        (await opened(pc, Watch())).close()
        before = open_descriptors(), running_threads()

        for number in range(30):
            ours = socket.create_connection((pc.host, pc.port))
            with contextlib.suppress(SudareError):  # cut at whatever moment the deadline falls on
                (await opened(pc, Watch(), line=ours, timeout_s=0.02 * number)).close()

        assert open_descriptors() <= before[0]
        assert running_threads() <= before[1]


async def test_what_the_pc_plays_arrives_as_opus_and_silence_as_nothing():
    with sounding_xrdp() as pc:
        watch, heard = Watch(), []
        desktop = await opened(pc, watch, sound=True)
        pc.player.play(440)

        assert await watch.until(lambda: heard.extend(desktop.take_sound()) or len(heard) >= 100)
        pc.player.play(0)
        quiet = []

        def still():
            quiet.append(desktop.take_sound())
            return len(quiet) > 8 and not any(quiet[-4:])

        assert await watch.until(still)
        tone = decoded(heard[20:100])
        assert abs(loudest_hz(tone) - 440) < 2
        assert 0.15 < tone.std() < 0.25  # as loud as it was played
        assert sum(map(len, heard[20:100])) * 8 / 80 * 50 < 40_000  # bits a second
        assert desktop.status.channels == ("drdynvc", "rdpsnd")  # and nothing for drives or printers
        desktop.close()


async def test_sound_nobody_takes_is_not_kept():
    with sounding_xrdp() as pc:
        watch, since = Watch(), []
        desktop = await opened(pc, watch, sound=True)
        pc.player.play(440)
        assert await watch.until(desktop.take_sound)

        assert await watch.until(lambda: since.append(watch.calls) or since[-1] >= since[0] + 20)

        assert 0 < len(desktop.take_sound()) <= 5
        desktop.close()

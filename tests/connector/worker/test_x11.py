import asyncio
import contextlib
import os
import socket
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
from demo.cityhall.session import Session
from tests.support.displays import xorg, xvfb
from tests.support.screens import Screen, known_picture
from tests.support.watching import Watch, open_descriptors, running_threads, same
from Xlib import X, Xcursorfont

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.connector.worker.x11 import open_x11
from sudare.desktop.source import Phase

pytestmark = [pytest.mark.servers, pytest.mark.anyio]
A, S, CTRL, YEN = 30, 31, 29, 0x7D  # scancodes
COOKIE = bytes(range(16))
LETTER = """吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。𠮷野さんと髙橋さんは𩸽を食べた😀。
何でも薄暗いじめじめした所でニャーニャー泣いていた事だけは記憶している。ﾊﾝｶｸ "Office" 2026 <tag>\tタブ、ああ𠮷𠮷。
"""


async def opened(display, watch, **more):
    given = {"cookie": None, "layout": "us"} | more
    return await open_x11(given.pop("line", None) or display.line(), on_change=watch.changed, **given)


async def refused(line, **more):
    with pytest.raises(SudareError) as caught:
        await open_x11(line, on_change=Watch().changed, **({"cookie": None, "layout": "us"} | more))
    return caught.value.code


async def still(desktop, watch):
    """Until the picture is there and nothing more comes; what came is thrown away."""
    seen = []

    def settled():
        seen.append(bool(desktop.take_damage().rects))
        return len(seen) > 3 and not any(seen[-3:])

    assert await watch.until(settled)


# -- the picture ---------------------------------------------------------------


@pytest.mark.parametrize("server", [xvfb, xorg])
async def test_the_picture_is_the_x_servers_bit_for_bit(server):
    with server() as display, Screen(display.name) as screen:
        watch = Watch()
        desktop = await opened(display, watch)

        for seed in (1, 2):
            screen.paint(known_picture(screen.w, screen.h, seed=seed))
            assert await watch.until(lambda: same(desktop, screen))
        screen.scroll(37)
        screen.fill(0x00FF80, 10, 10, 300, 3)

        assert await watch.until(lambda: same(desktop, screen))
        assert len(np.unique(desktop.frame[:, :, :3].reshape(-1, 3), axis=0)) > 10_000
        desktop.close()


@pytest.mark.parametrize("deltas", [False, True])
async def test_whatever_is_drawn_the_picture_ends_up_the_same(deltas):
    """Small things all over the screen, faster than they are taken; at either level of damage reports."""
    from sudare.connector.worker.x11 import WatchedX11Desktop
    from sudare.desktop.x11.client import Settings

    rng = np.random.default_rng(5)
    with xvfb() as display, Screen(display.name) as screen:
        watch = Watch()
        desktop = WatchedX11Desktop(display.line().detach(), Settings(None, "us", deltas))
        desktop.watch(watch.changed)
        for _ in range(300):
            x, y, w, h = (int(v) for v in rng.integers(1, 120, 4) * (5, 3, 1, 1))
            screen.fill(int(rng.integers(0, 1 << 24)), x, y, w, h)
            if rng.random() < 0.2:
                await asyncio.sleep(0)
                desktop.take_damage()

        assert await watch.until(lambda: same(desktop, screen))
        desktop.close()


async def test_damage_is_what_was_drawn_and_no_more():
    with xvfb() as display, Screen(display.name) as screen:
        watch, rects = Watch(), []
        desktop = await opened(display, watch)
        screen.paint(known_picture(640, 480))
        await still(desktop, watch)

        screen.fill(0xFF00FF, 100, 50, 30, 40)
        screen.fill(0x00FFFF, 500, 400, 7, 9)

        def both():
            rects.extend(desktop.take_damage().rects)
            return sum(r.w * r.h for r in rects) >= 30 * 40 + 7 * 9

        assert await watch.until(both)
        assert sorted((r.x, r.y, r.w, r.h) for r in rects) == [(100, 50, 30, 40), (500, 400, 7, 9)]
        desktop.close()


async def test_at_rest_nothing_wakes_anybody():
    with xvfb() as display, Screen(display.name) as screen:
        watch = Watch()
        desktop = await opened(display, watch)
        screen.paint(known_picture(640, 480))
        await still(desktop, watch)
        before = watch.calls, desktop.rounds

        for _ in range(5):
            assert desktop.take_damage().rects == []
            screen.x.sync()
            await asyncio.sleep(0)

        assert (watch.calls, desktop.rounds) == before
        desktop.close()


async def test_while_held_no_pixels_are_asked_for_and_afterwards_the_newest_come():
    with xvfb() as display, Screen(display.name) as screen:
        watch = Watch()
        desktop = await opened(display, watch)
        await still(desktop, watch)
        desktop.hold(True)
        rounds = desktop.rounds

        for seed in range(1, 6):
            screen.paint(known_picture(640, 480, seed=seed))
            await asyncio.sleep(0)
            desktop.take_damage()
        held = desktop.rounds
        desktop.hold(False)

        assert held == rounds
        assert await watch.until(lambda: same(desktop, screen))
        desktop.close()


# -- the pointer's picture -----------------------------------------------------


def pointer_of(screen, source, mask, hot):
    """A red and blue pointer over the whole window."""
    w, h = len(source[0]), len(source)
    bitmaps = []
    for rows in (source, mask):
        bitmap = screen.window.create_pixmap(w, h, 1)
        gc = bitmap.create_gc(foreground=0, background=0)
        bitmap.fill_rectangle(gc, 0, 0, w, h)
        gc.change(foreground=1)
        for y, row in enumerate(rows):
            for x, bit in enumerate(row):
                if bit == "#":
                    bitmap.fill_rectangle(gc, x, y, 1, 1)
        bitmaps.append(bitmap)
    cursor = bitmaps[0].create_cursor(bitmaps[1], (65535, 0, 0), (0, 0, 65535), *hot)
    screen.window.change_attributes(cursor=cursor)
    screen.x.sync()


async def test_a_pointers_image_arrives_with_its_hot_spot():
    with xvfb() as display, Screen(display.name) as screen:
        watch, seen = Watch(), []
        desktop = await opened(display, watch)
        desktop.pointer(50, 50, 0)

        pointer_of(screen, ["#..", ".#.", "..."], ["##.", "##.", "..."], (1, 2))

        def there():
            seen.append(desktop.take_damage().cursor)
            return seen[-1] is not None and seen[-1].w == 3

        assert await watch.until(there)
        cursor = seen[-1]
        red, blue, clear = bytes((255, 0, 0, 255)), bytes((0, 0, 255, 255)), bytes(4)
        assert (cursor.hot_x, cursor.hot_y, cursor.w, cursor.h) == (1, 2, 3, 3)
        assert cursor.rgba == red + blue + clear + blue + red + clear + clear * 3
        desktop.close()


async def test_a_pointer_of_nothing_is_hidden_and_it_is_never_in_the_picture():
    with xvfb() as display, Screen(display.name) as screen:
        watch, seen = Watch(), []
        desktop = await opened(display, watch)
        screen.paint(known_picture(640, 480))
        desktop.pointer(50, 50, 0)
        arrow = screen.x.create_resource_object("font", screen.x.open_font("cursor").id)
        screen.window.change_attributes(
            cursor=arrow.create_glyph_cursor(
                arrow, Xcursorfont.arrow, Xcursorfont.arrow + 1, (0, 0, 0), (65535, 65535, 65535)
            )
        )
        screen.x.sync()
        assert await watch.until(lambda: same(desktop, screen))

        pointer_of(screen, ["."], ["."], (0, 0))

        def hidden():
            seen.append(desktop.take_damage().cursor)
            return seen[-1] is not None and seen[-1].rgba == b""

        assert await watch.until(hidden)
        desktop.take_damage()
        assert (desktop.frame[:, :, :3] == known_picture(640, 480)[:, :, :3]).all()
        desktop.close()


# -- input ---------------------------------------------------------------------


async def test_keys_wheel_buttons_and_text_arrive():
    with xvfb() as display, Screen(display.name) as screen:
        watch, heard = Watch(), []
        desktop = await opened(display, watch)

        desktop.pointer(100, 100, 0)
        desktop.key(down=True, scancode=A, extended=False, keysym=0)
        desktop.key(down=False, scancode=A, extended=False, keysym=0)
        desktop.key(down=True, scancode=0, extended=False, keysym=0x010020AC)
        desktop.key(down=False, scancode=0, extended=False, keysym=0x010020AC)
        desktop.text("bé𠮷\n")
        desktop.wheel(100, 100, 0, 120)
        desktop.pointer(101, 102, 4)
        desktop.release()

        def all_there():
            heard.extend(screen.events())
            return any(e.type == X.ButtonRelease and e.detail == 3 for e in heard)

        assert await watch.until(all_there)
        pressed = [screen.keysym(e) for e in heard if e.type == X.KeyPress]
        assert pressed == [0x61, 0x010020AC, 0x62, 0xE9, 0x01020BB7, 0xFF0D]
        assert [e.detail for e in heard if e.type == X.ButtonPress] == [5, 3]
        assert [(e.root_x, e.root_y) for e in heard if e.type == X.ButtonPress] == [(100, 100), (101, 102)]
        desktop.close()


@pytest.mark.parametrize(("layout", "keysym"), [("jp", 0x22), ("us", 0x40)])
async def test_the_keyboard_is_the_persons(layout, keysym):
    """Shift and 2 is a quotation mark on a Japanese keyboard; the yen key is there at all."""
    with xvfb() as display, Screen(display.name) as screen:
        watch, heard = Watch(), []
        desktop = await opened(display, watch, layout=layout)

        for scancode in (42, 3, YEN):
            desktop.key(down=True, scancode=scancode, extended=False, keysym=0)
        desktop.release()

        def all_there():
            heard.extend(screen.events())
            return sum(e.type == X.KeyRelease for e in heard) == 3

        assert await watch.until(all_there)
        two, yen = [e for e in heard if e.type == X.KeyPress][1:]
        row = screen.x.get_keyboard_mapping(yen.detail, 1)[0]
        assert screen.keysym(two) == keysym
        assert list(row[:2]) == ([0x5C, 0x7C] if layout == "jp" else [0, 0])
        desktop.close()


async def test_what_is_held_is_let_go_of_at_the_end_and_unused_keys_mean_nothing_again():
    with xvfb() as display, Screen(display.name) as screen:
        watch = Watch()
        desktop = await opened(display, watch)
        before = screen.x.get_keyboard_mapping(8, 248)
        desktop.text("簾")
        desktop.key(down=True, scancode=A, extended=False, keysym=0)
        desktop.pointer(5, 5, 1)
        assert await watch.until(lambda: any(screen.x.query_keymap()))
        during = screen.x.get_keyboard_mapping(8, 248)
        desktop.typed()

        desktop.close()

        assert await watch.until(lambda: not any(screen.x.query_keymap()))
        assert not screen.root.query_pointer().mask & X.Button1Mask
        assert [list(row) for row in during] != [list(row) for row in before]
        after = screen.x.get_keyboard_mapping(8, 248)
        assert [list(row)[:4] for row in after] == [list(row)[:4] for row in before]


async def test_a_session_after_one_that_was_killed_finds_as_many_unused_keys():
    with xvfb() as display, display.line() as line:
        first = await opened(display, Watch(), line=line.dup())
        spare = len(first._input._keymap.spare())
        first.text("簾吾輩は猫である")
        await still(first, Watch())

        line.shutdown(socket.SHUT_RDWR)
        second = await opened(display, Watch())

        assert len(second._input._keymap.spare()) == spare >= 8
        second.close()
        first.close()


def in_front(name):
    """The class of the window that has the keyboard, as the window manager says (EWMH)."""
    command = ["xprop", "-display", name, "-root", "_NET_ACTIVE_WINDOW"]
    window = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.split()[-1]
    command = ["xprop", "-display", name, "-id", window, "WM_CLASS"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    return told.stdout.lower()


@pytest.mark.parametrize("says", [True, False])
async def test_japanese_text_is_in_the_file_mousepad_saves(says):
    """More characters than unused keys, some beyond 16 bits; the program says what it read, or time passes."""
    with xvfb(size=(1024, 700)) as display, tempfile.TemporaryDirectory() as folder:
        session = Session(Path(folder) / "pc", display.name, wallpaper="#336699", memo="")
        try:
            (memo,) = (Path(folder) / "pc/home").glob("*.txt")
            watch = Watch()
            desktop = await opened(display, watch, layout="jp")
            if not says:
                desktop._input._line.ask = lambda: None
            assert await watch.until(lambda: "mousepad" in in_front(display.name), 30)

            desktop.text(LETTER)
            for down in (True, False):
                for scancode in (CTRL, S) if down else (S, CTRL):
                    desktop.key(down=down, scancode=scancode, extended=False, keysym=0)

            assert await watch.until(lambda: LETTER in memo.read_text(), 30)
            assert memo.read_text().strip("\n") == LETTER.strip("\n")
            desktop.close()
        finally:
            session.stop()


# -- size ----------------------------------------------------------------------


@pytest.mark.parametrize("server", [lambda: xvfb(size=(1920, 1200)), xorg])
async def test_the_display_takes_another_size_while_it_runs(server):
    with server() as display, Screen(display.name) as screen:
        watch = Watch()
        desktop = await opened(display, watch)

        for size in ((1280, 800), (1004, 701), (1600, 900), (1280, 800)):
            desktop.resize(*size, 100)
            assert await watch.until(lambda size=size: desktop.take_damage() and desktop.frame.shape[1::-1] == size)
            assert screen.size() == size
            screen.cover()
            screen.paint(known_picture(*size, seed=3))
            assert await watch.until(lambda: same(desktop, screen))

        desktop.close()


async def test_of_many_sizes_asked_for_at_once_the_last_one_stays_and_no_mode_is_left_behind():
    with xvfb(size=(1920, 1200)) as display, Screen(display.name) as screen:
        watch = Watch()
        desktop = await opened(display, watch)
        before = len(screen.root.xrandr_get_screen_resources()._data["modes"])

        for w in range(800, 1100, 10):
            desktop.resize(w, 600, 100)
            await asyncio.sleep(0)

        assert await watch.until(lambda: desktop.take_damage() and desktop.frame.shape == (600, 1090, 4))
        assert len(screen.root.xrandr_get_screen_resources()._data["modes"]) <= before + 2
        desktop.close()


async def test_a_size_the_server_has_no_room_for_becomes_the_nearest():
    with xvfb(size=(800, 600)) as display, Screen(display.name) as screen:
        watch = Watch()
        desktop = await opened(display, watch)
        desktop.resize(640, 480, 100)
        assert await watch.until(lambda: desktop.take_damage() and desktop.frame.shape == (480, 640, 4))

        desktop.resize(4000, 500, 100)

        assert await watch.until(lambda: desktop.take_damage() and desktop.frame.shape == (500, 800, 4))
        assert screen.size() == (800, 500)
        desktop.close()


async def test_the_screens_scale_becomes_its_density():
    with xvfb(size=(1920, 1200)) as display, Screen(display.name) as screen:
        watch = Watch()
        desktop = await opened(display, watch)

        desktop.resize(1536, 960, 200)

        assert await watch.until(lambda: desktop.take_damage() and desktop.frame.shape == (960, 1536, 4))
        with Screen(display.name) as again:
            mm = again.x.screen().width_in_mms
        assert round(1536 * 25.4 / mm) == pytest.approx(192, abs=1)
        assert screen.size() == (1536, 960)
        desktop.close()


# -- opening and ending --------------------------------------------------------


@pytest.mark.parametrize("server", [xvfb, xorg])
async def test_a_server_that_dies_closes_the_session(server):
    with server() as display:
        watch = Watch()
        desktop = await opened(display, watch)

        display.kill()

        assert await watch.until(lambda: desktop.phase is Phase.CLOSED)
        assert desktop.failure == "office.pc-closed"
        desktop.text("x")
        desktop.close()
        assert desktop.failure == "office.pc-closed"


async def test_a_display_that_asks_for_a_cookie_lets_nobody_in_without(monkeypatch):
    with xvfb(cookie=COOKIE) as display:
        monkeypatch.setenv("XAUTHORITY", os.devnull)

        desktop = await opened(display, Watch(), cookie=Secret(COOKIE))

        assert desktop.phase is Phase.ACTIVE
        desktop.close()
        assert await refused(display.line()) == "office.pc-protocol"
        assert await refused(display.line(), cookie=Secret(bytes(16))) == "office.pc-protocol"


async def test_a_silent_server_is_unreachable():
    ours, theirs = socket.socketpair()
    with theirs:
        assert await refused(ours, timeout_s=0.2) == "office.pc-unreachable"


async def test_thirty_sessions_leave_nothing_behind():
    with xvfb(size=(320, 240)) as display:
        (await opened(display, Watch())).close()
        before = open_descriptors(), running_threads()

        for number in range(30):
            line = display.line()
            with contextlib.suppress(SudareError):  # cut at whatever moment the deadline falls on
                (await opened(display, Watch(), line=line, timeout_s=0.001 * number)).close()

        assert await Watch().until(lambda: open_descriptors() <= before[0])
        assert running_threads() <= before[1] + os.cpu_count() + 4  # the pool that opened them

import select
import socket

import pytest
from tests.support.desktops import wait_until
from tests.support.displays import xvfb

from sudare.base.errors import SudareError
from sudare.desktop.source import Phase
from sudare.desktop.x11.client import Settings, X11Desktop

pytestmark = pytest.mark.servers
PLAIN = Settings(None, "us")


def opened(display, settings=PLAIN):
    return X11Desktop(display.line().detach(), settings)


def until(desktop, reached):
    def step():
        if desktop.fd >= 0:
            select.select([desktop.fd], [], [], 0.05)
        desktop.wake()
        return reached()

    return wait_until(step)


def test_the_first_picture_is_the_whole_screen_and_then_there_is_nothing():
    with xvfb(size=(320, 240)) as display:
        desktop = opened(display)

        before, found = desktop.frame.shape, []
        assert until(desktop, lambda: found.append(desktop.take_damage()) or found[-1].rects)
        first, rects = found[-1], found[-1].rects

        assert before == (0, 0, 4)
        assert first.resized
        assert desktop.frame.shape == (240, 320, 4)
        assert [(r.x, r.y, r.w, r.h) for r in rects] == [(0, 0, 320, 240)]
        desktop.close()


def test_its_own_close_is_no_failure_and_takes_input_without_complaint():
    with xvfb(size=(320, 240)) as display:
        desktop = opened(display)

        desktop.close()
        desktop.key(down=True, scancode=30, extended=False, keysym=0)
        desktop.pointer(1, 1, 1)
        desktop.wheel(1, 1, 0, 120)
        desktop.text("x")
        desktop.release()
        desktop.resize(800, 600, 100)
        desktop.hold(True)
        desktop.typed()
        desktop.wake()
        desktop.close()

        assert (desktop.phase, desktop.failure, desktop.fd) == (Phase.CLOSED, None, -1)
        assert desktop.take_damage().rects == []


def test_a_server_that_hangs_takes_no_input_and_does_not_hang_us():
    with xvfb(size=(320, 240)) as display:
        desktop = opened(display)
        display.process.send_signal(19)  # SIGSTOP
        try:
            for _ in range(20_000):
                desktop.pointer(1, 1, 1)
                desktop.pointer(2, 2, 0)
            desktop.text("x" * 10_000)
            desktop.close()
        finally:
            display.process.send_signal(18)

        assert desktop.phase is Phase.CLOSED


def test_what_does_not_speak_x11_is_refused():
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20)
        theirs.shutdown(socket.SHUT_WR)

        with pytest.raises(SudareError) as caught:
            X11Desktop(ours.detach(), PLAIN)

    assert caught.value.code == "office.pc-protocol"


def test_a_line_that_ends_before_a_word_is_refused():
    ours, theirs = socket.socketpair()
    theirs.close()

    with pytest.raises(SudareError) as caught:
        X11Desktop(ours.detach(), PLAIN)

    assert caught.value.code == "office.pc-protocol"


def test_a_screen_of_another_depth_is_refused():
    with xvfb(options=("-screen", "0", "320x240x16")) as display, pytest.raises(SudareError) as caught:
        opened(display)

    assert caught.value.code == "office.pc-protocol"

import select
import socket
import tempfile

import pytest
from tests.support.desktops import wait_until

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.desktop.rdp.client import RDPDesktop, Settings
from sudare.desktop.source import Phase


def settings(**more):
    given = {"host": "office-pc.test", "user": "tanaka", "domain": "", "password": Secret("x"), "w": 640, "h": 480,
             "scale": 100, "layout": 0x411, "pin": None, "folder": tempfile.gettempdir()}  # fmt: skip
    return Settings(**(given | more))


def until_closed(desktop):
    def closed():
        if desktop.fd >= 0:
            select.select([desktop.fd], [], [], 0.05)
        desktop.wake()
        return desktop.phase is Phase.CLOSED

    return wait_until(closed)


def test_a_line_that_ends_before_a_word_was_no_pc():
    ours, theirs = socket.socketpair()

    desktop = RDPDesktop(ours.fileno(), settings())
    ours.close()
    theirs.close()

    assert until_closed(desktop)
    assert desktop.failure == "office.pc-unreachable"
    desktop.close()
    assert desktop.failure == "office.pc-unreachable"


def test_a_line_that_speaks_something_else_is_refused():
    ours, theirs = socket.socketpair()
    with theirs:
        desktop = RDPDesktop(ours.fileno(), settings())
        ours.close()
        theirs.recv(1000)

        theirs.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20)
        theirs.shutdown(socket.SHUT_WR)

        assert until_closed(desktop)
        assert desktop.failure in {"office.pc-protocol", "office.pc-unreachable"}
        desktop.close()


def test_closing_while_the_pc_is_silent_does_not_wait_for_it():
    ours, theirs = socket.socketpair()
    with theirs:
        desktop = RDPDesktop(ours.fileno(), settings())
        ours.close()
        theirs.recv(1000)

        desktop.close()

        assert (desktop.phase, desktop.failure, desktop.fd) == (Phase.CLOSED, None, -1)
        theirs.settimeout(5)
        while theirs.recv(1000):
            pass


def test_a_closed_session_takes_input_without_complaint():
    ours, theirs = socket.socketpair()
    theirs.close()
    desktop = RDPDesktop(ours.fileno(), settings())
    ours.close()
    desktop.close()

    desktop.key(down=True, scancode=30, extended=False, keysym=0)
    desktop.pointer(1, 1, 1)
    desktop.wheel(1, 1, 0, 120)
    desktop.text("x")
    desktop.release()
    desktop.resize(800, 600, 100)
    desktop.wake()
    desktop.close()

    assert desktop.take_damage().rects == []


def test_a_zero_byte_in_a_password_is_refused():
    with pytest.raises(SudareError) as caught:
        RDPDesktop(0, settings(password=Secret("a\0b")))

    assert caught.value.code == "caller.malformed"


def test_a_line_that_is_none_is_refused():
    with pytest.raises(SudareError):
        RDPDesktop(-1, settings())

"""The operator has one PC marked: whoever opens it sees it with the mark across it, and only so."""

import subprocess
import sys
import time

import numpy as np
import pytest
from tests.support.screens import Screen, known_picture

from sudare.connector.watermark import drawn
from sudare.wire.ticket.codec import Ticket

STEP = 37


@pytest.fixture
def marked(town):
    """福祉-0456, marked by command as long as the test runs."""

    def mark(state):
        command = [sys.executable, "-m", "sudare.entry.cli", "gateway", "target", "mark", "fukushi-0456", state]
        subprocess.run([*command, "--dir", str(town.sudare.gateway_folder)], check=True, timeout=60)

    mark("on")
    yield
    mark("off")


def patterns(first, last):
    """The marks of a session of hers that was opened between these two moments."""
    for minute in range(int(first) // 60, int(last) // 60 + 1):
        ticket = Ticket(kid="", jti="", iat=minute * 60, exp=0, con="", tgt="", knd="screen", ten="", per="",
                        acc="yamada", nam="山田 花子", dev="", ses="", rgt={}, cnf="")  # fmt: skip
        pattern = drawn(ticket)
        yield np.frombuffer(pattern.cover, np.uint8).reshape(pattern.h, pattern.w) != 0


def under(strokes, w, h, down=0):
    """Where the mark is when everything was scrolled up by `down`."""
    rows, columns = np.mgrid[down : h + down, 0:w]
    return strokes[rows % strokes.shape[0], columns % strokes.shape[1]]


def test_the_canvas_of_a_marked_pc_is_its_picture_and_the_mark_and_scrolling_keeps_both(person, town, marked):
    person.begin("yamada")
    began = time.time()
    person.open_pc("vnc")
    person.phase("active")
    ended = time.time()
    person.point(600, 500)

    with Screen(town.pc("vnc").display) as x:
        strokes = []

        def differs(down=0):
            """Whether the canvas differs from the PC exactly under the mark, by what the mark changes."""
            true = x.grab().astype(int)
            h, w = true.shape[:2]
            off = person.picture(w, h).astype(int) - true if person.picture(w, h).size else np.zeros((h, w, 3), int)
            wanted = np.where(true < 128, 23, -23)
            fit = (one for one in strokes or patterns(began, ended)
                   if np.array_equal(off, np.where(under(one, w, h, down)[:, :, None], wanted, 0)))  # fmt: skip
            found = next(fit, None)
            if found is not None:
                strokes[:] = [found]
            return found is not None

        assert person.until(differs)  # the desktop as it is, at this page's size
        x.cover()
        x.paint(known_picture(*x.size(), seed=11))
        assert person.until(differs)

        x.scroll(STEP)
        assert person.until(lambda: differs(STEP))
        x.fill(0x00FF80, 10, 10, 700, 3)
        assert person.until(lambda: differs(STEP))
        person.page.set_viewport_size({"width": 1000, "height": 700})
        assert person.until(lambda: x.size()[0] <= 1000)
        x.cover()
        assert person.until(differs)


def test_another_pc_of_the_same_person_shows_its_very_own_picture(person, town, marked):
    person.begin("yamada")
    person.open_pc("rdp")
    person.phase("active")
    person.point(600, 500)

    with Screen(town.pc("rdp").display) as x:
        assert person.shows(x)  # the desktop took this page's size
        x.cover()
        x.paint(known_picture(*x.size(), seed=12))

        assert person.shows(x)

"""The mark of a ticket, and sessions that must not be seen without one: real edge, real connector, caged process."""

import contextlib
import secrets
import socket
from pathlib import Path

import numpy as np
import pytest
from tests.connector.test_sessions import browse, office, shows, target
from tests.support.desktops import xvnc
from tests.support.screens import Screen, known_picture

from sudare.base.errors import SudareError
from sudare.connector.watermark import FONTS, demanded, drawn
from sudare.wire.ticket.codec import Ticket

pytestmark = pytest.mark.anyio
MARKED = {"input": True, "watermark": True}
OPENED = 1_785_312_000  # 2026-07-29 17:00 in Tokyo


def ticket(**change):
    fields = {
        "kid": "k", "jti": "j", "iat": OPENED, "exp": OPENED + 60, "con": "c1", "tgt": "pc", "knd": "screen",
        "ten": "t", "per": "p1", "acc": "yamada", "nam": "山田 花子", "dev": "", "ses": "s", "rgt": MARKED, "cnf": "c",
    }  # fmt: skip
    return Ticket(**(fields | change))


def test_only_a_ticket_that_says_so_demands_a_mark():
    assert demanded(ticket())
    assert not demanded(ticket(rgt={"input": True}))
    assert not demanded(ticket(rgt={"watermark": False}))


@pytest.mark.parametrize("change", [{"nam": "山田 太郎"}, {"acc": "yamada2"}, {"iat": OPENED + 60}])
def test_another_name_login_or_minute_is_another_mark(change):
    assert drawn(ticket()) == drawn(ticket(iat=OPENED + 59))

    assert drawn(ticket(**change)) != drawn(ticket())


def test_the_time_is_tokyos_whatever_the_machines_clock_says(monkeypatch):
    here = drawn(ticket())
    monkeypatch.setenv("TZ", "America/New_York")

    assert drawn(ticket()) == here


def test_a_mark_covers_a_little_of_everything():
    pattern = drawn(ticket())
    strokes = np.frombuffer(pattern.cover, np.uint8).reshape(pattern.h, pattern.w)
    twice = np.tile(strokes, (2, 2))

    assert 0.015 < strokes.mean() < 0.08
    assert set(np.unique(strokes)) == {0, 1}
    one = strokes.sum() / 2
    for y in range(0, pattern.h, 16):  # wherever one looks, an area of a phone's size has as much of it as one is
        for x in range(0, pattern.w, 16):
            assert twice[y : y + 360, x : x + 330].sum() >= 1.5 * one


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("葛󠄀城 花子", "葛城 花子"),  # a variant of a character, chosen by a selector no font of ours draws
        ("か\u3099 花子", "が 花子"),
        ("\u200e山田\u200b 花子", "山田 花子"),
        ("山田　　花子", "山田 花子"),
    ],
)
def test_a_name_is_drawn_as_it_reads(name, same):
    assert drawn(ticket(nam=name)) == drawn(ticket(nam=same))


@pytest.mark.parametrize("name", ["𠮷野 髙橋 﨑山", "O'Brien-Çelik", "ｱｲｳ", "x" * 120, "東" * 120])
def test_names_of_every_kind_and_length_are_drawn(name):
    pattern = drawn(ticket(nam=name))

    assert pattern.w <= 600
    assert any(pattern.cover)


@pytest.mark.parametrize("name", ["山田\U0001f984花子", "\ue000", "a\u0000b", "東" * 900])
def test_what_no_font_draws_is_said_and_not_left_out(name):
    with pytest.raises(SudareError, match=r"office\.watermark-font"):
        drawn(ticket(nam=name))


def test_a_font_without_the_characters_gives_way_to_one_that_has_them(tmp_path):
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    latin = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")

    assert drawn(ticket(), [tmp_path / "none.ttf", tmp_path / "broken.ttf", latin, *FONTS]) == drawn(ticket())
    with pytest.raises(SudareError, match=r"office\.watermark-font"):
        drawn(ticket(), [tmp_path / "none.ttf", tmp_path / "broken.ttf"])


# -- sessions -----------------------------------------------------------------


def strokes_of(sent, w, h):
    pattern = drawn(sent)
    rows, columns = np.mgrid[0:h, 0:w]
    return np.frombuffer(pattern.cover, np.uint8).reshape(pattern.h, pattern.w)[rows % pattern.h, columns % pattern.w]


def shows_marked(browser, screen, sent):
    truth, frame = screen.grab().astype(int), browser.client.frame
    if frame.shape[:2] != truth.shape[:2]:
        return False
    there = strokes_of(sent, truth.shape[1], truth.shape[0])[:, :, None] != 0
    return np.array_equal(frame[:, :, :3], np.where(there, np.where(truth < 128, truth + 23, truth - 23), truth))


@pytest.mark.servers
async def test_a_session_that_must_be_marked_shows_the_pc_with_the_mark_of_its_first_ticket():
    with xvnc(security="TLSVnc") as pc, Screen(pc.display) as screen:
        screen.paint(known_picture(640, 480))
        async with office(target(pc)) as h:
            session = secrets.token_hex(8)
            browser = await browse(h, ses=session, rgt=MARKED)
            began = h.sessions._beginning.get(session) or await until_running(h, browser, session)
            assert await browser.until(lambda: shows_marked(browser, screen, began.ticket))
            assert not shows(browser, screen)

            browser.writer.transport.abort()
            again = await browse(h, ses=session, password=None, rgt={"input": True}, nam="別の名")
            screen.paint(known_picture(640, 480, seed=2))

            assert await again.until(lambda: shows_marked(again, screen, began.ticket))


async def until_running(h, browser, session):
    assert await browser.until(lambda: session in h.sessions._running)
    return h.sessions._running[session]


@pytest.mark.servers
async def test_a_session_that_began_unmarked_cannot_be_taken_up_as_a_marked_one():
    with xvnc(security="TLSVnc") as pc, Screen(pc.display) as screen:
        screen.paint(known_picture(640, 480))
        async with office(target(pc)) as h:
            session = secrets.token_hex(8)
            browser = await browse(h, ses=session)
            assert await browser.until(lambda: shows(browser, screen))

            again = await browse(h, ses=session, password=None, rgt=MARKED)
            await again.until(lambda: False)

            assert again.closed == (4403, "denied.not-allowed")


@pytest.mark.servers
async def test_without_a_font_for_the_name_there_is_no_session_and_the_pc_is_not_even_asked():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        pc = type("PC", (), dict(zip(("host", "port"), listening.getsockname(), strict=True)))
        async with office(target(pc)) as h:
            browser = await browse(h, rgt=MARKED, nam="山田\U0001f984")

            await browser.until(lambda: False)

            assert browser.closed == (4502, "office.watermark-font")
            with contextlib.suppress(BlockingIOError):
                pytest.fail(f"dialled by {listening.accept()}")

"""Sessions that are recorded: real Xvnc, caged process, reference browser, real files."""

import contextlib
import secrets
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.connector.recording.test_file import disk_of
from tests.support.browser import Browser, Ephemeral, screen_hello, sealed
from tests.support.desktops import PASSWORD, xvnc
from tests.support.house import house
from tests.support.recordings import READER, SIGNED_BY, SIGNER, pictures
from tests.support.screens import Screen, known_picture

from sudare.connector.config import Recording, Target
from sudare.connector.officedesk import OfficeDesk
from sudare.connector.recording.file import SUFFIX
from sudare.connector.recording.reading import Film, judge
from sudare.connector.recording.shelf import Shelf
from sudare.connector.sessions import Sessions
from sudare.runtime import clock
from sudare.wire.screen import inputs as i

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
RECORDED = {"input": True, "record": True}


@pytest.fixture
def pc():
    with xvnc(security="TLSVnc") as made, Screen(made.display) as screen:
        screen.paint(known_picture(640, 480))
        made.screen = screen
        yield made


def shelf(folder, **how):
    return Shelf(Recording(folder, READER.public_key(), **how), SIGNER, "c1", now=clock.now)


@contextlib.asynccontextmanager
async def office(pc, on_shelf):
    """A house whose connector records on this shelf; leaving it is the connector's orderly end."""
    async with house() as h:
        made = []

        def host(config, identity):
            made.append(Sessions(config, identity.seal, OfficeDesk(None), on_shelf))
            return made[0]

        identity, _ = h.connector(host, Target("pc", "企画-0123", "vnc", pc.host, pc.port))
        async with made[0] as sessions:
            await h.directory.until(lambda known: "c1" in known)
            h.identity_of_connector, h.sessions = identity, sessions
            yield h


async def browse(h, *, credential=True, **ticket_change):
    ephemeral = Ephemeral()
    ticket, raw = h.ticket(ephemeral, **({"rgt": RECORDED} | ticket_change))
    reader, writer = await h.device(raw)
    public = h.identity_of_connector.seal_public
    browser = Browser(reader, writer, seal_public=public, raw_ticket=raw, ephemeral=ephemeral)
    secret = {"credential": sealed(public, ticket, "", PASSWORD)} if credential else {}
    browser.hello(screen_hello(640, 480, **secret))
    return browser


def shows(browser, pc):
    frame, truth = browser.client.frame, pc.screen.grab()
    return frame.shape[:2] == truth.shape[:2] and np.array_equal(frame[:, :, :3], truth)


async def until(browser, condition):
    """Wait for something that happens elsewhere, kept going by pings."""

    def reached():
        if not (value := condition()) and browser.closed is None:
            browser.send(i.Ping(1))
        return value

    return await browser.until(reached, within=60)


def only(folder):
    (path,) = folder.glob(f"*{SUFFIX}")
    return path


def is_played(path, picture):
    return any(
        got.shape == picture.shape and np.array_equal(got, picture) for _, got, _ in pictures(Film(path, READER))
    )


async def finished_segment(browser, pc, folder):
    """Another size makes the recorder finish its segment and begin with a snapshot."""
    browser.send(i.View(800, 600, 100, visible=True))
    assert await until(browser, lambda: judge(only(folder)).segments >= 1)


async def test_what_was_shown_is_what_is_recorded_pixel_for_pixel(pc, tmp_path):
    async with office(pc, shelf(tmp_path)) as h:
        browser = await browse(h)
        assert await browser.until(lambda: shows(browser, pc))
        first = pc.screen.grab()
        await finished_segment(browser, pc, tmp_path)
        pc.screen.cover()
        pc.screen.paint(known_picture(800, 600, seed=2))
        assert await browser.until(lambda: shows(browser, pc))
        second = pc.screen.grab()
        browser.send(i.End())
        await browser.until(lambda: False)

    path = only(tmp_path)
    verdict = judge(path, signer=SIGNED_BY, private=READER)
    assert verdict.state == "whole"
    assert (verdict.head.per, verdict.head.tgt, verdict.head.con) == ("p1", "pc", "c1")
    played = pictures(Film(path, READER))
    assert is_played(path, first)
    assert np.array_equal(played[-1][1], second)
    assert {picture.shape for _, picture, snapshot in played if snapshot} == {(480, 640, 3), (600, 800, 3)}


async def test_the_person_is_told_and_others_are_not_recorded(pc, tmp_path):
    async with office(pc, shelf(tmp_path)) as h:
        told, other = await browse(h), await browse(h, rgt={"input": True})
        for browser in (told, other):
            assert await browser.until(lambda browser=browser: shows(browser, pc))

        assert [state.recorded for state in told.states if state.state == "active"] == [True]
        assert [state.recorded for state in other.states if state.state == "active"] == [False]
        assert only(tmp_path)


async def test_no_pixel_lies_on_the_disk_in_clear(pc, tmp_path):
    async with office(pc, shelf(tmp_path)) as h:
        browser = await browse(h)
        assert await browser.until(lambda: shows(browser, pc))
        picture = pc.screen.grab()
        browser.send(i.End())
        await browser.until(lambda: False)

    row = picture[-1, -100:].tobytes()  # of the noise
    path = only(tmp_path)
    assert any(row in got.tobytes() for _, got, _ in pictures(Film(path, READER)))
    assert row[:24] not in path.read_bytes()
    assert [other for other in tmp_path.iterdir() if other != path] == []


async def test_a_killed_process_leaves_a_recording_that_says_so(pc, tmp_path):
    async with office(pc, shelf(tmp_path)) as h:
        browser = await browse(h, ses="s9")
        assert await browser.until(lambda: shows(browser, pc))
        first = pc.screen.grab()
        await finished_segment(browser, pc, tmp_path)

        h.sessions._running["s9"].worker.process.kill()
        await browser.until(lambda: False)

    verdict = judge(only(tmp_path), signer=SIGNED_BY, private=READER)
    assert (verdict.state, verdict.close.how, verdict.findings) == ("cut-short", "cut-short", [])
    assert is_played(only(tmp_path), first)


async def test_a_killed_connector_leaves_a_readable_recording_and_its_successor_closes_it(pc, tmp_path):
    async with office(pc, shelf(tmp_path / "running")) as h:
        browser = await browse(h)
        assert await browser.until(lambda: shows(browser, pc))
        first = pc.screen.grab()
        await finished_segment(browser, pc, tmp_path / "running")
        (tmp_path / "left").mkdir()
        left = Path(shutil.copy(only(tmp_path / "running"), tmp_path / "left"))  # what is on the disk at this moment

    assert is_played(left, first)
    assert judge(left).close is None
    assert shelf(tmp_path / "left").mend() == 1
    verdict = judge(left, signer=SIGNED_BY, private=READER)
    assert (verdict.state, verdict.close.how) == ("cut-short", "cut-short")


async def test_a_cut_session_hands_over_its_last_seconds_first(pc, tmp_path):
    async with office(pc, shelf(tmp_path)) as h:
        browser = await browse(h, per="p9")
        assert await browser.until(lambda: shows(browser, pc))
        picture = pc.screen.grab()

        h.sessions.cut(session="", person="p9", device="")
        await browser.until(lambda: False)

    assert judge(only(tmp_path)).state == "whole"
    assert is_played(only(tmp_path), picture)


async def test_a_session_taken_up_again_goes_on_in_the_same_recording(pc, tmp_path):
    async with office(pc, shelf(tmp_path)) as h:
        session = secrets.token_hex(8)
        browser = await browse(h, ses=session)
        assert await browser.until(lambda: shows(browser, pc))
        browser.writer.transport.abort()
        pc.screen.paint(known_picture(640, 480, seed=4))

        again = await browse(h, ses=session, credential=False)

        assert await again.until(lambda: shows(again, pc))
        assert [state.recorded for state in again.states if state.state == "active"] == [True]
        picture = pc.screen.grab()
    assert is_played(only(tmp_path), picture)


async def test_a_session_that_began_unrecorded_cannot_be_taken_up_as_a_recorded_one(pc, tmp_path):
    async with office(pc, shelf(tmp_path)) as h:
        session = secrets.token_hex(8)
        browser = await browse(h, ses=session, rgt={"input": True})
        assert await browser.until(lambda: shows(browser, pc))

        again = await browse(h, ses=session, credential=False)
        await again.until(lambda: False)

        assert again.closed == (4403, "denied.not-allowed")


async def test_the_recording_of_a_marked_session_shows_the_pcs_own_picture(pc, tmp_path):
    async with office(pc, shelf(tmp_path)) as h:
        browser = await browse(h, rgt=RECORDED | {"watermark": True})
        truth = pc.screen.grab()

        def marked():
            frame = browser.client.frame[:, :, :3]
            return frame.shape == truth.shape and set(np.unique(np.abs(frame.astype(int) - truth))) == {0, 23}

        assert await browser.until(marked)
        await finished_segment(browser, pc, tmp_path)

    assert is_played(only(tmp_path), truth)


async def test_a_session_that_must_be_recorded_does_not_begin_where_it_cannot(pc, tmp_path):
    (tmp_path / "file").write_text("")
    for on_shelf in (None, shelf(tmp_path / "file" / "below")):
        async with office(pc, on_shelf) if on_shelf is None else without_mending(pc, on_shelf) as h:
            browser = await browse(h)

            await browser.until(lambda: False)

            assert browser.closed == (4502, "office.recording")


def without_mending(pc, on_shelf):
    on_shelf.mend = lambda: 0
    return office(pc, on_shelf)


async def full_disk(h, pc, browser):
    """More than the disk takes: a picture with noise in it."""
    await browser.until(lambda: shows(browser, pc))
    with disk_of(50_000):
        browser.send(i.View(800, 600, 100, visible=True))  # the first segment is handed over
        await until(browser, lambda: not h.sessions._recordings._running)


async def test_a_full_disk_ends_the_session_when_recording_is_required(pc, tmp_path):
    async with office(pc, shelf(tmp_path)) as h:
        browser = await browse(h)

        await full_disk(h, pc, browser)
        await browser.until(lambda: False)

        assert browser.closed == (4502, "office.recording-full")
    assert judge(only(tmp_path)).close.how == "full"


async def test_a_full_disk_ends_only_the_recording_when_it_is_not_and_the_person_is_told(pc, tmp_path):
    async with office(pc, shelf(tmp_path, required=False)) as h:
        browser = await browse(h)

        await full_disk(h, pc, browser)
        await until(browser, lambda: len(browser.states) > 2)

        assert [state.recorded for state in browser.states if state.state == "active"] == [True, False]
        pc.screen.cover()
        pc.screen.paint(known_picture(800, 600, seed=5))
        assert await browser.until(lambda: shows(browser, pc))
    assert judge(only(tmp_path)).close.how == "full"

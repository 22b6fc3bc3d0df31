"""What is seen is recorded, at the recorder's own pace."""

import asyncio
import socket

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pixels.pictures import paint, picture
from tests.support.recordings import CONTENT, ID, noise, segments

from sudare.base.encoding import b64
from sudare.connector.worker.job import Record
from sudare.connector.worker.recorder import BURST, BYTES_S, SEGMENT_BYTES, Noted, Pace, Recorder, Reel
from sudare.desktop.source import CopyHint, Damage, Rect
from sudare.pixels.decoder import Client
from sudare.wire.recording.segment import span_of, unseal
from sudare.wire.screen import records as r


def spans(sealed):
    return [span_of(body) for body in sealed]


def played(sealed):
    """[(ms, BGR)] at every record that ends a picture."""
    client, out = Client(), []
    for body in sealed:
        for entry in unseal(body, CONTENT, ID):
            (record,) = r.decode(entry.record)
            if record.flags & r.Flag.RESET:
                client.reset()
            if isinstance(record.body, r.Resize):
                client.resize(record.body.w, record.body.h)
            else:
                client.update(record.body.body)
            if record.flags & r.Flag.LAST:
                out.append((entry.at_ms, client.frame[:, :, :3].copy()))
    return out


def same(played_pictures, shown):
    return [at for at, _ in played_pictures] == [at for at, _ in shown] and all(
        np.array_equal(got, want[:, :, :3]) for (_, got), (_, want) in zip(played_pictures, shown, strict=True)
    )


# -- the reel: pictures to segments --------------------------------------------


def test_what_was_shown_is_what_is_played():
    shown = [(at, noise(120, 90, at)) for at in (0, 250, 900)]

    assert same(played(segments(shown)), shown)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 30_000)), max_size=8))
def test_whatever_changes_and_whenever_the_last_picture_is_exact(steps):
    frame, reel, at, sealed = picture(150, 130, 1), Reel(ID, CONTENT), 0, []
    reel.copy(frame, [], whole=True)
    sealed += reel.picture(0, Noted(whole=True))
    for seed, pause in steps:
        at += pause
        rng = np.random.default_rng(seed)
        rects = [paint(frame, rng) for _ in range(rng.integers(0, 4))]
        reel.copy(frame, rects, whole=False)
        sealed += reel.picture(at, Noted(whole=False, rects=rects))
    sealed += reel.cut()

    assert np.array_equal(played(sealed)[-1][1], frame[:, :, :3])
    assert [span.index for span in spans(sealed)] == list(range(1, len(sealed) + 1))


def test_a_segment_ends_after_ten_seconds_of_activity():
    shown = [(at, noise(64, 64, at)) for at in (0, 4_000, 9_999, 10_001, 12_000)]

    found = spans(segments(shown))

    assert [(span.start_ms, span.end_ms, span.snapshot) for span in found] == [
        (0, 9_999, True),
        (10_001, 12_000, False),
    ]


def test_a_snapshot_comes_with_the_first_change_after_a_minute():
    shown = [(at, noise(64, 64, at)) for at in (0, 30_000, 60_500, 61_000, 120_000, 121_000)]

    found = spans(segments(shown))

    assert [span.start_ms for span in found if span.snapshot] == [0, 60_500, 121_000]


def test_each_snapshot_plays_by_itself():
    shown = [(at, noise(64, 64, at)) for at in (0, 30_000, 60_500, 61_000)]
    sealed = segments(shown)

    late = [body for body in sealed if span_of(body).start_ms >= 60_500]

    assert same(played(late), shown[2:])


def test_a_screen_at_rest_writes_nothing_even_when_it_claims_to_have_changed():
    still = noise(64, 64, 1)
    reel = Reel(ID, CONTENT)
    reel.copy(still, [], whole=True)
    reel.picture(0, Noted(whole=True))
    first = reel.cut()

    later = [body for at in (5_000, 70_000, 700_000) for body in reel.picture(at, Noted(whole=True))]

    assert len(first) == 1
    assert later + reel.cut() == []


def test_another_size_begins_with_a_snapshot():
    shown = [(0, noise(64, 64, 1)), (500, noise(100, 30, 2)), (900, noise(100, 30, 3))]

    sealed = segments(shown)

    assert [(span.start_ms, span.snapshot) for span in spans(sealed)] == [(0, True), (500, True)]
    assert same(played(sealed), shown)


def test_a_picture_too_large_for_one_segment_goes_on_in_the_next():
    shown = [(0, noise(1600, 1100, 1))]

    sealed = segments(shown)

    assert [span.snapshot for span in spans(sealed)] == [True] + [False] * (len(sealed) - 1)
    assert len(sealed) > 1
    assert max(map(len, sealed)) < SEGMENT_BYTES + r.RECORD_LIMIT
    assert same(played(sealed), shown)


# -- the pace -------------------------------------------------------------------


def test_pictures_are_at_most_five_a_second_and_slow_ones_fewer():
    pace = Pace(0.0)

    pace.taken(1.0)
    pace.made(1.01, 0.01, 1_000)
    assert pace.next_at == pytest.approx(1.2)
    pace.taken(2.0)
    pace.made(2.3, 0.3, 1_000)
    assert pace.next_at == pytest.approx(2.3 + 0.9)  # a quarter of the time


def test_a_burst_is_not_slowed_and_a_flood_is_bounded():
    pace, now, written_bytes, first_minute = Pace(0.0), 0.0, 0, []

    while now < 600:
        now = max(now, pace.next_at)
        pace.taken(now)
        pace.made(now, 0.0, 700_000)
        written_bytes += 700_000
        first_minute.append(now)

    assert first_minute[5] == pytest.approx(1.0)
    assert written_bytes < 600 * BYTES_S + BURST + 2 * 700_000


# -- the recorder: when a picture is taken --------------------------------------

pytestmark = pytest.mark.anyio


class Desk:
    """A recorder over a real socket, with a clock that stands still until it is moved."""

    async def __aenter__(self):
        self.now, self.wakes = 100.0, asyncio.Event()
        ours, theirs = socket.socketpair()
        self.reader, self.away = await asyncio.open_unix_connection(sock=ours)
        _, self.writer = await asyncio.open_unix_connection(sock=theirs)
        self.recorder = Recorder(Record(ID, b64(CONTENT)), self.writer, now=lambda: self.now, wake=self.wakes.set)
        self.task = asyncio.get_running_loop().create_task(self.recorder.run())
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        self.writer.close()
        self.away.close()

    async def made(self):
        """The recorder has made its picture and asks for another look."""
        async with asyncio.timeout(10):
            await self.wakes.wait()
        self.wakes.clear()

    async def everything(self):
        out = []
        async with asyncio.timeout(10):
            while size := int.from_bytes(await self.reader.readexactly(4), "little"):
                out.append(await self.reader.readexactly(size))
            await self.task
        return out


async def test_the_first_look_is_the_first_picture_and_the_end_is_said():
    async with Desk() as desk:
        frame = noise(80, 60, 1)

        desk.recorder.saw(frame, Damage())
        await desk.made()
        desk.recorder.end(frame)

        assert same(played(await desk.everything()), [(0, frame)])


async def test_what_changes_between_two_pictures_is_taken_in_its_newest_state():
    async with Desk() as desk:
        frame = noise(80, 60, 1)
        desk.recorder.saw(frame, Damage())
        await desk.made()
        first = frame.copy()
        for step in range(20):
            frame[step, 10:40] = step
            desk.recorder.saw(frame, Damage(rects=[Rect(10, step, 30, 1)]))

        desk.now += 60
        desk.recorder.saw(frame, Damage())
        await desk.made()
        desk.recorder.end(frame)

        assert same(played(await desk.everything()), [(0, first), (60_000, frame)])


async def test_a_picture_is_taken_when_its_time_has_come_without_another_change():
    async with Desk() as desk:
        frame = noise(80, 60, 1)
        desk.recorder.saw(frame, Damage())
        await desk.made()
        frame[:] = 7
        desk.recorder.saw(frame, Damage(rects=[Rect(0, 0, 80, 60)]))

        await desk.made()  # the timer asks for a look of its own accord
        desk.now += 60
        desk.recorder.saw(frame, Damage())
        await desk.made()
        desk.recorder.end(frame)

        assert len(played(await desk.everything())) == 2


async def test_the_last_change_is_recorded_however_soon_the_end_comes():
    async with Desk() as desk:
        frame = noise(80, 60, 1)
        desk.recorder.saw(frame, Damage())
        frame[:30] = 7
        desk.recorder.saw(frame, Damage(rects=[Rect(0, 0, 80, 30)]))

        desk.recorder.end(frame)
        expected = frame.copy()
        frame[:] = 0  # the source is gone

        assert np.array_equal(played(await desk.everything())[-1][1], expected[:, :, :3])


@pytest.mark.parametrize("busy", [False, True])
async def test_what_stood_until_the_screen_took_another_size_is_recorded_however_short_it_stood(busy):
    async with Desk() as desk:
        small, large = noise(80, 60, 1), noise(100, 90, 2)
        desk.recorder.saw(small, Damage())
        if not busy:
            await desk.made()
        first = small.copy()
        small[:30] = 7
        desk.recorder.saw(small, Damage(rects=[Rect(0, 0, 80, 30)]))

        desk.recorder.saw(large, Damage(resized=True))
        await desk.made()
        desk.now += 60
        desk.recorder.saw(large, Damage())
        await desk.made()
        desk.recorder.end(large)

        seen = [picture for _, picture in played(await desk.everything())]
        assert len(seen) == 3
        assert all(np.array_equal(a, b[:, :, :3]) for a, b in zip(seen, (first, small, large), strict=True))


async def test_a_scroll_is_followed():
    async with Desk() as desk:
        frame = noise(120, 200, 1)
        desk.recorder.saw(frame, Damage())
        await desk.made()
        frame[:180] = frame[20:].copy()
        frame[180:] = 9

        desk.recorder.saw(frame, Damage(rects=[Rect(0, 180, 120, 20)], copies=[CopyHint(0, 20, 120, 180, 0, 0)]))
        desk.now += 1
        desk.recorder.saw(frame, Damage())
        await desk.made()
        desk.recorder.end(frame)
        sealed = await desk.everything()

        assert np.array_equal(played(sealed)[-1][1], frame[:, :, :3])
        assert sum(map(len, sealed)) < 120 * 200 * 3 * 1.2  # the second picture did not send the noise again


async def test_a_session_that_never_showed_anything_is_an_empty_recording():
    async with Desk() as desk:
        desk.recorder.saw(np.zeros((0, 0, 4), np.uint8), Damage())

        desk.recorder.end(None)

        assert await desk.everything() == []

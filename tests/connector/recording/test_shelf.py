"""Segments from a session's process to the disk, over the socket they share."""

import asyncio
import threading

import pytest
from tests.support.browser import Ephemeral
from tests.support.house import house
from tests.support.recordings import READER, SIGNED_BY, SIGNER, noise, segments

from sudare.base.errors import SudareError
from sudare.connector.config import Recording
from sudare.connector.recording import shelf as module
from sudare.connector.recording.file import SUFFIX
from sudare.connector.recording.reading import judge
from sudare.connector.recording.shelf import Shelf
from sudare.wire.recording.keys import unwrap

pytestmark = pytest.mark.anyio
SEALED = segments([(0, noise(64, 64, 1)), (11_000, noise(64, 64, 2))])


@pytest.fixture
async def intake(tmp_path):
    """A recording of a session on the target `a/../b`, with the end its process would have."""
    async with house() as h:
        ticket, _ = h.ticket(Ephemeral(), tgt="a/../b", per="p7")
    shelf = Shelf(Recording(tmp_path / "r", READER.public_key()), SIGNER, "c1", now=lambda: 1_790_000_000.5)
    return await shelf.begin(ticket)


def only(folder):
    (path,) = (folder / "r").glob(f"*{SUFFIX}")
    return path


async def hand_over(intake, data):
    """What a process says, and then it is gone."""
    _, writer = await asyncio.open_unix_connection(sock=intake.theirs.dup())
    intake.handed_over()
    writer.write(data)
    await writer.drain()
    writer.close()


def framed(*sealed):
    return b"".join(len(segment).to_bytes(4, "little") + segment for segment in sealed)


async def test_a_recording_is_named_by_its_time_and_target_and_says_whose_it_is(intake, tmp_path):
    path, order = only(tmp_path), intake.order

    head = judge(path, signer=SIGNED_BY).head
    assert path.name == f"20260921T141320Z-a_.._b-{order.id}{SUFFIX}"
    assert (head.id, head.per, head.tgt, head.con, head.started) == (order.id, "p7", "a/../b", "c1", 1_790_000_000_500)
    assert len(unwrap(head.wrapped, READER, head.id).reveal()) == 32
    await intake.abandon()


async def test_what_is_handed_over_with_its_end_is_a_whole_recording(intake, tmp_path):
    await hand_over(intake, framed(*SEALED, b""))

    await intake.serve()

    verdict = judge(only(tmp_path), signer=SIGNED_BY)
    assert (verdict.state, verdict.segments) == ("whole", 2)
    assert intake.order is None


@pytest.mark.parametrize("torn", [0, 100])
async def test_an_end_that_is_not_said_is_a_recording_cut_short(intake, tmp_path, torn):
    data = framed(*SEALED)
    await hand_over(intake, data[: len(data) - torn])

    with pytest.raises(SudareError, match=r"office\.recording"):
        await intake.serve()

    verdict = judge(only(tmp_path), signer=SIGNED_BY)
    assert (verdict.close.how, verdict.segments) == ("cut-short", 1 if torn else 2)


@pytest.mark.parametrize("data", [framed(SEALED[1]), framed(SEALED[0], SEALED[0]), b"\xff\xff\xff\xff", framed(b"x")])
async def test_a_process_that_hands_over_nonsense_ends_its_recording_and_spoils_nothing(intake, tmp_path, data):
    await hand_over(intake, data)

    with pytest.raises(SudareError, match=r"office\.recording"):
        await intake.serve()

    verdict = judge(only(tmp_path), signer=SIGNED_BY)
    assert (verdict.close.how, verdict.findings) == ("failed", [])


async def test_a_disk_that_hangs_ends_the_recording(intake, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "DISK_S", 0.05)
    hanging = asyncio.Event()
    loop = asyncio.get_running_loop()
    waiting = threading.Event()
    append = intake._file.append

    def slow(segment):
        loop.call_soon_threadsafe(hanging.set)
        waiting.wait(20)
        append(segment)

    monkeypatch.setattr(intake._file, "append", slow)
    await hand_over(intake, framed(*SEALED, b""))

    with pytest.raises(SudareError, match=r"office\.recording: the disk does not answer"):
        await intake.serve()

    assert hanging.is_set()
    waiting.set()


async def test_a_session_that_never_began_leaves_nothing(intake, tmp_path):
    await intake.abandon()

    assert list((tmp_path / "r").iterdir()) == []

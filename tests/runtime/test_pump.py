"""Bytes between a browser's line and a session process's socket, real ones, on both event loops."""

import asyncio
import contextlib
import hashlib
import random
import socket

import pytest
from tests.support.sockets import SECONDS, Peer, dial, until
from tests.support.watching import open_descriptors

from sudare.runtime import pump as module
from sudare.runtime.pump import pump

pytestmark = pytest.mark.anyio
PIECE = random.Random(1).randbytes(65_536)
MUCH = PIECE * 256  # more than the kernel's buffers take


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


class Path:
    """A browser, the pump's two ends, and a session process's end."""

    def __init__(self, line, browser, sock, process):
        self.line, self.browser, self.sock, self.process = line, browser, sock, process
        self.gone = asyncio.Event()
        self.running = None

    def start(self):
        self.running = asyncio.ensure_future(pump((self.line.reader, self.line.writer), self.sock, self.gone))
        return self.running


@pytest.fixture
async def path(monkeypatch):
    monkeypatch.setattr(module, "LAST_S", 3600)
    async with asyncio.timeout(SECONDS + 5):
        arrived = asyncio.get_running_loop().create_future()
        server = await asyncio.start_server(lambda *streams: arrived.set_result(Peer(*streams)), "127.0.0.1", 0)
        browser = await dial(server.sockets[0].getsockname()[1])
        line = await arrived
        ours, theirs = socket.socketpair()
        process = Peer(*await asyncio.open_unix_connection(sock=theirs))
        one = Path(line, browser, ours, process)
        yield one
        if one.running is not None:
            one.running.cancel()
            await asyncio.wait([one.running])
        ours.close()
        for peer in (browser, line, process):
            peer.close()
            with contextlib.suppress(OSError):
                await peer.writer.wait_closed()
        server.close()
        await server.wait_closed()


def digest(data):
    return hashlib.sha256(data).hexdigest()


async def test_bytes_pass_both_ways_at_once_unchanged(path):
    path.start()

    _, _, up, down = await asyncio.gather(
        path.browser.say(MUCH), path.process.say(MUCH[::-1]), path.process.hear(len(MUCH)), path.browser.hear(len(MUCH))
    )

    assert digest(up) == digest(MUCH)
    assert digest(down) == digest(MUCH[::-1])
    assert not path.running.done()


async def test_when_the_browser_leaves_its_last_words_arrive_and_the_process_is_told(path):
    path.start()
    await path.browser.say(b"my last input")

    path.browser.close()

    assert await path.process.rest() == b"my last input"
    assert await path.running is False


async def test_when_the_browsers_line_is_aborted_the_process_is_told(path):
    path.start()
    await path.browser.say(b"x")
    assert await path.process.hear(1) == b"x"

    path.browser.reset()

    assert await path.process.rest() == b""
    assert await path.running is False


async def test_when_the_process_ends_its_last_words_arrive_and_the_line_may_be_told_why(path):
    path.start()
    await path.process.say(b"my last picture")

    path.process.close()

    assert await path.running is True
    path.line.writer.write(b" and why")
    path.line.close()
    assert await path.browser.rest() == b"my last picture and why"


async def test_a_browser_that_talks_on_does_not_lose_the_last_words_of_a_process_that_ended(path):
    await path.browser.say(PIECE)
    await path.process.say(b"my last picture")
    path.process.close()
    await path.process.writer.wait_closed()
    await until(lambda: len(path.line.reader._buffer) == len(PIECE))

    path.start()

    assert await path.browser.hear(15) == b"my last picture"
    assert await path.running is True


async def test_what_the_socket_still_holds_is_passed_on_when_the_process_is_known_to_be_gone(path):
    path.process.writer.write(PIECE * 2)
    path.process.close()
    path.gone.set()

    assert await path.start() is True

    path.line.close()
    assert digest(await path.browser.rest()) == digest(PIECE * 2)


async def test_a_socket_that_somebody_keeps_open_does_not_hold_the_line_for_ever(path, monkeypatch):
    monkeypatch.setattr(module, "LAST_S", 0.05)
    path.start()

    path.gone.set()

    assert await path.running is True
    assert await path.process.rest() == b""


async def test_a_browser_that_takes_nothing_does_not_hold_the_end_of_its_process_for_ever(path, monkeypatch):
    monkeypatch.setattr(module, "LAST_S", 0.05)
    saying = asyncio.ensure_future(path.process.say(*[PIECE] * 512))
    path.start()
    await until(lambda: path.line.writer.transport.get_write_buffer_size() > 0)

    path.gone.set()

    assert await path.running is True
    with contextlib.suppress(OSError):
        await saying


async def test_a_slow_browser_stops_the_process_and_little_waits(path):
    path.start()
    saying = asyncio.ensure_future(path.process.say(*[PIECE] * 512))
    transport, most = path.line.writer.transport, 0
    await until(lambda: transport.get_write_buffer_size() > 65_536)
    assert not saying.done()

    heard = hashlib.sha256()
    for _ in range(512):
        most = max(most, transport.get_write_buffer_size())
        heard.update(await path.browser.hear(len(PIECE)))
    await saying

    assert heard.hexdigest() == digest(PIECE * 512)
    assert most <= 3 * 65_536


async def test_a_slow_process_stops_the_browser(path):
    path.start()
    saying = asyncio.ensure_future(path.browser.say(*[PIECE] * 512))
    await until(lambda: not path.line.writer.transport.is_reading())
    assert not saying.done()

    heard = await path.process.hear(512 * len(PIECE))
    await saying

    assert digest(heard) == digest(PIECE * 512)


async def test_when_the_browser_vanishes_while_it_is_sent_to_nobody_is_left_to_be_told(path):
    saying = asyncio.ensure_future(path.process.say(*[PIECE] * 512))
    path.start()
    await until(lambda: path.line.writer.transport.get_write_buffer_size() > 0)

    path.browser.reset()

    assert await path.running is False
    with contextlib.suppress(OSError):
        await saying


async def test_a_pump_that_is_cancelled_leaves_nothing_open(path):
    before = open_descriptors()
    running = path.start()
    await path.browser.say(b"x")
    assert await path.process.hear(1) == b"x"

    running.cancel()
    await asyncio.wait([running])

    assert running.cancelled()
    assert await path.process.rest() == b""
    assert path.sock.fileno() == -1
    assert open_descriptors() < before
    assert [task for task in asyncio.all_tasks() if "ward" in repr(task.get_coro())] == []

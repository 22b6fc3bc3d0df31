"""One browser's line, over a real socket."""

import asyncio
import contextlib

import pytest
from tests.support.lines import tabs
from websockets.frames import Frame, Opcode

from sudare.base.errors import SudareError
from sudare.connector.worker.link import UNHEARD, Link

pytestmark = pytest.mark.anyio


class End:
    """What a link told."""

    def __init__(self):
        self.messages, self.lost = [], []
        self.room = asyncio.Event()
        self.news = asyncio.Event()
        self.refuse = False

    def message(self, plain):
        if self.refuse:
            raise SudareError("caller.malformed", "refused")
        self.messages.append(plain)
        self.news.set()

    def gone(self, link):
        self.lost.append(link)
        self.news.set()

    async def until(self, told):
        async with asyncio.timeout(20):
            while not told():
                await self.news.wait()
                self.news.clear()


@contextlib.asynccontextmanager
async def linked():
    end = End()
    async with tabs() as tab:
        browser = await tab()
        _, end.link = await asyncio.get_running_loop().create_unix_connection(
            lambda: Link(browser.channel, on_message=end.message, on_lost=end.gone, on_room=end.room.set),
            sock=browser.sock,
        )
        try:
            yield end, browser
        finally:
            end.link.close()


async def test_messages_pass_sealed_both_ways():
    async with linked() as (end, browser):
        browser._message(browser._channel.seal(b"up"))
        await end.until(lambda: end.messages)
        end.link.send(b"down")

        assert await browser.messages() == [b"down"]
        assert (end.messages, end.lost) == ([b"up"], [])


async def test_what_does_not_open_ends_the_line_and_says_why():
    async with linked() as (end, browser):
        browser.send_raw(b"not sealed")

        assert await browser.ended() == (4400, "caller.malformed")
        assert (end.messages, end.lost) == ([], [end.link])


async def test_a_message_sent_twice_ends_the_line():
    async with linked() as (end, browser):
        sealed = browser._channel.seal(b"up")
        browser.send_raw(sealed)
        browser.send_raw(sealed)

        assert await browser.ended() == (4400, "caller.malformed")
        assert (end.messages, end.lost) == ([b"up"], [end.link])


async def test_what_the_session_cannot_take_ends_the_line_with_its_code():
    async with linked() as (end, browser):
        end.refuse = True
        browser._message(browser._channel.seal(b"up"))

        assert await browser.ended() == (4400, "caller.malformed")
        assert end.lost == [end.link]


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff", b"\x82\x05hello", bytes([0x82, 0xFF]) + b"\xff" * 8])
async def test_what_is_no_websocket_ends_the_line(data):
    async with linked() as (end, browser):
        browser.writer.write(data)

        await browser.ended()

        assert (end.messages, end.lost) == ([], [end.link])


async def test_text_is_not_for_us():
    async with linked() as (end, browser):
        browser._frames.send_text(b"hello")
        browser._flush()

        assert (await browser.ended())[0] == 1003
        assert end.lost == [end.link]


async def test_a_browser_that_closes_is_gone():
    async with linked() as (end, browser):
        browser._frames.send_close(1001, "going away")
        browser._flush()

        await browser.ended()

        assert browser._frames.close_rcvd is not None
        assert browser._frames.close_rcvd.code == 1001
        assert end.lost == [end.link]


async def test_a_browser_that_vanishes_is_gone_once():
    async with linked() as (end, browser):
        browser.vanish()
        await end.until(lambda: end.lost)
        end.link.send(b"nobody hears this")
        end.link.close(SudareError("office.pc-closed"))

        assert end.lost == [end.link]


async def test_the_last_word_is_the_code():
    async with linked() as (end, browser):
        end.link.close(SudareError("office.pc-credentials", "never told"))

        assert await browser.ended() == (4502, "office.pc-credentials")
        assert end.lost == [end.link]


async def test_a_good_end_has_no_code():
    async with linked() as (end, browser):
        end.link.close()

        assert await browser.ended() == (1000, "")


async def test_what_a_slow_browser_has_not_taken_is_seen_and_room_is_told_of():
    async with linked() as (end, browser):
        sent = 0
        while not end.link.unsent():
            end.link.send(bytes(60_000))
            sent += 1
        full = end.link.unsent()

        taken = 0
        while taken < sent:
            taken += len(await browser.messages())

        assert full > 0
        assert end.link.unsent() == 0
        assert end.room.is_set()


async def test_a_browser_that_asks_and_does_not_listen_is_let_go():
    pings = Frame(Opcode.PING, b"x" * 125).serialize(mask=True) * 4000
    async with linked() as (end, browser):
        browser.writer.transport.pause_reading()
        most = 0
        for _ in range(100):
            browser.writer.write(pings)
            with contextlib.suppress(OSError):
                await asyncio.wait_for(browser.writer.drain(), 20)
            most = max(most, end.link.unsent())
            if end.lost:
                break

        assert end.lost == [end.link]
        assert most < 2 * UNHEARD

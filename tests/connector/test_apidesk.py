"""One `api` stream over a real socket: a browser at one end, a desk that does what the test says at the other."""

import asyncio
import contextlib
import socket

import pytest
from structlog.testing import capture_logs
from tests.support.browser import Browser, Ephemeral
from websockets.frames import Frame, Opcode

from sudare.base.encoding import unb64
from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.connector.apidesk import AT_ONCE, APIStream
from sudare.connector.identity import new_key
from sudare.connector.ports import OfficeCredential
from sudare.runtime.websocket import first_message
from sudare.wire.channel.channel import OfficeEnd
from sudare.wire.channel.hpke import public_bytes
from sudare.wire.ticket.codec import Ticket

pytestmark = pytest.mark.anyio
HELLO = {"v": 1, "knd": "api"}
CREDENTIAL = OfficeCredential("yamada", Secret("himitsu"))


class UnreachableError(SudareError):
    """As an adapter's, that knows since when."""

    since = 1_795_000_000.0


class Desk:
    """An `OfficeDesk`; `hold` waits for `go`."""

    def __init__(self):
        self.asked, self.go, self.now, self.most = [], asyncio.Event(), 0, 0

    async def answer(self, ticket, credential, op, args):
        self.asked.append((ticket.per, credential, op, args))
        match op:
            case "refuse":
                raise SudareError("office.calendar-credentials", "canary")
            case "broken":
                raise KeyError("canary: 人事の面談")
            case "hold":
                self.now += 1
                self.most = max(self.most, self.now)
                await self.go.wait()
                self.now -= 1
        return {"said": args}


class Served:
    """`browser`, `desk`, and `done`: the stream's task."""

    def __init__(self, browser, desk, done, writer):
        self.browser, self.desk, self.done, self.writer = browser, desk, done, writer

    async def failure(self):
        """The code it ended with."""
        with pytest.raises(SudareError) as failed:
            await asyncio.wait_for(asyncio.shield(self.done), 15)
        return failed.value.code


@contextlib.asynccontextmanager
async def stream():
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=theirs)
    seal, ephemeral = new_key(), Ephemeral()
    claims = dict.fromkeys(("kid", "jti", "con", "tgt", "ten", "acc", "nam", "dev"), "")
    ticket = Ticket(**claims, iat=0, exp=0, knd="api", per="p1", ses="s1", rgt={}, cnf=ephemeral.cnf)
    browser = Browser(
        *(await asyncio.open_connection(sock=ours)), seal_public=public_bytes(seal), raw_ticket="t", ephemeral=ephemeral
    )
    browser.hello(HELLO)
    channel, _ = OfficeEnd.accept(await first_message(reader), seal, "t", unb64(ephemeral.cnf))
    desk = Desk()
    done = asyncio.ensure_future(APIStream(desk, ticket, CREDENTIAL, channel, (reader, writer)).serve())
    try:
        yield Served(browser, desk, done, writer)
    finally:
        done.cancel()
        await asyncio.wait([done])
        for line in (browser.writer, writer):
            line.transport.abort()
        await asyncio.sleep(0)


def request(number, op="say", **args):
    return {"id": number, "op": op, "args": args}


async def test_a_question_is_answered_in_the_name_of_the_tickets_person():
    async with stream() as s:
        s.browser.ask(request(7, x="はい"))

        assert await s.browser.answers() == [{"id": 7, "ok": {"said": {"x": "はい"}}}]
        assert s.desk.asked == [("p1", CREDENTIAL, "say", {"x": "はい"})]


async def test_a_quick_answer_does_not_wait_for_a_slow_one():
    async with stream() as s:
        s.browser.ask(request(1, "hold"))
        s.browser.ask(request(2))

        assert [one["id"] for one in await s.browser.answers()] == [2]

        s.desk.go.set()
        assert [one["id"] for one in await s.browser.answers()] == [1]


async def test_only_so_many_are_worked_on_at_a_time_and_none_is_lost():
    async with stream() as s:
        for number in range(3 * AT_ONCE):
            s.browser.ask(request(number, "hold"))
        async with asyncio.timeout(15):
            while s.desk.now < AT_ONCE:  # noqa: ASYNC110 - the desk has no event for it
                await asyncio.sleep(0)
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(s.desk.asked) == AT_ONCE

        s.desk.go.set()

        answers = await s.browser.answers(3 * AT_ONCE)
        assert {one["id"] for one in answers} == set(range(3 * AT_ONCE))
        assert s.desk.most == AT_ONCE


async def test_a_refusal_is_its_code_and_the_stream_goes_on():
    async with stream() as s:
        s.browser.ask(request(1, "refuse"))
        s.browser.ask(request(2))

        answers = await s.browser.answers(2)
        assert {"id": 1, "problem": {"code": "office.calendar-credentials"}} in answers
        assert {"id": 2, "ok": {"said": {}}} in answers


async def test_a_broken_adapter_is_told_by_kind_only_and_the_stream_goes_on():
    async with stream() as s:
        with capture_logs() as logs:
            s.browser.ask(request(1, "broken"))
            s.browser.ask(request(2))
            answers = await s.browser.answers(2)

        assert {"id": 1, "problem": {"code": "bug.unexpected"}} in answers
        assert {"id": 2, "ok": {"said": {}}} in answers
        assert [entry["event"] for entry in logs] == ["office-bug", "office-refused"]


@pytest.mark.parametrize(
    "asked", [{}, [], "x", {"id": "1", "op": "x"}, {"id": 1, "op": 2}, {"id": 1, "op": "x", "args": []}]
)
async def test_what_is_no_question_ends_the_stream(asked):
    async with stream() as s:
        s.browser.ask(asked)

        assert await s.failure() == "caller.malformed"
        assert s.desk.asked == []


async def test_a_message_heard_twice_or_changed_on_the_way_ends_the_stream():
    async with stream() as s:
        message = s.browser._channel.seal(b'{"id":1,"op":"say"}')
        s.browser.send_raw(message)
        assert (await s.browser.answers())[0]["id"] == 1

        s.browser.send_raw(message)

        assert await s.failure() == "caller.malformed"
        assert len(s.desk.asked) == 1


async def test_a_browser_that_leaves_leaves_no_work_and_no_noise_behind():
    async with stream() as s:
        for number in range(4):
            s.browser.ask(request(number, "hold"))
        async with asyncio.timeout(15):
            while s.desk.now < 4:  # noqa: ASYNC110
                await asyncio.sleep(0)

        with capture_logs() as logs:
            s.browser.writer.transport.abort()
            s.desk.go.set()
            with contextlib.suppress(SudareError, OSError):
                await asyncio.wait_for(asyncio.shield(s.done), 15)

        assert [entry for entry in logs if entry["log_level"] == "error"] == []


async def test_a_browser_that_says_goodbye_ends_it():
    async with stream() as s:
        s.browser._frames.send_close(1000)
        s.browser._flush()

        assert await s.failure() == "link.lost"


async def test_who_asks_and_does_not_read_the_answers_is_not_answered_without_end():
    pings = Frame(Opcode.PING, b"x" * 125).serialize(mask=True) * 500
    async with stream() as s:
        s.browser.writer.transport.pause_reading()
        most = 0
        for _ in range(400):
            s.browser.writer.write(pings)
            try:
                await asyncio.wait_for(s.browser.writer.drain(), 0.5)
            except TimeoutError:
                break
            most = max(most, s.writer.transport.get_write_buffer_size())

        assert most < 2_000_000

"""The PROXY line, parsed and over a real unix socket, and the limits of what follows it."""

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudare.entry.gateway import behind_edge
from sudare.gateway import proxyline
from sudare.gateway.proxyline import parse

LINE = b"PROXY TCP4 192.0.2.9 198.51.100.1 50000 443\r\n"
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"


def test_the_clients_address_is_read():
    assert parse(b"PROXY TCP4 192.0.2.1 198.51.100.1 50000 443") == ("192.0.2.1", 50_000)
    assert parse(b"PROXY TCP6 2001:db8::1 2001:db8::2 50000 443") == ("2001:db8::1", 50_000)
    assert parse(b"PROXY UNKNOWN") is None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"GET / HTTP/1.1",
        b"PROXY TCP4 x y 1 2",
        b"PROXY TCP6 192.0.2.1 192.0.2.2 1 2",
        b"PROXY TCP4 1.2.3.4 1.2.3.4 99999 1",
    ],
)
def test_anything_else_is_refused(line):
    with pytest.raises(ValueError):  # noqa: PT011 - any will do
        parse(line)


@given(st.binary(max_size=120))
def test_noise_never_gets_through(noise):
    with pytest.raises(ValueError):  # noqa: PT011 - any will do
        parse(b"PROXY TCP5 " + noise)


async def who(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
    client = scope["client"]
    await send({"type": "http.response.body", "body": f"{client and client[0]} {scope['scheme']}".encode()})


async def ask(path, *pieces):
    reader, writer = await asyncio.open_unix_connection(path)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


@contextlib.asynccontextmanager
async def serving(app, path):
    server = behind_edge(app, path)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn tells by a flag only
            await asyncio.sleep(0.01)
        yield server
        server.should_exit = True


class Echo:
    """Reads the body, answers its length; a path with `hold` answers only when told to, `/long` with 13 MB."""

    def __init__(self):
        self.told, self.asked = asyncio.Event(), 0

    async def __call__(self, scope, receive, send):
        self.asked += 1
        length, more = 0, True
        while more:
            message = await receive()
            length, more = length + len(message.get("body", b"")), message.get("more_body", False)
        if "hold" in scope["path"]:
            await self.told.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(200 if scope["path"] == "/long" else 0):
            await send({"type": "http.response.body", "body": bytes(65_536), "more_body": True})
        await send({"type": "http.response.body", "body": f"{length}.".encode()})


class Line:
    """One connection of the edge's to the API."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, path):
        line = cls(*await asyncio.open_unix_connection(path))
        line.writer.write(LINE)
        return line

    async def send(self, data):
        """Send for as long as the other side takes it; how much it took."""
        for start in range(0, len(data), 65_536):
            try:
                self.writer.write(data[start : start + 65_536])
                await asyncio.wait_for(self.writer.drain(), 10)
            except OSError:
                return start
        return len(data)

    async def drip(self, drop):
        """A little now and then, until the other side closes."""
        while not self.reader.at_eof():
            self.writer.write(drop)
            try:
                await asyncio.wait_for(self.reader.read(1), 0.02)
            except TimeoutError:
                continue
            except OSError:
                break
        self.writer.close()

    async def rest(self):
        """All that comes until the other side closes."""
        out = b""
        with contextlib.suppress(OSError):
            while data := await asyncio.wait_for(self.reader.read(65_536), 10):
                out += data
        self.writer.close()
        return out


@pytest.mark.anyio
async def test_uvicorn_sees_the_client_however_the_bytes_are_cut(tmp_path):
    async with serving(who, tmp_path / "s"):
        whole = await ask(tmp_path / "s", LINE + REQUEST)
        cut = await ask(tmp_path / "s", LINE[:3], LINE[3:20], LINE[20:] + REQUEST[:5], REQUEST[5:])
        without = await ask(tmp_path / "s", REQUEST)
        endless = await ask(tmp_path / "s", b"x" * 200)

    assert whole.endswith(b"\r\n192.0.2.9 https\r\n0\r\n\r\n")
    assert cut.endswith(b"\r\n192.0.2.9 https\r\n0\r\n\r\n")
    assert (without, endless) == (b"", b"")


@pytest.mark.anyio
async def test_many_requests_of_a_kept_connection_are_each_within_the_limits(tmp_path):
    body = b"Content-Length: 200000\r\n\r\n" + bytes(200_000)
    async with serving(Echo(), tmp_path / "s"):
        line = await Line.open(tmp_path / "s")
        for _ in range(3):
            assert await line.send(POST + body) == len(POST + body)
            await asyncio.wait_for(line.reader.readuntil(b"200000."), 10)
            await line.send(REQUEST)
            await asyncio.wait_for(line.reader.readuntil(b"0."), 10)
        line.writer.close()


@pytest.mark.anyio
@pytest.mark.parametrize(
    "endless",
    [
        b"GET / HTTP/1.1\r\nX: " + b"x" * 8_000_000,
        b"GET /" + b"x" * 8_000_000,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1_000_000,
        POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 1_000_000,
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1;x=yyyyyyyyyyyyyyyyyyyyyyyyyy\r\nz\r\n" * 200_000,
        POST + b"Content-Length: 8000000\r\n\r\n" + bytes(8_000_000),
        b"\r\n" * 4_000_000,
    ],
    ids=["one field", "address", "many fields", "trailers", "chunks", "body", "nothing"],
)
async def test_a_later_request_without_end_is_not_listened_to(tmp_path, endless):
    async with serving(Echo(), tmp_path / "s"):
        line = await Line.open(tmp_path / "s")
        await line.send(REQUEST)
        await asyncio.wait_for(line.reader.readuntil(b"0."), 10)

        taken = await line.send(endless)
        answer = await line.rest()

    assert taken < 2_000_000  # what the kernel's buffers hold, besides
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.anyio
async def test_requests_sent_before_the_answer_are_not_queued(tmp_path):
    app = Echo()
    async with serving(app, tmp_path / "s"):
        line = await Line.open(tmp_path / "s")
        await line.send(b"GET /hold HTTP/1.1\r\n\r\n" + REQUEST * 1000)
        answer = await line.rest()
        app.told.set()

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert app.asked == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("before", "drop"),
    [(b"", b"x"), (REQUEST, b"\r\n"), (REQUEST, b"x"), (POST + b"Content-Length: 9999\r\n\r\n", b"x")],
    ids=["first head", "between", "second head", "body"],
)
async def test_a_request_that_drips_is_not_waited_for(tmp_path, monkeypatch, before, drop):
    monkeypatch.setattr(proxyline, "REQUEST_S", 0.3)
    async with serving(Echo(), tmp_path / "s"):
        line = await Line.open(tmp_path / "s")
        if before is REQUEST:
            await line.send(before)
            await asyncio.wait_for(line.reader.readuntil(b"0."), 10)
            before = b"GET / HTTP/1.1\r\nX: " if drop == b"x" else b""
        await line.send(before or drop)

        async with asyncio.timeout(10):
            await line.drip(drop)


@pytest.mark.anyio
async def test_an_answer_that_nobody_takes_is_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr(proxyline, "ANSWER_S", 0.3)
    async with serving(Echo(), tmp_path / "s") as server:
        line = await Line.open(tmp_path / "s")
        await line.send(b"GET /long HTTP/1.1\r\n\r\n")

        async with asyncio.timeout(10):
            while len(server.server_state.tasks) == 0:  # noqa: ASYNC110 - uvicorn tells by a set only
                await asyncio.sleep(0.01)
            while server.server_state.connections:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        line.writer.close()

"""The one port, with TLS on loopback, a real API behind its socket, and nothing slept through."""

import asyncio
import contextlib
import socket

import pytest
from tests.support.browser import Ephemeral
from tests.support.byhand import Office, dial_back, raw, rest
from tests.support.frames import TEXT, frame
from tests.support.house import ORIGIN, house

from sudare.entry.gateway import behind_edge
from sudare.gateway import edge
from sudare.runtime import splice
from sudare.runtime.splice import Leg
from sudare.wire.tunnel import messages as m
from sudare.wire.tunnel.head import MAX_HEAD

pytestmark = pytest.mark.anyio
GET = b"GET /api/v1/session HTTP/1.1\r\nHost: x\r\n"


class API:
    """Tells who asked for what; `/large` is more than any buffer holds."""

    def __init__(self):
        self.asked = []

    async def __call__(self, scope, receive, send):
        del receive
        self.asked.append(scope["path"])
        body = f"{scope['client'][0]}|{scope['scheme']}|{scope['path']}\n".encode()
        if scope["path"] == "/large":
            body = bytes(32_000_000)
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@contextlib.asynccontextmanager
async def served(**limits):
    """(house, API): the edge with uvicorn behind it, as `entry.gateway` joins them."""
    app = API()
    async with house(**limits) as h:
        server = behind_edge(app, h.api_socket)
        task = asyncio.ensure_future(server.serve())
        await h.until(lambda: server.started)
        try:
            yield h, app
        finally:
            server.should_exit = True
            await asyncio.wait_for(task, 15)


async def answer(reader, ends=b"\n"):
    """(status, body) of one answer."""
    async with asyncio.timeout(15):
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readuntil(ends) if b"content-length: 0" not in head.lower() else b""
    return int(head.split()[1]), body[:-1].decode()


# -- the API ------------------------------------------------------------------


async def test_the_api_learns_the_clients_address_and_port():
    async with house() as h:
        seen = asyncio.Queue()
        server = await asyncio.start_unix_server(lambda *line: seen.put(line), h.api_socket)
        _, writer = await raw(h, GET + b"\r\n")
        port = writer.get_extra_info("sockname")[1]

        api, end = await asyncio.wait_for(seen.get(), 10)

        assert await api.readuntil(b"\r\n") == f"PROXY TCP4 127.0.0.1 127.0.0.1 {port} {port}\r\n".encode()
        assert await api.readexactly(len(GET) + 2) == GET + b"\r\n"
        end.close()
        server.close()


async def test_a_client_cannot_say_that_it_is_somebody_else():
    forged = b"PROXY TCP4 203.0.113.9 203.0.113.9 1 1\r\n"
    named = b"X-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\nX-Forwarded-Proto: http\r\n\r\n"
    async with served() as (h, api):
        first, _ = await raw(h, forged + GET + b"\r\n")
        assert (await rest(first)).startswith(b"HTTP/1.1 400 ")
        assert api.asked == []

        reader, writer = await raw(h, GET + named)
        assert await answer(reader) == (200, "127.0.0.1|https|/api/v1/session")

        writer.write(forged + GET + b"\r\n")
        assert (await rest(reader)).startswith(b"HTTP/1.1 400 ")
        assert api.asked == ["/api/v1/session"]


async def test_a_kept_connection_of_the_api_never_becomes_a_stream():
    ephemeral = Ephemeral()
    async with served() as (h, api):
        office = await Office.connect(h)
        _, ticket = h.ticket(ephemeral)
        reader, writer = await raw(h, GET + b"\r\n")
        await answer(reader)

        writer.write(
            f"GET /relay/v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Origin: {ORIGIN}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Sec-WebSocket-Protocol: sudare-1, {ticket}\r\n\r\n".encode()
        )

        assert await answer(reader) == (200, "127.0.0.1|https|/relay/v1/stream")
        await office.settled()
        assert office.asked() == []
        assert api.asked == ["/api/v1/session", "/relay/v1/stream"]
        await h.device(ticket)  # and the ticket is as good as before
        assert (await office.hear(m.Open)).ticket == ticket


@pytest.mark.parametrize("target", ["/tunnel/v1/data", "/tunnel/v1/control"])
async def test_nor_a_connectors_line(target):
    async with served() as (h, api):
        reader, writer = await raw(h, GET + b"\r\n")
        await answer(reader)

        writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\nSudare-Stream: x\r\n\r\n".encode())

        assert await answer(reader) == (200, f"127.0.0.1|https|{target}")
        assert api.asked[-1] == target


async def test_a_request_behind_a_refused_one_goes_nowhere():
    refused = b"GET /relay/v1/stream HTTP/1.1\r\nHost: x\r\n\r\n"
    async with served() as (h, api):
        reader, _ = await raw(h, refused + GET + b"\r\n")
        told = await rest(reader)

        assert told.startswith(b"HTTP/1.1 426 ")
        assert told.count(b"HTTP/1.1 ") == 1
        assert api.asked == []


@pytest.mark.parametrize(
    "path",
    ["//relay/v1/stream", "/relay/v1/stream/", "/RELAY/v1/stream", "/%72elay/v1/stream", "/x/../relay/v1/stream"],
)
async def test_only_the_very_path_is_a_stream(path):
    async with served() as (h, _):
        reader, _ = await raw(h, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

        assert (await answer(reader))[0] == 200


async def test_without_its_api_the_edge_says_so():
    async with house() as h:
        reader, _ = await raw(h, GET + b"\r\n")

        assert (await rest(reader)).startswith(b"HTTP/1.1 503 ")


# -- heads --------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        b"\x16\x03\x01",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/2\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\n",
        b"GET http://x/relay/v1/stream HTTP/1.1\r\n\r\n",
        b"GET /\tx HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n folded: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nx : y\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: y\nz: w\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: \0\r\n\r\n",
        b"GET / HTTP/1.1\r\n: x\r\n\r\n",
    ],
)
async def test_an_odd_head_is_refused_and_not_passed_on(head):
    async with served() as (h, api):
        reader, _ = await raw(h, head + b"\r\n\r\n")

        assert (await rest(reader)).startswith(b"HTTP/1.1 400 ")
        assert api.asked == []


async def test_a_head_as_long_as_may_be_is_taken_and_a_longer_one_refused():
    def head(size):
        return GET + b"X: " + b"x" * (size - len(GET) - 7) + b"\r\n\r\n"

    async with served() as (h, _):
        fits, _ = await raw(h, head(MAX_HEAD))
        longer, _ = await raw(h, head(MAX_HEAD + 4))

        assert (await answer(fits))[0] == 200
        assert (await rest(longer)).startswith(b"HTTP/1.1 400 ")


async def test_a_head_may_come_in_pieces():
    async with served() as (h, _):
        reader, writer = await raw(h)
        for byte in GET + b"\r\n":
            writer.write(bytes([byte]))
            await writer.drain()

        assert (await answer(reader))[0] == 200


async def test_a_head_that_drips_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(edge, "HEAD_S", 0.3)
    async with house() as h:
        reader, writer = await raw(h, GET + b"X: ")

        async with asyncio.timeout(10):
            while not reader.at_eof():
                writer.write(b"x")
                try:
                    await asyncio.wait_for(reader.read(1), 0.02)
                except TimeoutError:
                    continue
                except OSError:
                    break

        await h.until(lambda: h.edge.connections() == 0)


async def test_a_handshake_that_drips_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(edge, "HEAD_S", 0.3)
    async with house() as h:
        reader, writer = await asyncio.open_connection("127.0.0.1", h.port)
        writer.write(b"\x16\x03\x01\x02\x00")  # a TLS record of 512 bytes begins

        assert await rest(reader) == b""
        writer.close()


# -- numbers ------------------------------------------------------------------


async def closed_at_once(h):
    with contextlib.suppress(OSError):
        reader, _ = await raw(h, GET)
        return await rest(reader) == b""
    return True


async def test_one_network_has_its_share_and_others_theirs():
    async with house(max_per_network=3) as h:
        for _ in range(3):
            await raw(h, GET)
        await h.until(lambda: h.edge.connections() == 3)

        assert await closed_at_once(h)

        elsewhere = socket.create_connection(("127.0.0.1", h.port), source_address=("127.0.0.2", 0))
        elsewhere.setblocking(False)
        reader, writer = await asyncio.open_connection(
            sock=elsewhere, ssl=h.trusting(), server_hostname="localhost", ssl_handshake_timeout=10
        )
        await h.until(lambda: h.edge.connections() == 4)
        assert not reader.at_eof()
        writer.close()


async def test_who_left_makes_room():
    async with house(max_per_network=1) as h:
        _, writer = await raw(h, GET)
        await h.until(lambda: h.edge.connections() == 1)
        assert await closed_at_once(h)

        writer.close()
        await h.until(lambda: h.edge.connections() == 0)

        await raw(h, GET)
        await h.until(lambda: h.edge.connections() == 1)


class Far(Leg):
    """A connection from elsewhere."""

    __slots__ = ("_address",)

    def __init__(self, address):
        super().__init__()
        self._address = address

    def address(self):
        return self._address


async def test_one_customers_many_ipv6_addresses_are_one_network():
    async with house(max_per_network=2) as h:
        assert h.edge.enter(Far("2001:db8:0:1::1"))
        assert h.edge.enter(Far("2001:db8:0:2::1"))

        assert not h.edge.enter(Far("2001:db8:0:3::1"))
        assert h.edge.enter(Far("2001:db8:1::1"))


async def test_there_is_an_end_to_all_connections_together():
    async with house(max_connections=2) as h:
        assert h.edge.enter(Far("192.0.2.1"))
        assert h.edge.enter(Far("192.0.2.2"))

        assert not h.edge.enter(Far("192.0.2.3"))


async def test_streams_with_a_ticket_do_not_use_up_a_networks_share():
    """An office dials back from one address for all its people, and many people may sit behind one."""
    async with house(max_per_network=4) as h:
        office = await Office.connect(h)
        lines = []
        for _ in range(6):
            lines.append(await h.device(h.ticket(Ephemeral())[1]))
            status, *leg = await dial_back(h, (await office.hear(m.Open)).stream)
            lines.append(leg)
            assert status == 101

        assert h.edge.streams() == 6
        for _, writer in lines:
            writer.close()
        await h.until(lambda: h.edge.connections() == 1)
        assert h.edge._by_network == {"127.0.0.1": 1}


async def test_a_line_counts_for_its_network_until_it_shows_its_ticket():
    async with house(max_per_network=2) as h:
        office = await Office.connect(h)
        _, writer = await h.ready()
        assert await closed_at_once(h)

        writer.write(frame(TEXT, h.ticket(Ephemeral())[1].encode()))

        await office.hear(m.Open)
        assert h.edge._by_network == {"127.0.0.1": 1}
        await h.ready()


async def test_refused_streams_do_count():
    async with house(max_per_network=2) as h:
        reader, _ = await h.device("x.y")
        assert len(h.edge._by_network) == 1
        await rest(reader)


# -- ends ---------------------------------------------------------------------


async def test_a_reader_that_takes_nothing_is_let_go(monkeypatch):
    monkeypatch.setattr(splice, "STALL_S", 0.3)
    async with served() as (h, api):
        _, writer = await raw(h)
        writer.transport.pause_reading()
        writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        await h.until(lambda: api.asked)

        await h.until(lambda: h.edge.connections() == 0)


async def test_the_dead_are_noticed():
    async with house() as h:
        await raw(h, GET)
        await h.until(lambda: h.edge.connections() == 1)
        (leg,) = h.edge._legs
        kept = leg.transport.get_extra_info("socket")

        assert kept.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        idle, every, times = (kept.getsockopt(socket.IPPROTO_TCP, option) for option in options)
        assert idle + every * times <= 90


async def test_closing_ends_every_connection_and_listens_no_more():
    async with house() as h:
        reader, _ = await raw(h, GET)

        await h.edge.close()

        assert await rest(reader) == b""
        with pytest.raises(OSError):  # noqa: PT011 - refused or reset
            await asyncio.open_connection("127.0.0.1", h.port)

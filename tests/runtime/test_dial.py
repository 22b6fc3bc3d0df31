"""Dialling real servers: the right gateway, the wrong ones, and none."""

import asyncio
import contextlib
import socket
import ssl

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.runtime.test_tls import unreadable
from tests.support.sockets import SECONDS, certificate

from sudare.base.errors import SudareError
from sudare.runtime import dial as module
from sudare.runtime.dial import Gateway, connect, upgrade
from sudare.runtime.tls import server_context, spki_of_file
from sudare.wire.tunnel.head import MAX_HEAD, parse, upgrade_answer

pytestmark = pytest.mark.anyio
GOOD = upgrade_answer("sudare-1")


class Answering:
    """A TLS server that hears one head, says `answer`, and closes when told."""

    def __init__(self, answer, *, closes):
        self.answer, self.closes = answer, closes
        self.heard = []
        self.ended = asyncio.Event()
        self.port = 0

    async def serve(self, reader, writer):
        try:
            self.heard.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self.answer)
            if self.closes:
                writer.close()
            await reader.read()
        except (OSError, asyncio.IncompleteReadError) as failure:
            self.heard.append(getattr(failure, "partial", b""))
        finally:
            self.ended.set()
            writer.close()


@contextlib.asynccontextmanager
async def answering(paths, answer=GOOD, *, closes=False, host="127.0.0.1"):
    one = Answering(answer, closes=closes)
    context = server_context(*paths) if paths else None
    server = await asyncio.start_server(one.serve, host, 0, ssl=context)
    async with asyncio.timeout(SECONDS), server:
        one.port = server.sockets[0].getsockname()[1]
        yield one


@pytest.fixture
def paths(tmp_path):
    return certificate(tmp_path)


def gateway(one, paths, *, host="127.0.0.1"):
    return Gateway(host, one.port, spki_of_file(paths[0]))


async def refusal(awaitable):
    with pytest.raises(SudareError) as caught:
        await awaitable
    return caught.value.code


async def leave(line):
    line.writer.close()
    with contextlib.suppress(OSError):
        await line.writer.wait_closed()


@pytest.mark.parametrize(
    ("url", "host", "port", "authority"),
    [
        ("https://gw.example", "gw.example", 443, "gw.example:443"),
        ("https://gw.example:8443/", "gw.example", 8443, "gw.example:8443"),
        ("https://192.0.2.1:443", "192.0.2.1", 443, "192.0.2.1:443"),
        ("https://[2001:db8::1]:8443", "2001:db8::1", 8443, "[2001:db8::1]:8443"),
    ],
)
def test_a_gateway_is_its_address(url, host, port, authority):
    found = Gateway.of(url)

    assert (found, found.authority) == (Gateway(host, port, None), authority)


def test_a_pin_is_32_bytes_in_hex():
    assert Gateway.of("https://gw", "0A" * 32).pin == b"\x0a" * 32
    assert Gateway.of("https://gw", "").pin is None


@pytest.mark.parametrize(
    ("url", "pin"),
    [
        ("http://gw.example", ""),
        ("gw.example", ""),
        ("https://", ""),
        ("", ""),
        ("https://gw.example:99999", ""),
        ("https://gw.example:https", ""),
        ("https://[2001:db8::1", ""),
        ("https://gw.example", "0a" * 31),
        ("https://gw.example", "0a" * 33),
        ("https://gw.example", "sha256"),
    ],
)
def test_what_is_no_address_or_no_pin_is_refused(url, pin):
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        Gateway.of(url, pin)


async def test_an_upgraded_line_shows_the_key_and_passes_bytes_both_ways(paths):
    async with answering(paths, GOOD + b"the first bytes of the stream") as one:
        line = await upgrade(gateway(one, paths), "/tunnel/v1/data", "sudare-1", Sudare_Stream="abc")

        assert line.spki == spki_of_file(paths[0])
        assert await line.reader.readexactly(29) == b"the first bytes of the stream"
        await leave(line)
        await one.ended.wait()

    head = parse(one.heard[0])
    assert (head.method, head.path) == ("GET", "/tunnel/v1/data")
    assert head.headers == {
        "host": f"127.0.0.1:{one.port}",
        "connection": "Upgrade",
        "upgrade": "sudare-1",
        "sudare-stream": "abc",
    }


async def test_the_gateway_may_be_reached_over_ipv6(paths):
    async with answering(paths, host="::1") as one:
        line = await upgrade(gateway(one, paths, host="::1"), "/", "sudare-1")
        await leave(line)

    assert parse(one.heard[0]).headers["host"] == f"[::1]:{one.port}"


async def test_a_renewed_certificate_of_the_pinned_key_is_welcome(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    pinned = spki_of_file(certificate(tmp_path, key=key, stem="old")[0])
    async with answering(certificate(tmp_path, key=key, stem="new", names=["another.example"])) as one:
        line = await connect(Gateway("127.0.0.1", one.port, pinned))

        assert line.spki == pinned
        await leave(line)


@pytest.mark.parametrize("dial", [connect, lambda to: upgrade(to, "/tunnel/v1/control", "sudare-control-1")])
async def test_a_gateway_with_another_key_than_the_pinned_is_told_nothing(tmp_path, paths, dial):
    impostor = certificate(tmp_path, stem="impostor")
    async with answering(impostor) as one:
        assert await refusal(dial(gateway(one, paths))) == "denied.connector-proof"
        await one.ended.wait()

    assert one.heard == [b""]


async def test_a_gateway_whose_certificate_cannot_be_read_is_refused_and_left(tmp_path, paths):
    odd = certificate(tmp_path, stem="odd")
    unreadable(odd[0])
    async with answering(odd) as one:
        assert await refusal(connect(gateway(one, paths))) == "denied.connector-proof"
        await one.ended.wait()

    assert one.heard == [b""]


async def test_without_a_pin_a_gateway_that_the_system_does_not_trust_is_refused(paths):
    async with answering(paths) as one:
        assert await refusal(connect(Gateway("127.0.0.1", one.port, None))) == "denied.connector-proof"


async def test_without_a_pin_a_gateway_that_the_system_trusts_by_this_address_is_taken(tmp_path, monkeypatch):
    paths = certificate(tmp_path, names=["gateway.example"])
    monkeypatch.setenv("SSL_CERT_FILE", str(paths[0]))
    async with answering(paths) as one:
        line = await connect(Gateway("127.0.0.1", one.port, None))

        assert line.spki == spki_of_file(paths[0])
        await leave(line)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 426 Upgrade Required\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 1010 ?\r\n\r\n",
        b"HTTP/1.0 101 Switching Protocols\r\n\r\n",
        b"220 mail.example ESMTP\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nx: " + b"x" * MAX_HEAD + b"\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nx: " + b"x" * 300_000,
    ],
    ids=["403", "426", "200", "1010", "HTTP/1.0", "SMTP", "a long head", "an endless head"],
)
async def test_a_gateway_that_does_not_agree_is_left(paths, answer):
    async with answering(paths, answer) as one:
        assert await refusal(upgrade(gateway(one, paths), "/", "sudare-1")) == "link.lost"
        await one.ended.wait()


@pytest.mark.parametrize("size", [0, 1, 12, len(GOOD) - 1])
async def test_a_gateway_that_hangs_up_within_its_answer_is_lost(paths, size):
    async with answering(paths, GOOD[:size], closes=True) as one:
        assert await refusal(upgrade(gateway(one, paths), "/", "sudare-1")) == "link.lost"


async def test_a_gateway_that_says_nothing_is_left_after_a_while(paths, monkeypatch):
    async with answering(paths, b"") as one:
        line = await connect(gateway(one, paths))  # so that the patience below is not spent on loading libraries
        await leave(line)
        monkeypatch.setattr(module, "PATIENCE_S", 0.5)

        assert await refusal(upgrade(gateway(one, paths), "/", "sudare-1")) == "link.lost"


async def test_a_server_that_does_not_speak_tls_is_lost(paths):
    async def greet(reader, writer):
        writer.write(b"220 mail.example ESMTP\r\n")
        await reader.read()
        writer.close()

    async with asyncio.timeout(SECONDS), await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        to = Gateway("127.0.0.1", server.sockets[0].getsockname()[1], spki_of_file(paths[0]))

        assert await refusal(connect(to)) == "link.lost"


async def test_a_server_that_does_not_even_answer_the_handshake_is_left_after_a_while(paths, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        to = Gateway("127.0.0.1", silent.getsockname()[1], spki_of_file(paths[0]))

        async with asyncio.timeout(SECONDS):
            assert await refusal(connect(to)) == "link.lost"


async def test_an_address_where_nobody_listens_is_lost(paths):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]

    assert await refusal(connect(Gateway("127.0.0.1", port, spki_of_file(paths[0])))) == "link.lost"


@pytest.mark.parametrize("host", ["a" * 70 + ".example", ".example", "a..b", "127.0.0.1\0"])
async def test_a_name_that_cannot_be_looked_up_is_lost(host):
    assert await refusal(connect(Gateway(host, 443, bytes(32)))) == "link.lost"


async def test_small_pieces_leave_at_once(paths):
    async with answering(paths) as one:
        line = await connect(gateway(one, paths))

        raw = line.writer.get_extra_info("socket")
        assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        assert isinstance(line.writer.get_extra_info("ssl_object"), ssl.SSLObject)
        await leave(line)

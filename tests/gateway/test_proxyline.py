"""The PROXY line, parsed and over a real unix socket."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudare.entry.gateway import behind_edge
from sudare.gateway.proxyline import parse


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


@pytest.mark.anyio
async def test_uvicorn_sees_the_client_however_the_bytes_are_cut(tmp_path):
    server = behind_edge(who, tmp_path / "s")
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn tells by a flag only
            await asyncio.sleep(0.01)
        line, request = b"PROXY TCP4 192.0.2.9 198.51.100.1 50000 443\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        whole = await ask(tmp_path / "s", line + request)
        cut = await ask(tmp_path / "s", line[:3], line[3:20], line[20:] + request[:5], request[5:])
        without = await ask(tmp_path / "s", request)
        endless = await ask(tmp_path / "s", b"x" * 200)
        server.should_exit = True

    assert whole.endswith(b"\r\n192.0.2.9 https\r\n0\r\n\r\n")
    assert cut.endswith(b"\r\n192.0.2.9 https\r\n0\r\n\r\n")
    assert (without, endless) == (b"", b"")

"""Joining a whole gateway, and gateways that are none."""

import asyncio
import contextlib
import ssl

import pytest
from tests.support.desktops import free_port
from tests.support.house import self_signed
from tests.support.installation import installed

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.connector import join as joining
from sudare.connector.identity import FACTS, load
from sudare.connector.join import fingerprint, join
from sudare.runtime import clock
from sudare.runtime.tls import spki_of_file

pytestmark = pytest.mark.anyio


@pytest.fixture
async def there(tmp_path, anyio_backend):
    async with installed(tmp_path / "gateway") as made:
        made.state = tmp_path / "office" / "state"
        yield made


async def token(there, now=None):
    """(connector id, a fresh join token)."""
    connector, text, _ = await there.desk.add_connector("本庁", now or clock.now())
    return connector.id, Secret(text)


async def refused(there, secret, **more):
    with pytest.raises(SudareError) as failure:
        await join(there.url, secret, name="本庁", state=there.state, **({"pin": there.pin} | more))
    return failure.value.code


async def joined(there, connector):
    return (await there.gateway.stores.connectors.get(connector)).joined is not None


async def test_a_token_buys_a_certificate_and_is_remembered(there):
    connector, secret = await token(there)

    identity = await join(there.url, secret, name="本庁", state=there.state, pin=there.pin)

    assert identity.facts.connector == connector
    assert load(there.state).facts == identity.facts
    assert load(there.state).ticket_keys() == {there.gateway.tickets.kid: there.gateway.tickets.public}
    known = await there.gateway.stores.connectors.get(connector)
    assert known.joined is not None
    assert known.seal_key == identity.seal_public
    assert there.state.stat().st_mode & 0o777 == 0o700


async def test_a_wrong_token_is_refused_and_leaves_nothing(there):
    await token(there)

    assert await refused(there, Secret("A" * 43)) == "denied.join-token"
    assert list(there.state.iterdir()) == []


async def test_a_token_is_good_once_and_a_failed_second_try_leaves_the_first_as_it_was(there):
    _, secret = await token(there)
    identity = await join(there.url, secret, name="本庁", state=there.state, pin=there.pin)

    assert await refused(there, secret) == "denied.join-token"
    assert load(there.state).facts == identity.facts


async def test_a_token_is_good_for_an_hour(there):
    connector, secret = await token(there, clock.now() - 3601)

    assert await refused(there, secret) == "denied.join-token"
    assert not await joined(there, connector)


async def test_a_revoked_connectors_token_is_good_for_nothing(there):
    connector, secret = await token(there)
    await there.desk.revoke_connector(connector, clock.now())

    assert await refused(there, secret) == "denied.join-token"


@pytest.mark.parametrize("pin", ["", "00" * 32], ids=["untrusted", "another key"])
async def test_the_token_does_not_go_to_a_gateway_that_may_be_another(there, pin):
    connector, secret = await token(there)

    assert await refused(there, secret, pin=pin) == "denied.connector-proof"

    assert not await joined(there, connector)
    await join(there.url, secret, name="本庁", state=there.state, pin=there.pin)  # as good as before
    assert await joined(there, connector)


async def test_without_a_pin_the_systems_trust_decides(there, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(there.certificate))
    connector, secret = await token(there)

    identity = await join(there.url, secret, name="本庁", state=there.state)

    assert (identity.facts.connector, identity.facts.pin) == (connector, "")


async def test_the_fingerprint_is_the_keys_whether_it_is_trusted_or_not(there):
    assert await fingerprint(there.url) == there.pin == spki_of_file(there.certificate).hex()


async def test_a_name_nobody_can_show_costs_no_token(there):
    connector, secret = await token(there)

    with pytest.raises(SudareError) as failure:
        await join(there.url, secret, name="本\x07庁", state=there.state, pin=there.pin)

    assert failure.value.code == "caller.malformed"
    assert not await joined(there, connector)


@contextlib.asynccontextmanager
async def saying(folder, *pieces, hold=False):
    """(url, pin, what was asked) of a TLS server that answers any request with these bytes."""
    certificate, key = self_signed(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    asked, over = [], asyncio.Event()

    async def serve(reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            if hold:
                await over.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        port = server.sockets[0].getsockname()[1]
        yield f"https://127.0.0.1:{port}", spki_of_file(certificate).hex(), asked
    finally:
        over.set()
        server.close()


OK = b"HTTP/1.1 201 Created\r\n\r\n"
NO = b"HTTP/1.1 403 No\r\n\r\n"
ANSWER = b'{"connector":"c1","certificate":"x","ticket_keys":[],"gateway":"x"}'


@pytest.mark.parametrize(
    ("pieces", "code"),
    [
        ([], "link.lost"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], "link.lost"),
        ([OK], "link.lost"),
        ([OK, b"[]"], "link.lost"),
        ([OK, ANSWER[:-2]], "link.lost"),
        ([OK, ANSWER.replace(b'"c1"', b"1")], "link.lost"),
        ([b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n0\r\n\r\n"], "link.lost"),
        ([OK, *([b"x" * 65_536] * 16)], "link.lost"),
        ([b"HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\n\r\n"], "link.lost"),
        ([b"HTTP/1.1 500 Oops\r\n\r\n", b"<html>"], "link.lost"),
        (
            [b"HTTP/1.1 403 No\r\n\r\n", b'{"type":"https://sudare.dev/problems/denied.join-token"}'],
            "denied.join-token",
        ),
        ([b"HTTP/1.1 403 No\r\n\r\n", b'{"type":"https://sudare.dev/problems/made.up"}'], "link.lost"),
        ([b"HTTP/1.1 403 No\r\n\r\n", b'{"type":5}'], "link.lost"),
    ],
)
async def test_an_answer_that_is_none_is_said_to_be_so_and_leaves_nothing(tmp_path, pieces, code):
    async with saying(tmp_path, *pieces) as (url, pin, asked):
        with pytest.raises(SudareError) as failure:
            await join(url, Secret("t"), name="x", state=tmp_path / "state", pin=pin)

    assert failure.value.code == code
    assert len(asked) == 1
    assert not (tmp_path / "state" / FACTS).exists()


async def test_a_gateway_that_says_nothing_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(joining, "PATIENCE_S", 0.3)
    async with saying(tmp_path, OK, hold=True) as (url, pin, _):
        with pytest.raises(SudareError) as failure:
            await join(url, Secret("t"), name="x", state=tmp_path / "state", pin=pin)

    assert failure.value.code == "link.lost"


@pytest.mark.parametrize(
    "act", [lambda url, _: fingerprint(url), lambda url, to: join(url, Secret("t"), name="x", state=to)]
)
async def test_where_nobody_listens_the_line_is_lost(tmp_path, act):
    with pytest.raises(SudareError) as failure:
        await act(f"https://127.0.0.1:{free_port()}", tmp_path)

    assert failure.value.code == "link.lost"


@pytest.mark.parametrize("url", ["http://localhost", "localhost", "https://"])
async def test_only_https_is_joined(tmp_path, url):
    with pytest.raises(SudareError) as failure:
        await join(url, Secret("t"), name="x", state=tmp_path)

    assert failure.value.code == "caller.malformed"

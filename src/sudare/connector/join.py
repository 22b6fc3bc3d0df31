"""
Joining a gateway, once: keys are made here, a one-use token buys a certificate.

INVARIANT: the token goes only to a gateway whose TLS key the system trusts or the administrator accepted.
"""

import asyncio
from pathlib import Path
from typing import Any, Final

import msgspec

from sudare.base.encoding import b64
from sudare.base.errors import CODES, SudareError
from sudare.base.secret import Secret
from sudare.connector.identity import KEY, SEAL, Facts, Identity, key_pem, new_key, request, save_facts, write_private
from sudare.runtime.dial import PATIENCE_S, Gateway, connect
from sudare.runtime.tls import client_context, spki_of_peer

_MAX_ANSWER: Final = 262_144


class _Key(msgspec.Struct):
    kid: str
    key: str


class _Joined(msgspec.Struct):
    connector: str
    certificate: str
    ticket_keys: list[_Key]
    gateway: str = ""
    name: str = ""


async def fingerprint(url: str) -> str:
    """SHA-256 of the TLS key the gateway shows, hex, trusted or not: for the administrator to compare."""
    gateway = Gateway.of(url)
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, writer = await asyncio.open_connection(gateway.host, gateway.port, ssl=client_context(pinned=True))
    except (OSError, TimeoutError) as failure:
        raise SudareError("link.lost", f"{gateway.host}:{gateway.port}: {failure}") from None
    try:
        return spki_of_peer(writer.get_extra_info("ssl_object")).hex()
    finally:
        writer.close()


async def join(url: str, token: Secret[str], *, name: str, state: Path, pin: str = "") -> Identity:
    """Make keys in `state`, join, remember. Raises `denied.join-token`, `link.lost`, `denied.connector-proof` (pin)."""
    await asyncio.to_thread(state.mkdir, mode=0o700, parents=True, exist_ok=True)
    key, seal = new_key(), new_key()
    body = {
        "token": token.reveal(),
        "name": name,
        "csr": request(key, name),
        "seal_key": b64(Identity(key, seal, Facts("", "", {}, url)).seal_public),
        "proto": [1],
    }
    answer = await _post(Gateway.of(url, pin), "/api/v1/tunnel/join", body)
    try:
        joined = msgspec.json.decode(answer, type=_Joined)
    except msgspec.MsgspecError:
        raise SudareError("link.lost", "the gateway's answer is not one") from None
    keys = {k.kid: k.key for k in joined.ticket_keys}
    facts = Facts(joined.connector, joined.certificate, keys, url, pin, joined.name or name)
    write_private(state / KEY, key_pem(key))
    write_private(state / SEAL, key_pem(seal))
    save_facts(state, facts)
    return Identity(key, seal, facts)


async def _post(gateway: Gateway, path: str, body: dict[str, Any]) -> bytes:
    """One request over the pinned TLS; an HTTP library would hide the peer's key until it is too late."""
    line = await connect(gateway)
    payload = msgspec.json.encode(body)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {gateway.authority}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            line.writer.write(head.encode() + payload)
            answer = await line.reader.read(_MAX_ANSWER)
            while piece := await line.reader.read(_MAX_ANSWER):
                answer += piece
                if len(answer) > _MAX_ANSWER:
                    raise SudareError("link.lost", "answer too long")
    except (OSError, TimeoutError) as failure:
        raise SudareError("link.lost", f"joining: {type(failure).__name__}") from None
    finally:
        line.writer.close()
    return _body(answer)


def _body(answer: bytes) -> bytes:
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head[9:12]
    if b"\r\ntransfer-encoding: chunked" in head.lower():
        raise SudareError("link.lost", "chunked answer")
    if status in {b"200", b"201"}:
        return body
    raise SudareError(_code(body), f"joining: HTTP {status.decode('latin-1')}")


def _code(body: bytes) -> str:
    try:
        code = str(msgspec.json.decode(body)["type"]).rsplit("/", 1)[-1]
    except (msgspec.MsgspecError, KeyError, TypeError):
        return "link.lost"
    return code if code in CODES else "link.lost"

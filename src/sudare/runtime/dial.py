"""Dialling a gateway: TCP, TLS, the pin, and one HTTP/1.1 upgrade."""

import asyncio
import socket
import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from sudare.base.errors import SudareError
from sudare.runtime.keepalive import notice_loss
from sudare.runtime.tls import check_pin, client_context
from sudare.wire.tunnel.head import MAX_HEAD, upgrade_request

PATIENCE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where a gateway is and which TLS key it must show (None: the system's trust store decides)."""

    host: str
    port: int
    pin: bytes | None

    @classmethod
    def of(cls, url: str, pin: str = "") -> "Gateway":
        """From `https://host[:port]` and a pin of 64 hex digits. Raises `caller.malformed`."""
        try:
            parts = urlsplit(url)
            host, port, key = parts.hostname, parts.port or 443, bytes.fromhex(pin)
        except ValueError:
            raise SudareError("caller.malformed", f"not an address or a pin: {url} {pin}") from None
        if parts.scheme != "https" or not host:
            raise SudareError("caller.malformed", f"not an https address: {url}")
        if len(key) not in {0, 32}:
            raise SudareError("caller.malformed", f"not a pin: {pin}")
        return cls(host, port, key or None)

    @property
    def authority(self) -> str:
        """Host and port as they stand in a request, RFC 9110 7.2."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Line:
    """An upgraded connection; `spki` is the TLS key the gateway showed."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    spki: bytes


async def connect(gateway: Gateway, tls: ssl.SSLContext | None = None) -> Line:
    """TCP and TLS (`tls`: a context kept from before). Raises `link.lost` or `denied.connector-proof` (the pin)."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection(
                gateway.host,
                gateway.port,
                ssl=tls or client_context(pinned=gateway.pin is not None),
                server_hostname=gateway.host,
            )
    except ssl.SSLCertVerificationError as failure:
        raise SudareError("denied.connector-proof", f"{gateway.host}: {failure.verify_message}") from None
    except (OSError, TimeoutError, ValueError) as failure:  # ValueError: no name that could be looked up
        raise SudareError("link.lost", f"{gateway.authority}: {failure}") from None
    try:
        spki = check_pin(writer.get_extra_info("ssl_object"), gateway.pin)
    except SudareError:
        writer.close()
        raise
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    notice_loss(raw)
    return Line(reader, writer, spki)


async def upgrade(
    gateway: Gateway, path: str, protocol: str, tls: ssl.SSLContext | None = None, **headers: str
) -> Line:
    """A connection upgraded to `protocol`. Raises `link.lost` when the gateway does not agree."""
    line = await connect(gateway, tls)
    try:
        async with asyncio.timeout(PATIENCE_S):
            line.writer.write(upgrade_request(path, gateway.authority, protocol, **headers))
            head = await line.reader.readuntil(b"\r\n\r\n")
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as failure:
        line.writer.close()
        raise SudareError("link.lost", f"upgrade: {type(failure).__name__}") from None
    if len(head) > MAX_HEAD or not head.startswith(b"HTTP/1.1 101 "):
        line.writer.close()
        raise SudareError("link.lost", f"upgrade: {head[:40]!r}")
    return line

"""
The head of the one HTTP/1.1 request a connection begins with (RFC 9112), read strictly and with limits.

Only what the edge needs: it decides by path and answers upgrades. Everything else goes to the API untouched.
INVARIANT: a head is at most `MAX_HEAD` bytes; anything odd is `caller.malformed`, never guessed at.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from sudare.base.errors import SudareError

MAX_HEAD: Final = 16_384
_END: Final = b"\r\n\r\n"
_REQUEST: Final = re.compile(rb"([A-Z]{1,16}) (/[!-~]{0,4095}) HTTP/1\.1")
_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_WEBSOCKET_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(frozen=True, slots=True)
class Head:
    """Method, path without the query, and headers by lower-case name (a repeated one is joined by a comma)."""

    method: str
    path: str
    headers: dict[str, str]

    def wants(self, protocol: str) -> bool:
        """Whether this asks to upgrade to `protocol`, RFC 9110 7.8."""
        connection = [token.strip().lower() for token in self.headers.get("connection", "").split(",")]
        return "upgrade" in connection and self.headers.get("upgrade", "").lower() == protocol

    def protocols(self) -> list[str]:
        """The offered WebSocket subprotocols, RFC 6455 4.1."""
        offered = self.headers.get("sec-websocket-protocol", "")
        return [token.strip() for token in offered.split(",") if token.strip()]


def end_of_head(data: bytes | bytearray) -> int | None:
    """Length of the head with its empty line, or None while it is incomplete. Raises when it is too long."""
    end = data.find(_END, 0, MAX_HEAD)
    if end >= 0:
        return end + len(_END)
    if len(data) >= MAX_HEAD:
        raise SudareError("caller.malformed", "head too long")
    return None


def parse(head: bytes) -> Head:
    """The head (with its empty line)."""
    request, *lines = head[: -len(_END)].split(b"\r\n")
    match = _REQUEST.fullmatch(request)
    if match is None:
        raise SudareError("caller.malformed", "request line")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name) or b"\0" in value or b"\r" in value or b"\n" in value:
            raise SudareError("caller.malformed", "header")
        key, text = name.decode().lower(), value.strip(b" \t").decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return Head(match[1].decode(), match[2].decode().partition("?")[0], headers)


def upgrade_request(path: str, host: str, protocol: str, **more: str) -> bytes:
    """The head a connector sends; `more` are further headers, `_` for `-`."""
    extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in more.items())
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n{extra}\r\n".encode()


def upgrade_answer(protocol: str, **more: str) -> bytes:
    """`101 Switching Protocols`."""
    extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in more.items())
    return (f"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n{extra}\r\n").encode()


def plain_answer(status: int, reason: str) -> bytes:
    """A final answer without a body; the connection ends with it."""
    return (
        f"HTTP/1.1 {status} {reason}\r\nContent-Length: 0\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    ).encode()


def websocket_accept(key: str) -> str:
    """`Sec-WebSocket-Accept`, RFC 6455 4.2.2."""
    return base64.b64encode(hashlib.sha1(key.encode("latin-1") + _WEBSOCKET_GUID).digest()).decode()  # noqa: S324


def close_frame(code: int, reason: str) -> bytes:
    """An unmasked WebSocket close frame, RFC 6455 5.5.1."""
    body = code.to_bytes(2, "big") + reason.encode()[:123]
    return bytes([0x88, len(body)]) + body

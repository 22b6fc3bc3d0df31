r"""
uvicorn's HTTP protocol behind the edge: the first line of every connection is a PROXY line, version 1.

`PROXY TCP4 <client> <server> <client port> <server port>\r\n`, or `PROXY UNKNOWN\r\n` (haproxy's proxy-protocol.txt).
The edge limits the first head of a connection; everything after it comes here unseen, and neither uvicorn nor its
parser limits anything: one endless header, or one packet of pipelined requests, is memory without end. So, here:

INVARIANT: only the edge reaches this socket; a connection that does not begin with the line is closed unread.
INVARIANT: a request has at most `MAX_HEAD` bytes of head, `MAX_FIELDS` fields (trailers, too) and `MAX_REQUEST` bytes,
and no other one before its answer is out. It arrives within `REQUEST_S`, and its answer is taken within `ANSWER_S`.
"""

import asyncio
import ipaddress
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST: Final = 107
MAX_HEAD: Final = 16_384
MAX_FIELDS: Final = 100
MAX_REQUEST: Final = 262_144
REQUEST_S: Final = 30.0
ANSWER_S: Final = 300.0  # the largest file of the front end over a poor line


def parse(line: bytes) -> tuple[str, int] | None:
    """The client's address and port; None for UNKNOWN. Raises ValueError for anything that is not a PROXY line."""
    words = line.decode("ascii").split(" ")
    if words[:2] == ["PROXY", "UNKNOWN"]:
        return None
    if len(words) != 6 or words[0] != "PROXY" or words[1] not in {"TCP4", "TCP6"}:
        raise ValueError("not a PROXY line")
    address, port = ipaddress.ip_address(words[2]), int(words[4])
    if address.version != int(words[1][3]) or not 0 <= port <= 65_535:
        raise ValueError("not a PROXY line")
    return str(address), port


class OverrunError(Exception):
    """More than a request may have; uvicorn answers 400 and closes."""


class ProxiedHTTP(HttpToolsProtocol):
    """HTTP/1.1 after one PROXY line, with limits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's constructor
        super().__init__(*args, **kwargs)
        self._line: bytearray | None = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._answering = False
        self._begin()

    def _begin(self) -> None:
        self._size = self._fields = 0
        self._in_head = True

    # -- time -----------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The edge is there with the first head complete."""
        super().connection_made(transport)
        self._expect(REQUEST_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone."""
        self._expect(None)
        super().connection_lost(exc)

    def on_message_complete(self) -> None:
        """The request is whole: now it is the answer's time that counts."""
        super().on_message_complete()
        self._begin()
        self._expect(ANSWER_S if self._answering else REQUEST_S)

    def on_response_complete(self) -> None:
        """The answer is made: when it is taken, too, wait for the next request, however the bytes drip."""
        self._answering = False
        self._expect(ANSWER_S if self.transport.get_write_buffer_size() else REQUEST_S)
        super().on_response_complete()

    def _expect(self, within_s: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if within_s is None else self.loop.call_later(within_s, self.transport.abort)

    # -- size -----------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Take the line off, then be uvicorn, a piece at a time."""
        rest = data if self._line is None else self._after_line(self._line, data)
        for start in range(0, len(rest), MAX_HEAD):
            if self.transport.is_closing():
                return
            piece = rest[start : start + MAX_HEAD]
            self._size += len(piece)
            if self._size > (2 * MAX_HEAD if self._in_head else MAX_REQUEST):
                self.transport.close()
                return
            super().data_received(piece)

    def on_message_begin(self) -> None:
        """A request begins. Raises `OverrunError` while another one is not answered: browsers do not do that."""
        if self._answering:
            raise OverrunError("pipelined")
        self._begin()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One field. Raises `OverrunError`."""
        self._fields += 1
        if self._fields > MAX_FIELDS:
            raise OverrunError("fields")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head, self._answering = False, True
        super().on_headers_complete()

    # -- the line -------------------------------------------------------------

    def _after_line(self, line: bytearray, data: bytes) -> bytes:
        line += data
        end = line.find(b"\r\n", 0, LONGEST)
        if end < 0:
            if len(line) >= LONGEST:
                self.transport.close()
            return b""
        try:
            self.client = parse(bytes(line[:end]))
        except ValueError:
            self.transport.close()
            return b""
        self.scheme = "https"  # TLS ends at the edge
        self._line = None
        return bytes(line[end + 2 :])

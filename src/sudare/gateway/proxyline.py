r"""
uvicorn's HTTP protocol behind the edge: the first line of every connection is a PROXY line, version 1.

`PROXY TCP4 <client> <server> <client port> <server port>\r\n`, or `PROXY UNKNOWN\r\n` (haproxy's proxy-protocol.txt).
INVARIANT: only the edge reaches this socket; a connection that does not begin with the line is closed unread.
"""

import ipaddress
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST = 107


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


class ProxiedHTTP(HttpToolsProtocol):
    """HTTP/1.1 after one PROXY line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's constructor
        super().__init__(*args, **kwargs)
        self._head: bytearray | None = bytearray()

    def data_received(self, data: bytes) -> None:
        """Take the line off, then be uvicorn."""
        if self._head is None:
            super().data_received(data)
            return
        self._head += data
        end = self._head.find(b"\r\n", 0, LONGEST)
        if end < 0:
            if len(self._head) >= LONGEST:
                self.transport.close()
            return
        try:
            self.client = parse(bytes(self._head[:end]))
        except ValueError:
            self.transport.close()
            return
        self.scheme = "https"  # TLS ends at the edge
        rest, self._head = bytes(self._head[end + 2 :]), None
        if rest:
            super().data_received(rest)

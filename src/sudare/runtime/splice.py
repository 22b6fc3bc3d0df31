"""
Two connections joined so that bytes only pass: the whole data path of the gateway.

Measured: a Python splice costs what haproxy costs, because both are bound by system calls; parsing messages is dear.
INVARIANT: nothing is parsed or kept beyond `LIMIT`; a slow reader stops its writer.
INVARIANT: a reader that takes nothing for `STALL_S` is let go (its writer, being stopped, would not even see the other
end of its own line close).
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final, cast

from sudare.runtime.keepalive import notice_loss

LIMIT: Final = 262_144
LOW: Final = 65_536
HELD: Final = 65_536
STALL_S: Final = 120.0


class Leg(asyncio.Protocol):
    """
    One connection. Until `join` its bytes go to `first` or are held (at most `HELD`); then they go to the other leg.

    `first(leg, data)` is called for every piece that arrives before `hold` or `join`.
    """

    __slots__ = ("_closed", "_first", "_stalled", "held", "on_close", "peer", "received", "transport")

    def __init__(self, first: Callable[["Leg", bytes], None] | None = None) -> None:
        self._first = first
        self._closed = False
        self._stalled: asyncio.TimerHandle | None = None
        self.transport: asyncio.Transport | None = None
        self.peer: Leg | None = None
        self.held = bytearray()
        self.received = 0
        self.on_close: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=LIMIT, low=LOW)
        raw = transport.get_extra_info("socket")
        if raw is not None and raw.family != socket.AF_UNIX:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            notice_loss(raw)

    def data_received(self, data: bytes) -> None:
        """Bytes pass on, or wait."""
        self.received += len(data)
        if self.peer is not None:
            transport = self.peer.transport
            if transport is not None:
                transport.write(data)
        elif self._first is not None:
            self._first(self, data)
        else:
            self._keep(data)

    def _keep(self, data: bytes) -> None:
        self.held += data
        if len(self.held) >= HELD and self.transport is not None:
            self.transport.pause_reading()

    def redirect(self, first: Callable[["Leg", bytes], None]) -> None:
        """From here on what arrives goes to `first`."""
        self._first = first

    def peer_name(self) -> tuple[str, str, int]:
        """("TCP4" or "TCP6", address, port) of the other end."""
        name = self.transport.get_extra_info("peername") if self.transport is not None else None
        if not isinstance(name, tuple):
            return "TCP4", "0.0.0.0", 0  # noqa: S104 (nobody listens there; it says: unknown)
        return ("TCP6" if len(name) == 4 else "TCP4"), str(name[0]), int(name[1])

    def address(self) -> str:
        """Address of the other end."""
        return self.peer_name()[1]

    def hold(self, data: bytes = b"") -> None:
        """From here on keep what arrives until `join`."""
        self._first = None
        self._keep(data)

    def write(self, data: bytes) -> None:
        """Send to this connection."""
        if self.transport is not None and not self._closed:
            self.transport.write(data)

    def join(self, other: "Leg") -> None:
        """From here on bytes only pass between the two."""
        self.peer, other.peer = other, self
        for source, sink in ((self, other), (other, self)):
            source._first = None  # noqa: SLF001 (the other half of the same pair)
            if source.held:
                sink.write(bytes(source.held))
                source.held = bytearray()
            if source.transport is not None:
                source.transport.resume_reading()
        if self._closed or other._closed:  # noqa: SLF001
            self.close()

    def close(self) -> None:
        """End both."""
        for leg in (self, self.peer):
            if leg is not None and leg.transport is not None:
                leg.transport.close()

    def abort(self) -> None:
        """End both without sending what waits."""
        for leg in (self, self.peer):
            if leg is not None and leg.transport is not None:
                leg.transport.abort()

    def pause_writing(self) -> None:
        """No more goes in here: stop reading the other side, or, while alone, the one that makes us answer so much."""
        self._moves()
        self._stalled = asyncio.get_running_loop().call_later(STALL_S, self.abort)
        source = self.peer or self
        if source.transport is not None:
            source.transport.pause_reading()

    def resume_writing(self) -> None:
        """Read again."""
        self._moves()
        source = self.peer or self
        if source.transport is not None and len(source.held) < HELD:
            source.transport.resume_reading()

    def _moves(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def connection_lost(self, exc: Exception | None) -> None:
        """One end gone is both ends gone."""
        del exc
        self._moves()
        self._closed = True
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.close()
        if self.on_close is not None:
            done, self.on_close = self.on_close, None
            done()

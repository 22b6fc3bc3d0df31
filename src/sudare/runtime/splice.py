"""
Two connections joined so that bytes only pass: the whole data path of the gateway.

Measured: a Python splice costs what haproxy costs, because both are bound by system calls; parsing messages is dear.
INVARIANT: nothing is parsed, nothing kept beyond `LIMIT` and one read; a slow reader stops its writer, which is itself
until it is joined.
INVARIANT: a reader that takes nothing for `STALL_S` is let go (its writer, being stopped, would not even see the other
end of its own line close), and after a close it has `LINGER_S` for what waits.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final, cast

from sudare.runtime.keepalive import notice_loss

LIMIT: Final = 262_144
LOW: Final = 65_536
HELD: Final = 65_536
STALL_S: Final = 120.0
LINGER_S: Final = 10.0


class Leg(asyncio.Protocol):
    """
    One connection. Until `join` its bytes go to `first` or are held (`HELD` and one read); then to the other leg.

    `first(leg, data)` is called for every piece that arrives before `hold` or `join`.
    """

    __slots__ = (
        "_closed",
        "_first",
        "_linger",
        "_stalled",
        "full",
        "held",
        "on_close",
        "peer",
        "received",
        "transport",
    )

    def __init__(self, first: Callable[["Leg", bytes], None] | None = None) -> None:
        self._first = first
        self._closed = False
        self.full = False
        self._linger: asyncio.TimerHandle | None = None
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
            # Each lost packet halves what cubic sends; a poor line loses one in a hundred. Without BBR nothing changes.
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"bbr")

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
        if len(self.held) >= HELD:
            _pause(self)

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
        for leg in (self, other):
            leg._first = None  # noqa: SLF001 (the other half of the same pair)
            _resume(leg)
        # What was held may fill the other side at once, so this comes after reading was let go on.
        for source, sink in ((self, other), (other, self)):
            held, source.held = bytes(source.held), bytearray()
            if held:
                sink.write(held)
            if sink.full:
                _pause(source)
        if self._closed or other._closed:  # noqa: SLF001
            self.close()

    def close(self) -> None:
        """End both, once what waits was sent."""
        for leg in (self, self.peer):
            if leg is not None:
                leg._end()  # noqa: SLF001

    def _end(self) -> None:
        if self.transport is None or self._closed or self._linger is not None:
            return
        self._linger = asyncio.get_running_loop().call_later(LINGER_S, self.transport.abort)
        _resume(self)  # TLS waits for the other end's goodbye, and would not hear it
        self.transport.close()

    def abort(self) -> None:
        """End both without sending what waits."""
        for leg in (self, self.peer):
            if leg is not None and leg.transport is not None:
                leg.transport.abort()

    def pause_writing(self) -> None:
        """No more goes in here: stop reading where it comes from."""
        self.full = True
        self._moves()
        self._stalled = asyncio.get_running_loop().call_later(STALL_S, self.abort)
        _pause(self.peer or self)

    def resume_writing(self) -> None:
        """Read on."""
        self.full = False
        self._moves()
        source = self.peer or self
        if len(source.held) < HELD:
            _resume(source)

    def _moves(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def connection_lost(self, exc: Exception | None) -> None:
        """One end gone is both ends gone."""
        del exc
        self._closed = True
        self._moves()
        if self._linger is not None:
            self._linger.cancel()
        if self.peer is not None:
            self.peer._end()  # noqa: SLF001
        if self.on_close is not None:
            done, self.on_close = self.on_close, None
            done()


def _pause(leg: Leg) -> None:
    if leg.transport is not None:
        leg.transport.pause_reading()


def _resume(leg: Leg) -> None:
    if leg.transport is not None:
        leg.transport.resume_reading()
        # aiofastnet 1.2 forgets a TLS goodbye that came with the bytes after which it was paused: have it look again.
        look_again = getattr(leg.transport, "_retry_ssl_read", None)
        if look_again is not None:
            asyncio.get_running_loop().call_soon(look_again)

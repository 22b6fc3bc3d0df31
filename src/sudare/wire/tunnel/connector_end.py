"""
The connector's end of a control connection: introduces itself, proves it, then listens.

INVARIANT: `open`, `cut` and the rest are acted on only after `Welcome`.
INVARIANT: one challenge a connection is answered; whatever comes before `Welcome` prolongs nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from sudare.base.encoding import b64, unb64
from sudare.base.errors import SudareError
from sudare.wire.tunnel import messages as m
from sudare.wire.tunnel.proof import prove
from sudare.wire.tunnel.pulse import Pulse

_NONCE: Final = 32


@dataclass(frozen=True, slots=True)
class Echo:
    """A ping came back: how long it took, and how late the gateway's event loop is."""

    rtt_s: float
    wait_ms: int


Event = m.Welcome | m.Open | m.Cut | m.Renewed | m.Drain | Echo


class ConnectorEnd:
    """One control connection of connector `name`; `spki` is the SHA-256 of the gateway's TLS key as seen."""

    def __init__(
        self,
        now: float,
        *,
        name: str,
        boot: str,
        generation: int,
        key: ec.EllipticCurvePrivateKey,
        certificate: str,
        spki: bytes,
    ) -> None:
        self._lines = m.Lines()
        self._pulse = Pulse(now)
        self._boot = boot
        self._key = key
        self._certificate = certificate
        self._spki = spki
        self._answered = False
        self._welcome = False
        self._pinged: tuple[int, float] | None = None
        self._out = bytearray(m.encode(m.Hello(name, boot, [m.PROTO], generation)))

    def data_to_send(self) -> bytes:
        """Bytes for the gateway since the last call."""
        out, self._out = bytes(self._out), bytearray()
        return out

    def receive(self, data: bytes, now: float) -> Iterator[Event]:
        """
        Events of these bytes; to be gone through to the end.

        Raises SudareError (with the gateway's own code when it refused), after the events before that.
        """
        if self._welcome:
            self._pulse.heard(now)
        for message in self._lines.receive(data):
            event = self._handle(message, now)
            if event is not None:
                yield event

    def _handle(self, message: m.Message, now: float) -> Event | None:
        match message:
            case m.Challenge() if not self._answered:
                self._answered = True
                self._send(m.Proof(self._certificate, b64(self._answer(message.nonce))))
            case m.Refused():
                raise SudareError(message.code, "refused by the gateway")
            case m.Welcome() if self._answered and not self._welcome:
                self._welcome = True
                self._pulse = Pulse(now, ping_s=max(1, min(60, message.ping_s)))
                return message
            case m.Ping() if self._welcome:
                self._send(m.Pong(message.n))
            case m.Pong() if self._welcome:
                return self._echo(message, now)
            case m.Open() | m.Cut() | m.Renewed() | m.Drain() if self._welcome:
                return message
            case _:
                raise SudareError("caller.malformed", f"{type(message).__name__} out of turn")
        return None

    def _echo(self, pong: m.Pong, now: float) -> Echo | None:
        if self._pinged is None or self._pinged[0] != pong.n:
            return None
        sent, self._pinged = self._pinged[1], None
        return Echo(max(0.0, now - sent), pong.wait_ms)

    def _answer(self, nonce: str) -> bytes:
        try:
            raw = unb64(nonce)
        except ValueError:
            raw = b""
        if len(raw) != _NONCE:
            raise SudareError("caller.malformed", "challenge")
        return prove(self._key, raw, self._boot, self._spki)

    def send(self, message: m.Catalogue | m.Refuse | m.Renew | m.Lag) -> None:
        """Something the connector says; only after `Welcome`."""
        self._send(message)

    def _send(self, message: m.Message) -> None:
        self._out += m.encode(message)

    def tick(self, now: float) -> None:
        """Ping when due. Raises `link.lost` after silence."""
        if self._pulse.dead(now):
            raise SudareError("link.lost", "silence")
        if (number := self._pulse.due(now)) is not None and self._welcome:
            self._pinged = number, now
            self._send(m.Ping(number))

    def next_deadline(self) -> float:
        """When `tick` wants to be called."""
        return self._pulse.next_deadline()

"""
The gateway's end of a control connection: hello, challenge, proof, then the day's work.

`receive` gives events; the driver asks the directory between `ProofOffered` and `welcome`.
INVARIANT: who has not proved anything after `PROOF_S` is gone, whatever it says meanwhile.
INVARIANT: nothing but the handshake is acted on before the driver has called `welcome`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from sudare.base.encoding import b64, unb64
from sudare.base.errors import SudareError
from sudare.wire.tunnel import messages as m
from sudare.wire.tunnel.proof import check
from sudare.wire.tunnel.pulse import Pulse

PROOF_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class ProofOffered:
    """The connector proved to hold the key of this certificate; whether that may connect is the directory's to say."""

    connector: str
    certificate: x509.Certificate


Event = ProofOffered | m.Catalogue | m.Refuse | m.Renew | m.Lag


class GatewayEnd:
    """One control connection. `nonce` is 32 fresh random bytes; `spki` the SHA-256 of this gateway's TLS key."""

    def __init__(self, now: float, *, nonce: bytes, spki: bytes, ping_s: int = 10) -> None:
        self._lines = m.Lines()
        self._nonce = nonce
        self._spki = spki
        self._pulse = Pulse(now, ping_s=ping_s)
        self._ping_s = ping_s
        self._proof_until = now + PROOF_S
        self._hello: m.Hello | None = None
        self._proved = False
        self._welcome = False
        self.wait_ms = 0  # how late the driver is; told with every pong
        self._out = bytearray()

    @property
    def connector(self) -> str:
        """Who it says it is; believe it only after `ProofOffered`."""
        return self._hello.connector if self._hello else ""

    def data_to_send(self) -> bytes:
        """Bytes for the peer since the last call."""
        out, self._out = bytes(self._out), bytearray()
        return out

    def receive(self, data: bytes, now: float) -> Iterator[Event]:
        """
        Events of these bytes; to be gone through to the end.

        Raises SudareError when the connection must end, after the events before that.
        """
        self._pulse.heard(now)
        for message in self._lines.receive(data):
            event = self._handle(message)
            if event is not None:
                yield event

    def _handle(self, message: m.Message) -> Event | None:
        match message:
            case m.Hello() if self._hello is None:
                if m.PROTO not in message.proto:
                    raise SudareError("caller.version", "control protocol")
                if not 0 < len(message.boot) <= 64 or not 0 < len(message.connector) <= 64:
                    raise SudareError("caller.malformed", "hello")
                self._hello = message
                self._send(m.Challenge(b64(self._nonce)))
            case m.Proof() if self._hello is not None and not self._proved:
                offered = self._check(self._hello, message)
                self._proved = True
                return offered
            case m.Ping() if self._welcome:
                self._send(m.Pong(message.n, self.wait_ms))
            case m.Pong() if self._welcome:
                pass
            case m.Catalogue() | m.Refuse() | m.Renew() | m.Lag() if self._welcome:
                return message
            case _:
                raise SudareError("caller.malformed", f"{type(message).__name__} out of turn")
        return None

    def _check(self, hello: m.Hello, proof: m.Proof) -> ProofOffered:
        try:
            certificate = x509.load_pem_x509_certificate(proof.certificate.encode())
            key = certificate.public_key()
            signature = unb64(proof.signature)
        except (ValueError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm):
            raise SudareError("denied.connector-proof", "unreadable") from None
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise SudareError("denied.connector-proof", "key type")
        check(key, signature, self._nonce, hello.boot, self._spki)
        return ProofOffered(hello.connector, certificate)

    def welcome(self, keys: list[m.TicketKey], gateway: str) -> None:
        """Let it in."""
        self._welcome = True
        self._lines.limit = m.MAX_CATALOGUE
        self._send(m.Welcome(self._ping_s, keys, gateway))

    def refuse(self, code: str) -> None:
        """Tell it why not; the driver closes."""
        self._send(m.Refused(code))

    def send(self, message: m.Open | m.Cut | m.Renewed | m.Drain) -> None:
        """Something the gateway wants."""
        self._send(message)

    def _send(self, message: m.Message) -> None:
        self._out += m.encode(message)

    def tick(self, now: float) -> None:
        """Ping when due. Raises `link.lost` after silence, `denied.connector-proof` when there is no proof in time."""
        if not self._proved and now >= self._proof_until:
            raise SudareError("denied.connector-proof", "not in time")
        if self._pulse.dead(now):
            raise SudareError("link.lost", "silence")
        if (number := self._pulse.due(now)) is not None and self._welcome:
            self._send(m.Ping(number))

    def next_deadline(self) -> float:
        """When `tick` wants to be called."""
        deadline = self._pulse.next_deadline()
        return deadline if self._proved else min(deadline, self._proof_until)

"""
The two ends of the channel between browser and connector (docs/wire/channel.md).

The office end's handshake needs the connector's private key; after it, two keys and their counters are all a session
process needs (`ChannelState`).
INVARIANT: messages open only in the order they were sealed, each once.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric import ec

from sudare.base.errors import SudareError
from sudare.wire.channel.hpke import ENC_SIZE, TAG_SIZE, Context, Sequence, setup_recipient, setup_sender

MAX_MESSAGE: Final = 1 << 20
_INFO: Final = b"sudare-channel-1\0"


def _info(ticket: str) -> bytes:
    return _INFO + ticket.encode("ascii", "replace")


def _answer(context: Context) -> Sequence:
    return Sequence(context.export(b"sudare s2c key", 16), context.export(b"sudare s2c nonce", 12))


@dataclass(frozen=True, slots=True)
class ChannelState:
    """What a session process is handed: both directions and where they stand."""

    up: Sequence
    down: Sequence


class OfficeEnd:
    """The connector's end."""

    def __init__(self, state: ChannelState) -> None:
        self._up = state.up
        self._down = state.down

    @classmethod
    def accept(cls, first: bytes, private: ec.EllipticCurvePrivateKey, ticket: str, cnf: bytes) -> tuple[Self, bytes]:
        """
        The channel and the hello, from the browser's first message.

        `cnf`: SHA-256 the ticket demands of the browser's key.
        Raises `denied.ticket-key` for another key, `caller.malformed` for anything that does not open.
        """
        enc, sealed = first[:ENC_SIZE], first[ENC_SIZE:]
        if len(sealed) < TAG_SIZE:
            raise SudareError("caller.malformed", "first message too short")
        if not hmac.compare_digest(hashlib.sha256(enc).digest(), cnf):
            raise SudareError("denied.ticket-key")
        context = setup_recipient(enc, private, _info(ticket))
        end = cls(ChannelState(context.sequence(), _answer(context)))
        return end, end.open(sealed)

    def state(self) -> ChannelState:
        """What another process needs to go on from here; this end must not be used after it."""
        return ChannelState(self._up, self._down)

    def open(self, message: bytes) -> bytes:
        """The browser's next message."""
        if len(message) > MAX_MESSAGE:
            raise SudareError("caller.malformed", "message too large")
        return self._up.open(message)

    def seal(self, message: bytes) -> bytes:
        """Our next message."""
        return self._down.seal(message)


class BrowserEnd:
    """The browser's end: the reference of the TypeScript one, used by tests."""

    def __init__(self, recipient: bytes, ticket: str, ephemeral: ec.EllipticCurvePrivateKey) -> None:
        self._enc, context = setup_sender(recipient, _info(ticket), ephemeral)
        self._up = context.sequence()
        self._down = _answer(context)

    def first(self, hello: bytes) -> bytes:
        """The first message."""
        return self._enc + self._up.seal(hello)

    def seal(self, message: bytes) -> bytes:
        """The next message up."""
        return self._up.seal(message)

    def open(self, message: bytes) -> bytes:
        """The next message down."""
        return self._down.open(message)

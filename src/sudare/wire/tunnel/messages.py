"""
Control messages between connector and gateway: one JSON object a line (docs/wire/tunnel.md).

INVARIANT: a line is under 65,536 bytes; what does not decode is `caller.malformed`; unknown kinds are None and ignored.
"""

from typing import Final

import msgspec

from sudare.base.errors import SudareError

MAX_LINE: Final = 65_536
PROTO: Final = 1


class _Message(msgspec.Struct, frozen=True, tag_field="t", tag=str.lower):
    """Field `t` is the class's name in lower case."""


class TicketKey(msgspec.Struct, frozen=True):
    """A key tickets are signed with: its id and the raw Ed25519 public key, base64url."""

    kid: str
    key: str


class Target(msgspec.Struct, frozen=True):
    """One thing the connector can reach."""

    id: str
    kind: str
    name: str


class Hello(_Message, frozen=True):
    """First line of a connector."""

    connector: str
    boot: str
    proto: list[int]
    generation: int = 0
    features: list[str] = []


class Challenge(_Message, frozen=True):
    """32 random bytes, base64url."""

    nonce: str


class Proof(_Message, frozen=True):
    """Certificate and signature over challenge, boot and the gateway's TLS key."""

    certificate: str
    signature: str


class Welcome(_Message, frozen=True):
    """The connector is in."""

    ping_s: int
    ticket_keys: list[TicketKey]
    gateway: str = ""


class Refused(_Message, frozen=True):
    """The connector is not let in."""

    code: str
    retry_s: int = 30


class Catalogue(_Message, frozen=True):
    """What the connector offers."""

    site: str
    targets: list[Target]
    seal_key: str


class Open(_Message, frozen=True):
    """Dial back for this stream."""

    stream: str
    ticket: str


class Refuse(_Message, frozen=True):
    """No dial-back: why."""

    stream: str
    code: str


class Cut(_Message, frozen=True, omit_defaults=True):
    """End these streams at once."""

    session: str = ""
    person: str = ""
    device: str = ""


class Renew(_Message, frozen=True):
    """Ask for a new certificate."""

    csr: str


class Renewed(_Message, frozen=True):
    """The new certificate."""

    certificate: str


class Ping(_Message, frozen=True):
    """Are you there."""

    n: int


class Pong(_Message, frozen=True):
    """Yes."""

    n: int


class Drain(_Message, frozen=True):
    """The node leaves: connect again after so long."""

    reconnect_after_ms: int


Message = (
    Hello
    | Challenge
    | Proof
    | Welcome
    | Refused
    | Catalogue
    | Open
    | Refuse
    | Cut
    | Renew
    | Renewed
    | Ping
    | Pong
    | Drain
)
_KNOWN: Final = frozenset(kind.__name__.lower() for kind in Message.__args__)
_decoder: Final = msgspec.json.Decoder(Message)


class _Kind(msgspec.Struct):
    t: str


def encode(message: Message) -> bytes:
    """The message as a line."""
    line = msgspec.json.encode(message) + b"\n"
    if len(line) >= MAX_LINE:
        raise SudareError("caller.too-large", "control line")
    return line


def decode(line: bytes) -> Message | None:
    """The message of a line without its end; None for a kind this version does not know."""
    try:
        message: Message = _decoder.decode(line)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        _refuse_unless_unknown(line)
        return None
    return message


def _refuse_unless_unknown(line: bytes) -> None:
    try:
        known = msgspec.json.decode(line, type=_Kind).t in _KNOWN
    except (msgspec.MsgspecError, RecursionError, ValueError):
        known = True
    if known:
        raise SudareError("caller.malformed", "control line")


class Lines:
    """Cuts a byte stream into messages. Raises `caller.malformed` for a line that is too long or does not decode."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> list[Message]:
        """The messages that are now complete."""
        self._buffer += data
        *lines, rest = bytes(self._buffer).split(b"\n")
        self._buffer = bytearray(rest)
        if len(rest) >= MAX_LINE or any(len(line) >= MAX_LINE for line in lines):
            raise SudareError("caller.malformed", "control line too long")
        return [message for line in lines if line and (message := decode(line)) is not None]

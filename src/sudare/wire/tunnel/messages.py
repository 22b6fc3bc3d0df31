"""
Control messages between connector and gateway: one JSON object a line (docs/wire/tunnel.md).

INVARIANT: a line is at most `MAX_LINE` bytes without its end, a catalogue at most `MAX_CATALOGUE`; a longer one is
refused before it is kept. What does not decode is `caller.malformed`; unknown kinds are None and ignored.
"""

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec

from sudare.base.errors import SudareError

MAX_LINE: Final = 65_535
MAX_CATALOGUE: Final = 4_194_304  # a ward office's PCs do not fit in one line; only a proven connector may send it
PROTO: Final = 1

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]  # what every JSON reader can hold
Quantiles = tuple[Count, Count]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]  # stands in logs before anything is proved


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

    connector: Name
    boot: Name
    proto: list[int]
    generation: Count = 0
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

    ping_s: Count
    ticket_keys: list[TicketKey]
    gateway: str = ""


class Refused(_Message, frozen=True):
    """The connector is not let in."""

    code: str


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

    n: Count


class Pong(_Message, frozen=True, omit_defaults=True):
    """Yes; `wait_ms`: how late this side's event loop is."""

    n: Count
    wait_ms: Count = 0


class Measured(msgspec.Struct, frozen=True):
    """One session's lag so far: answered keys, and (p50, p95) in milliseconds of a key's whole way and its shares."""

    session: Name
    keys: Count
    total: Quantiles
    device: Quantiles
    line: Quantiles
    gateway: Quantiles
    connector: Quantiles
    office: Quantiles


class Lag(_Message, frozen=True):
    """What sessions measured."""

    sessions: list[Measured]


class Drain(_Message, frozen=True):
    """The node leaves: connect again after so long."""

    reconnect_after_ms: Count


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
    | Lag
)
_KNOWN: Final = frozenset(kind.__name__.lower() for kind in Message.__args__)
_decoder: Final = msgspec.json.Decoder(Message)


class _Kind(msgspec.Struct):
    t: str


def encode(message: Message) -> bytes:
    """The message as a line. Raises `caller.too-large`."""
    line = msgspec.json.encode(message)
    if len(line) > (MAX_CATALOGUE if isinstance(message, Catalogue) else MAX_LINE):
        raise SudareError("caller.too-large", f"a control line of {len(line)} bytes")
    return line + b"\n"


def decode(line: bytes | bytearray) -> Message | None:
    """The message of a line without its end; None for a kind this version does not know."""
    try:
        message: Message = _decoder.decode(line)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        _refuse_unless_unknown(line)
        return None
    return message


def _refuse_unless_unknown(line: bytes | bytearray) -> None:
    try:
        known = msgspec.json.decode(line, type=_Kind).t in _KNOWN
    except (msgspec.MsgspecError, RecursionError, ValueError):
        known = True
    if known:
        raise SudareError("caller.malformed", "control line")


class Lines:
    """Cuts a byte stream into messages, the same wherever the bytes were cut on their way."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        self.limit = limit
        self._begun = bytearray()

    def receive(self, data: bytes) -> Iterator[Message]:
        """
        The messages that are now complete; to be gone through to the end.

        Raises `caller.malformed` at a line that is too long or does not decode, after the messages before it.
        """
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            line = self._grown(data, start, end)
            self._begun = bytearray()
            start = end + 1
            if line and (message := decode(line)) is not None:
                yield message
        self._grown(data, start, len(data))

    def _grown(self, data: bytes, start: int, end: int) -> bytearray:
        if len(self._begun) + end - start > self.limit:
            raise SudareError("caller.malformed", "control line too long")
        self._begun += data[start:end]
        return self._begun

"""What the connector tells a session process, and what it hears back (parcels over the pair they share)."""

import zlib
from typing import Any

import msgspec
import numpy as np

from sudare.base.encoding import b64, unb64
from sudare.base.errors import SudareError
from sudare.pixels.mark import SIDE_MAX, Pattern
from sudare.wire.channel.channel import ChannelState
from sudare.wire.channel.hpke import Sequence
from sudare.wire.tunnel.messages import Count, Quantiles


class Direction(msgspec.Struct, frozen=True):
    """One direction of the channel: key and base nonce (base64url) and where it stands."""

    key: str
    nonce: str
    sequence: int


class Channel(msgspec.Struct, frozen=True):
    """The session's symmetric keys; never the connector's private key."""

    up: Direction
    down: Direction

    @classmethod
    def of(cls, state: ChannelState) -> "Channel":
        """As told to another process."""
        up, down = (Direction(b64(s.key), b64(s.base_nonce), s.sequence) for s in (state.up, state.down))
        return cls(up, down)

    def state(self) -> ChannelState:
        """As used."""
        up, down = (Sequence(unb64(d.key), unb64(d.nonce), d.sequence) for d in (self.up, self.down))
        return ChannelState(up, down)


class Desktop(msgspec.Struct, frozen=True):
    """The office PC to show; its connected socket comes along as a file. A display's password is its cookie in hex."""

    kind: str
    host: str
    account: str
    domain: str
    password: str | None
    tls: str
    pin: str
    layout: str
    resize: bool
    name: str
    sound: bool = False


class Caps(msgspec.Struct, frozen=True):
    """What the browser said it takes, and may."""

    tiles: int = 0
    ramp: bool = False
    jpeg: bool = False
    video: str = ""  # films in this codec
    audio: bool = False


class Client(msgspec.Struct, frozen=True):
    """A browser that joins; its line comes along as a file."""

    channel: Channel
    w: int
    h: int
    scale: int
    input: bool
    caps: Caps = Caps()


class Record(msgspec.Struct, frozen=True):
    """The session is to be recorded: under this id and content key (base64url); the last file takes the segments."""

    id: str
    key: str


class Mark(msgspec.Struct, frozen=True):
    """The watermark no pixel may leave without: w*h bits, row by row, packed, compressed, base64url."""

    w: int
    h: int
    bits: str

    @classmethod
    def of(cls, pattern: Pattern) -> "Mark":
        """As told to another process."""
        bits = np.packbits(np.frombuffer(pattern.cover, np.uint8) != 0)
        return cls(pattern.w, pattern.h, b64(zlib.compress(bits.tobytes())))

    def pattern(self) -> Pattern:
        """As drawn. Raises `caller.malformed`."""
        try:
            packed = zlib.decompressobj().decompress(unb64(self.bits), SIDE_MAX * SIDE_MAX // 8)
            bits = np.unpackbits(np.frombuffer(packed, np.uint8))[: self.w * self.h]
            return Pattern(self.w, self.h, bits.tobytes())
        except (ValueError, zlib.error):
            raise SudareError("caller.malformed", "mark") from None


class Start(msgspec.Struct, frozen=True, tag_field="t", tag="start"):
    """Begin: files are the PC's socket, the browser's line, and where segments of the recording go, if there is one."""

    desktop: Desktop
    client: Client
    record: Record | None = None
    mark: Mark | None = None


class Attach(msgspec.Struct, frozen=True, tag_field="t", tag="attach"):
    """A browser comes back: the file is its line."""

    client: Client


class Stop(msgspec.Struct, frozen=True, tag_field="t", tag="stop"):
    """End at once."""


class Unrecorded(msgspec.Struct, frozen=True, tag_field="t", tag="unrecorded"):
    """The recording cannot go on: the session ends with `code`, or goes on without it when `code` is empty."""

    code: str


class Share(msgspec.Struct, frozen=True, tag_field="t", tag="share"):
    """Of the office's line this session may use so many kbit/s for what can wait; None: as much as there is."""

    kbit: int | None


class Began(msgspec.Struct, frozen=True, tag_field="t", tag="began"):
    """Up: the process runs in its cage and has its job."""


class Pinned(msgspec.Struct, frozen=True, tag_field="t", tag="pinned"):
    """Up: the certificate the PC showed at first use."""

    fingerprint: str


class Ended(msgspec.Struct, frozen=True, tag_field="t", tag="ended"):
    """Up: the session is over and why (empty: the person ended it)."""

    code: str


class Way(msgspec.Struct, frozen=True, tag_field="t", tag="way"):
    """What a key spends between here and the gateway: at the gateway with its connection, and in the connector."""

    gateway_ms: int
    connector_ms: int


class Lag(msgspec.Struct, frozen=True, tag_field="t", tag="lag"):
    """Up: the session's lag so far; as `wire.tunnel.messages.Measured`."""

    keys: Count
    total: Quantiles
    device: Quantiles
    line: Quantiles
    gateway: Quantiles
    connector: Quantiles
    office: Quantiles


Order = Start | Attach | Stop | Unrecorded | Way | Share
Report = Began | Pinned | Ended | Lag


def order(content: dict[str, Any]) -> Order:
    """A parcel as an order. Raises `caller.malformed`."""
    try:
        message: Order = msgspec.convert(content, Order)
    except msgspec.ValidationError:
        raise SudareError("caller.malformed", "order") from None
    return message


def report(content: dict[str, Any]) -> Report:
    """A parcel as a report. Raises `caller.malformed`: the process that reports may be anybody's by now."""
    try:
        message: Report = msgspec.convert(content, Report)
    except msgspec.ValidationError:
        raise SudareError("caller.malformed", "report") from None
    return message


def parcel(message: Order | Report) -> dict[str, Any]:
    """The message as a parcel's content."""
    content: dict[str, Any] = msgspec.to_builtins(message)
    return content

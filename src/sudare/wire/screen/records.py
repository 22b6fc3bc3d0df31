"""
Records down, connector to browser (docs/wire/screen.md).

    u8 type | u8 flags | u16 epoch | u32 seq | u16 in_seq | u16 t_ms | varint length | body

INVARIANT: `decode(encode(r)) == [r]`; unknown types and flags are skipped; anything else wrong is `caller.malformed`.
The body of UPDATE stays opaque here: its ops and its zstd stream belong to `sudare.pixels`.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final, Literal, TypeAlias

import msgspec

from sudare.base.cursor import Reader, Writer
from sudare.base.errors import SudareError

RECORD_LIMIT: Final = 1 << 20  # bytes, header included
SIDE_LIMIT: Final = 16_384
AREA_LIMIT: Final = 33_554_432
_HEAD: Final = struct.Struct("<BBHIHH")


class Kind(IntEnum):
    """Type byte of a record."""

    UPDATE = 1
    CURSOR = 2
    RESIZE = 3
    STATE = 4
    LINE = 5
    PONG = 6
    ANSWER = 7
    LAG = 8
    AUDIO = 16


class Flag(IntFlag):
    """Flag bits of a record."""

    EXPRESS = 1
    LAST = 2
    LOSSY = 4
    RESET = 8


_KNOWN_FLAGS: Final = 15
COARSE: Final = 1  # bit of LAG: what was done
NONE: Final = Flag(0)


def flags(*, express: bool, last: bool, lossy: bool) -> Flag:
    """The flags of an UPDATE."""
    return (Flag.EXPRESS if express else NONE) | (Flag.LAST if last else NONE) | (Flag.LOSSY if lossy else NONE)


@dataclass(frozen=True, slots=True)
class Update:
    """Ops and pixels, as `sudare.pixels.encoder` made them."""

    body: bytes


@dataclass(frozen=True, slots=True)
class CursorHidden:
    """No pointer at all."""


@dataclass(frozen=True, slots=True)
class CursorArrow:
    """The browser's own default arrow."""


@dataclass(frozen=True, slots=True)
class CursorImage:
    """A pointer image, RGBA with straight alpha, to be kept under `id`."""

    id: int
    hot_x: int
    hot_y: int
    w: int
    h: int
    rgba: bytes


@dataclass(frozen=True, slots=True)
class CursorCached:
    """A pointer image sent before."""

    id: int


@dataclass(frozen=True, slots=True)
class Resize:
    """The framebuffer becomes w*h, black."""

    w: int
    h: int


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the desktop stands, whether what it shows is being recorded, and whether it can be heard."""

    state: Literal["connecting", "active", "closed"]
    code: str | None = None
    name: str | None = None
    security: str | None = None
    recorded: bool = False
    sound: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Quality of the line as the worker measures it; 0 = not known."""

    rtt_ms: int = 0
    btl_kbit: int = 0
    key_to_pixel_ms: int = 0


@dataclass(frozen=True, slots=True)
class Pong:
    """Answer to PING `n`; its record has seq 0 and needs no ACK."""

    n: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The UPDATE before it in the same message answers input `in_seq`: SHOWN is asked for once it is painted."""

    in_seq: int


@dataclass(frozen=True, slots=True)
class Lag:
    """The last keys: what is to be named as the cause, what was done about it, medians of the whole and its shares."""

    cause: int  # `wire.screen.lag.Share`; a number not known is nothing
    coarse: bool  # large changes are sent readable first
    key_to_pixel_ms: int
    device_ms: int
    line_ms: int
    gateway_ms: int
    connector_ms: int
    office_ms: int


@dataclass(frozen=True, slots=True)
class Audio:
    """Opus packets of 20 ms one after the other; `number` is the first one's, of all since the session began."""

    number: int
    packets: tuple[bytes, ...]


Cursor: TypeAlias = CursorHidden | CursorArrow | CursorImage | CursorCached
Body: TypeAlias = Update | Cursor | Resize | State | Line | Pong | Answer | Lag | Audio


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its body and what stands in its header."""

    body: Body
    seq: int = 0
    in_seq: int = 0
    epoch: int = 0
    t_ms: int = 0
    flags: Flag = NONE


def size_is_allowed(w: int, h: int) -> bool:
    """Whether a framebuffer may be w*h."""
    return 0 < w <= SIDE_LIMIT and 0 < h <= SIDE_LIMIT and w * h <= AREA_LIMIT


def encode(record: Record) -> bytes:
    """
    The bytes of one record. The 16-bit fields wrap.

    Raises `caller.too-large` when the record would not fit the limit.
    """
    kind, body = _encode_body(record.body)
    head = _HEAD.pack(
        kind, record.flags, record.epoch & 0xFFFF, record.seq, record.in_seq & 0xFFFF, record.t_ms & 0xFFFF
    )
    out = Writer().raw(head).blob(body).done()
    if len(out) > RECORD_LIMIT:
        raise SudareError("caller.too-large", f"a record of {len(out)} bytes")
    return out


def encode_all(records: Sequence[Record]) -> bytes:
    """The bytes of one message."""
    return b"".join(map(encode, records))


def decode(message: bytes | memoryview) -> list[Record]:
    """The records of one message, without those of unknown type. Raises `caller.malformed`."""
    reader = Reader(message)
    out: list[Record] = []
    while reader.left():
        start = reader.pos
        kind, flags, epoch, seq, in_seq, t_ms = _HEAD.unpack(reader.take(_HEAD.size))
        raw = reader.blob()
        if reader.pos - start > RECORD_LIMIT:
            raise SudareError("caller.malformed", "record over 1 MiB")
        body = _decode_body(kind, raw)
        if body is not None:
            out.append(Record(body, seq, in_seq, epoch, t_ms, Flag(flags & _KNOWN_FLAGS)))
    return out


def _encode_body(body: Body) -> tuple[Kind, bytes]:  # noqa: C901, PLR0911, PLR0912 - one arm a type
    out = Writer()
    match body:
        case Update():
            return Kind.UPDATE, body.body
        case Resize():
            if not size_is_allowed(body.w, body.h):
                raise SudareError("caller.too-large", f"framebuffer {body.w}*{body.h}")
            return Kind.RESIZE, out.varint(body.w).varint(body.h).done()
        case State():
            return Kind.STATE, msgspec.json.encode(body)
        case Line():
            return Kind.LINE, out.varint(body.rtt_ms).varint(body.btl_kbit).varint(body.key_to_pixel_ms).done()
        case Pong():
            return Kind.PONG, out.u16(body.n).done()
        case Answer():
            return Kind.ANSWER, out.u16(body.in_seq & 0xFFFF).done()
        case Lag():
            out.u8(body.cause).u8(COARSE if body.coarse else 0)
            for ms in (body.key_to_pixel_ms, body.device_ms, body.line_ms, body.gateway_ms):
                out.varint(ms)
            return Kind.LAG, out.varint(body.connector_ms).varint(body.office_ms).done()
        case Audio():
            out.varint(body.number)
            for packet in body.packets:
                out.blob(packet)
            return Kind.AUDIO, out.done()
        case CursorHidden():
            return Kind.CURSOR, out.u8(0).done()
        case CursorArrow():
            return Kind.CURSOR, out.u8(1).done()
        case CursorImage():
            _check_cursor(body)
            for value in (body.id, body.hot_x, body.hot_y, body.w, body.h):
                out.varint(value)
            return Kind.CURSOR, b"\x02" + out.raw(body.rgba).done()
        case CursorCached():
            return Kind.CURSOR, out.u8(3).varint(body.id).done()


def _decode_body(kind: int, raw: bytes) -> Body | None:  # noqa: C901 - one arm a type
    reader = Reader(raw)
    body: Body
    match kind:
        case Kind.UPDATE:
            return Update(raw)
        case Kind.CURSOR:
            body = _decode_cursor(reader)
        case Kind.RESIZE:
            body = Resize(reader.varint(), reader.varint())
            if not size_is_allowed(body.w, body.h):
                raise SudareError("caller.malformed", "framebuffer size out of bounds")
        case Kind.STATE:
            return _decode_state(raw)
        case Kind.LINE:
            body = Line(reader.varint(), reader.varint(), reader.varint())
        case Kind.PONG:
            body = Pong(reader.u16())
        case Kind.ANSWER:
            body = Answer(reader.u16())
        case Kind.LAG:
            body = Lag(reader.u8(), bool(reader.u8() & COARSE), *(reader.varint() for _ in range(6)))
        case Kind.AUDIO:
            body = _decode_audio(reader)
        case _:
            return None
    if reader.left():
        raise SudareError("caller.malformed", f"{reader.left()} bytes too many in a record of type {kind}")
    return body


def _decode_audio(reader: Reader) -> Audio:
    number, packets = reader.varint(), []
    while reader.left():
        packets.append(reader.blob())
    if not packets or not all(packets):
        raise SudareError("caller.malformed", "an empty packet of sound, or none")
    return Audio(number, tuple(packets))


def _decode_state(raw: bytes) -> State:
    try:
        return msgspec.json.decode(raw, type=State)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise SudareError("caller.malformed", "state record") from error


def _decode_cursor(reader: Reader) -> Cursor:
    match reader.u8():
        case 0:
            return CursorHidden()
        case 1:
            return CursorArrow()
        case 2:
            number, hot_x, hot_y, w, h = (reader.varint() for _ in range(5))
            image = CursorImage(number, hot_x, hot_y, w, h, reader.rest())
            _check_cursor(image)
            return image
        case 3:
            return CursorCached(reader.varint())
        case kind:
            raise SudareError("caller.malformed", f"cursor kind {kind}")


def _check_cursor(image: CursorImage) -> None:
    if not image.w or not image.h or len(image.rgba) != image.w * image.h * 4:
        raise SudareError("caller.malformed", "cursor image does not have w*h*4 bytes")

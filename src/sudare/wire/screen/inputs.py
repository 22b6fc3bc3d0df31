"""
Inputs up, browser to connector (docs/wire/screen.md): `u8 type | body`, bodies are self-delimiting.

INVARIANT: `decode(encode(i)) == [i]`. An unknown type has no length and cannot be skipped: it is malformed. Unknown
flag and button bits are ignored.
INVARIANT: what `decode` gives is within the limits below, so a source may use it without looking again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from sudare.base.cursor import Reader, Writer
from sudare.base.errors import SudareError
from sudare.wire.screen.records import size_is_allowed

MESSAGE_LIMIT: Final = 65_536
TEXT_LIMIT: Final = 16_384  # bytes of UTF-8
POSITION_LIMIT: Final = 65_535
WHEEL_LIMIT: Final = 32_767
SCALE_LIMIT: Final = 1_000
LENGTH_LIMIT: Final = 65_535  # ms
BUTTONS: Final = 31


@dataclass(frozen=True, slots=True)
class Ack:
    """Every record up to `seq` has arrived; `backlog` of them are not yet shown."""

    seq: int
    backlog: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """Size the browser would like, in pixels, its scale in percent, and whether anybody can see it."""

    w: int
    h: int
    scale: int = 100
    visible: bool = True


@dataclass(frozen=True, slots=True)
class Key:
    """One key going down or up: PC/AT set 1 scancode and X11 keysym (0 unknown)."""

    in_seq: int
    down: bool
    extended: bool
    scancode: int
    keysym: int


@dataclass(frozen=True, slots=True)
class Pointer:
    """Pointer position and the buttons held."""

    in_seq: int
    x: int
    y: int
    buttons: int


@dataclass(frozen=True, slots=True)
class Wheel:
    """Wheel movement, 120 = one notch; positive = right, down."""

    in_seq: int
    x: int
    y: int
    dx: int
    dy: int


@dataclass(frozen=True, slots=True)
class Release:
    """Every key and button up."""

    in_seq: int


@dataclass(frozen=True, slots=True)
class Text:
    """Text to type as Unicode."""

    in_seq: int
    text: str


@dataclass(frozen=True, slots=True)
class Resync:
    """The browser lost its place; the next record must carry `reset`."""


@dataclass(frozen=True, slots=True)
class End:
    """The person leaves; 0 = leave the office PC as it is."""

    how: int = 0


@dataclass(frozen=True, slots=True)
class Ping:
    """To be answered by PONG with the same `n`."""

    n: int


@dataclass(frozen=True, slots=True)
class Shown:
    """
    What ANSWER asked for, in milliseconds of the browser's clock.

    `out_ms`: from the event of input `in_seq` until it left; `wait_ms`: until its answer came; `in_ms`: until that was
    shown.
    """

    in_seq: int
    out_ms: int
    wait_ms: int
    in_ms: int


@dataclass(frozen=True, slots=True)
class Hear:
    """Whether somebody listens; nobody does until it is said."""

    on: bool


Input: TypeAlias = Ack | View | Key | Pointer | Wheel | Release | Text | Resync | End | Ping | Shown | Hear


def encode(item: Input) -> bytes:  # noqa: C901 - one arm a type
    """The bytes of one input. The 16-bit fields wrap."""
    out = Writer()
    match item:
        case Ack():
            out.u8(1).varint(item.seq).varint(item.backlog)
        case View():
            out.u8(2).varint(item.w).varint(item.h).varint(item.scale).u8(int(item.visible))
        case Key():
            flags = item.down * 1 | item.extended * 2
            out.u8(3).u16(item.in_seq & 0xFFFF).u8(flags).u8(item.scancode).varint(item.keysym)
        case Pointer():
            out.u8(4).u16(item.in_seq & 0xFFFF).varint(item.x).varint(item.y).u8(item.buttons)
        case Wheel():
            out.u8(5).u16(item.in_seq & 0xFFFF).varint(item.x).varint(item.y).zigzag(item.dx).zigzag(item.dy)
        case Release():
            out.u8(6).u16(item.in_seq & 0xFFFF)
        case Text():
            out.u8(7).u16(item.in_seq & 0xFFFF).blob(item.text.encode())
        case Resync():
            out.u8(8)
        case End():
            out.u8(9).u8(item.how)
        case Ping():
            out.u8(10).u16(item.n)
        case Shown():
            out.u8(11).u16(item.in_seq & 0xFFFF).varint(item.out_ms).varint(item.wait_ms).varint(item.in_ms)
        case Hear():
            out.u8(16).u8(int(item.on))
    return out.done()


def encode_all(items: Sequence[Input]) -> bytes:
    """The bytes of one message."""
    return b"".join(map(encode, items))


def decode(message: bytes | memoryview) -> list[Input]:
    """The inputs of one message. Raises `caller.malformed`."""
    if len(message) > MESSAGE_LIMIT:
        raise SudareError("caller.malformed", f"a message of {len(message)} bytes")
    reader = Reader(message)
    out: list[Input] = []
    while reader.left():
        out.append(_decode_one(reader))
    return out


def _decode_one(reader: Reader) -> Input:  # noqa: C901, PLR0911, PLR0912 - one arm a type
    match reader.u8():
        case 1:
            return Ack(reader.varint(), reader.varint())
        case 2:
            return _decode_view(reader)
        case 3:
            in_seq, flags = reader.u16(), reader.u8()
            return Key(in_seq, bool(flags & 1), bool(flags & 2), reader.u8(), reader.varint())
        case 4:
            return Pointer(reader.u16(), _position(reader), _position(reader), reader.u8() & BUTTONS)
        case 5:
            return Wheel(reader.u16(), _position(reader), _position(reader), _notches(reader), _notches(reader))
        case 6:
            return Release(reader.u16())
        case 7:
            return _decode_text(reader)
        case 8:
            return Resync()
        case 9:
            how = reader.u8()
            if how:
                raise SudareError("caller.malformed", f"unknown way to end: {how}")
            return End(how)
        case 10:
            return Ping(reader.u16())
        case 11:
            return Shown(reader.u16(), _length(reader), _length(reader), _length(reader))
        case 16:
            return _decode_hear(reader)
        case kind:
            raise SudareError("caller.malformed", f"unknown input type {kind}")


def _decode_view(reader: Reader) -> View:
    w, h, scale, visible = reader.varint(), reader.varint(), reader.varint(), reader.u8()
    if not size_is_allowed(w, h) or not 0 < scale <= SCALE_LIMIT or visible > 1:
        raise SudareError("caller.malformed", "view out of bounds")
    return View(w, h, scale, bool(visible))


def _decode_hear(reader: Reader) -> Hear:
    on = reader.u8()
    if on > 1:
        raise SudareError("caller.malformed", f"hear {on}")
    return Hear(bool(on))


def _decode_text(reader: Reader) -> Text:
    in_seq, size = reader.u16(), reader.varint()
    if size > TEXT_LIMIT:
        raise SudareError("caller.malformed", f"text of {size} bytes")
    try:
        return Text(in_seq, reader.take(size).decode())
    except UnicodeDecodeError:
        # `from None`: the original holds the typed text.
        raise SudareError("caller.malformed", "text is not UTF-8") from None


def _position(reader: Reader) -> int:
    value = reader.varint()
    if value > POSITION_LIMIT:
        raise SudareError("caller.malformed", f"position {value}")
    return value


def _length(reader: Reader) -> int:
    value = reader.varint()
    if value > LENGTH_LIMIT:
        raise SudareError("caller.malformed", f"{value} ms")
    return value


def _notches(reader: Reader) -> int:
    value = reader.zigzag()
    if abs(value) > WHEEL_LIMIT:
        raise SudareError("caller.malformed", f"wheel {value}")
    return value

"""
The body of an UPDATE record (docs/wire/screen.md):

    varint ops_length | ops | zstd stream, flushed

    1 COPY  varint sx, sy, w, h, dx, dy
    2 FILL  varint x, y, w, h, 3 bytes BGR
    3 PIX   varint x, y, w, h, u8 format (0: BGR, 1: ramp)
    4 STORE varint tile, count
    5 CACHE varint tile, slot, count
    6 IMAGE varint x, y, w, h, varint length, JPEG
    7 VIDEO varint x, y, w, h, u8 flags, varint length, mask, varint length, frame
    8 END   nothing

INVARIANT: `split(join(ops, stream)) == (ops, stream)`; an unknown op, format or empty area is `caller.malformed`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sudare.base.cursor import Reader, Writer
from sudare.base.errors import SudareError
from sudare.pixels.frames import TILE

Box: TypeAlias = tuple[int, int, int, int]  # x, y, w, h
Move: TypeAlias = tuple[int, int, int, int, int, int]  # sx, sy, w, h, dx, dy


@dataclass(frozen=True, slots=True)
class Copy:
    """The client moves an area inside its own framebuffer; the areas may overlap."""

    sx: int
    sy: int
    w: int
    h: int
    dx: int
    dy: int


@dataclass(frozen=True, slots=True)
class Fill:
    """One colour; `bgr` is 3 bytes."""

    x: int
    y: int
    w: int
    h: int
    bgr: bytes


@dataclass(frozen=True, slots=True)
class Pix:
    """Pixels of this area follow in the stream: BGR, rows top down."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class Ramp:
    """A PIX of format 1: two colours and levels between them follow in the stream (`sudare.pixels.ramp`)."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class Store:
    """Remember `count` tiles from number `tile` on, as they are shown now."""

    tile: int
    count: int


@dataclass(frozen=True, slots=True)
class Cache:
    """Show `count` remembered tiles, from slot `slot` on, at the tiles from number `tile` on."""

    tile: int
    slot: int
    count: int


@dataclass(frozen=True, slots=True)
class Image:
    """A photograph, lossy: a JPEG of exactly this size."""

    x: int
    y: int
    w: int
    h: int
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Video:
    """
    The next frame of the film, shown over the framebuffer at this box, which itself stays as it is.

    `mask` has a bit for each tile the box touches, row by row, the lowest bit of a byte first: 1 where the film shows,
    0 where the framebuffer does. `key`: the frame needs no other.
    """

    x: int
    y: int
    w: int
    h: int
    key: bool
    mask: bytes
    frame: bytes
    h264: bool = False  # else AV1


@dataclass(frozen=True, slots=True)
class End:
    """The film is over: the framebuffer shows again."""


Op: TypeAlias = Copy | Fill | Pix | Ramp | Store | Cache | Image | Video | End


@dataclass(frozen=True, slots=True)
class Caps:
    """What a client takes beside COPY, FILL and exact PIX; the default is a client of the first days."""

    tiles: int = 0  # slots of its tile cache
    ramp: bool = False
    jpeg: bool = False
    video: str = ""  # films in this codec: "av1" or "h264"


def mask_size(box: Box) -> int:
    """Bytes of the mask of a film of this box."""
    x, y, w, h = box
    return -(-((x + w - 1) // TILE - x // TILE + 1) * ((y + h - 1) // TILE - y // TILE + 1) // 8)


def join(ops: Sequence[Op], stream: bytes) -> bytes:
    """The body of one UPDATE."""
    out = Writer()
    for op in ops:
        match op:
            case Store():
                out.u8(4).varint(op.tile).varint(op.count)
            case Cache():
                out.u8(5).varint(op.tile).varint(op.slot).varint(op.count)
            case End():
                out.u8(8)
            case _:
                _draw(out, op)
    return Writer().blob(out.data).raw(stream).done()


def _draw(out: Writer, op: Copy | Fill | Pix | Ramp | Image | Video) -> None:
    match op:
        case Copy():
            out.u8(1).varint(op.sx).varint(op.sy).varint(op.w).varint(op.h).varint(op.dx).varint(op.dy)
        case Fill():
            out.u8(2).varint(op.x).varint(op.y).varint(op.w).varint(op.h).raw(op.bgr)
        case Pix():
            out.u8(3).varint(op.x).varint(op.y).varint(op.w).varint(op.h).u8(0)
        case Ramp():
            out.u8(3).varint(op.x).varint(op.y).varint(op.w).varint(op.h).u8(1)
        case Image():
            out.u8(6).varint(op.x).varint(op.y).varint(op.w).varint(op.h).blob(op.jpeg)
        case Video():
            out.u8(7).varint(op.x).varint(op.y).varint(op.w).varint(op.h).u8(op.key | op.h264 << 1)
            out.blob(op.mask).blob(op.frame)


def split(body: bytes) -> tuple[list[Op], bytes]:
    """The ops and the stream of one UPDATE body. Raises `caller.malformed`."""
    outer = Reader(body)
    reader = Reader(outer.blob())
    ops: list[Op] = []
    while reader.left():
        ops.append(_one(reader))
    return ops, outer.rest()


def _one(reader: Reader) -> Op:
    kind = reader.u8()
    if kind in {1, 2, 3, 6, 7}:
        return _drawn(kind, reader)
    if kind == 8:
        return End()
    if kind not in {4, 5}:
        raise SudareError("caller.malformed", f"unknown op {kind}")
    tile = reader.varint()
    slot = reader.varint() if kind == 5 else 0
    count = reader.varint()
    if not count:
        raise SudareError("caller.malformed", "an op without tiles")
    return Store(tile, count) if kind == 4 else Cache(tile, slot, count)


def _drawn(kind: int, reader: Reader) -> Op:
    a, b, c, d = reader.varint(), reader.varint(), reader.varint(), reader.varint()
    if not c or not d:
        raise SudareError("caller.malformed", "an op without area")
    if kind == 1:
        return Copy(a, b, c, d, reader.varint(), reader.varint())
    if kind == 2:
        return Fill(a, b, c, d, reader.take(3))
    if kind == 6:
        return Image(a, b, c, d, bytes(reader.blob()))
    if kind == 7:
        flags, bits, frame = reader.u8(), bytes(reader.blob()), bytes(reader.blob())
        if len(bits) != mask_size((a, b, c, d)) or not frame:
            raise SudareError("caller.malformed", "a film without its mask or frame")
        return Video(a, b, c, d, bool(flags & 1), bits, frame, bool(flags & 2))
    match reader.u8():
        case 0:
            return Pix(a, b, c, d)
        case 1:
            return Ramp(a, b, c, d)
        case unknown:
            raise SudareError("caller.malformed", f"unknown pixel format {unknown}")

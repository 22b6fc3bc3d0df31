"""
The body of an UPDATE record (docs/wire/screen.md):

    varint ops_length | ops | zstd stream, flushed

    1 COPY  varint sx, sy, w, h, dx, dy
    2 FILL  varint x, y, w, h, 3 bytes BGR
    3 PIX   varint x, y, w, h, u8 format (0: BGR)

INVARIANT: `split(join(ops, stream)) == (ops, stream)`; an unknown op, format or empty area is `caller.malformed`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sudare.base.cursor import Reader, Writer
from sudare.base.errors import SudareError

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


Op: TypeAlias = Copy | Fill | Pix


def join(ops: Sequence[Op], stream: bytes) -> bytes:
    """The body of one UPDATE."""
    out = Writer()
    for op in ops:
        match op:
            case Copy():
                out.u8(1).varint(op.sx).varint(op.sy).varint(op.w).varint(op.h).varint(op.dx).varint(op.dy)
            case Fill():
                out.u8(2).varint(op.x).varint(op.y).varint(op.w).varint(op.h).raw(op.bgr)
            case Pix():
                out.u8(3).varint(op.x).varint(op.y).varint(op.w).varint(op.h).u8(0)
    return Writer().blob(out.data).raw(stream).done()


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
    if kind not in (1, 2, 3):
        raise SudareError("caller.malformed", f"unknown op {kind}")
    a, b, c, d = reader.varint(), reader.varint(), reader.varint(), reader.varint()
    if not c or not d:
        raise SudareError("caller.malformed", "an op without area")
    if kind == 1:
        return Copy(a, b, c, d, reader.varint(), reader.varint())
    if kind == 2:
        return Fill(a, b, c, d, reader.take(3))
    if reader.u8() != 0:
        raise SudareError("caller.malformed", "unknown pixel format")
    return Pix(a, b, c, d)

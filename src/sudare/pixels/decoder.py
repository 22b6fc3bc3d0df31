"""
The reference client: records in, a framebuffer out.

Tests and journeys use it to know what a browser would show; it is written to be obviously right, not fast.
`wire` and `pixels` are strangers, so it takes a record's type, flags and body apart: see `Client.apply`.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import zstandard

from sudare.base.cursor import Reader
from sudare.base.errors import SudareError
from sudare.pixels import ramp, tiles
from sudare.pixels.cache import Slots
from sudare.pixels.frames import AREA_LIMIT, BGR, Frame, black, size_is_allowed
from sudare.pixels.grid import Grid
from sudare.pixels.ops import Box, Cache, Copy, End, Fill, Image, Op, Pix, Ramp, Store, Video, split

WINDOW_LIMIT: Final = 1 << 23
UPDATE, CURSOR, RESIZE = 1, 2, 3
RESET: Final = 8
_SLICE: Final = 256  # input bytes at a time: bounds what a hostile stream can make us hold


class Client:
    """What a browser holds of one session: framebuffer, cursors, decompressor and `tiles` slots of remembered tiles."""

    def __init__(self, tiles: int = 0) -> None:
        self.frame: Frame = np.zeros((0, 0, 4), np.uint8)
        self._tiles = tiles
        self._kept: Slots[BGR] = Slots(tiles)
        self.cursor: bytes = b"\x01"  # body of the CURSOR record in force, images resolved
        self._cursors: dict[int, bytes] = {}
        self.film: Box | None = None  # where a film, which is not decoded here, hides the framebuffer
        self._forget_stream()

    def apply(self, kind: int, flags: int, body: bytes) -> None:
        """Take one record. Raises `caller.malformed`."""
        if flags & RESET:
            self.reset()
        if kind == UPDATE:
            self.update(body)
        elif kind == RESIZE:
            reader = Reader(body)
            self.resize(reader.varint(), reader.varint())
        elif kind == CURSOR:
            self._point(body)

    def reset(self) -> None:
        """Forget decompressor, cursors and remembered tiles; the framebuffer becomes black."""
        self.frame[:] = 0
        self._kept = Slots(self._tiles)
        self.cursor = b"\x01"
        self._cursors.clear()
        self.film = None
        self._forget_stream()

    def resize(self, w: int, h: int) -> None:
        """A black framebuffer of this size."""
        if not size_is_allowed(w, h):
            raise SudareError("caller.malformed", f"framebuffer {w}*{h}")
        self.frame = black(w, h)
        self.film = None

    def update(self, body: bytes) -> None:
        """Apply the body of one UPDATE."""
        ops, stream = split(body)
        pixels = memoryview(self._inflate(stream, self._needed(ops)))
        for op in ops:
            match op:
                case Pix() | Ramp():
                    pixels = pixels[self._draw(op, pixels) :]
                case Copy():
                    area = self._area(op.sx, op.sy, op.w, op.h).copy()
                    self._area(op.dx, op.dy, op.w, op.h)[:] = area
                case Fill():
                    self._area(op.x, op.y, op.w, op.h)[:] = np.frombuffer(op.bgr, np.uint8)
                case Store():
                    for tile in self._tiles_of(op):
                        self._kept.put(tile.copy())
                case Cache():
                    self._show(op)
                case Image():
                    self._develop(op)
                case Video() | End():
                    self.film = (op.x, op.y, op.w, op.h) if isinstance(op, Video) else None

    def _draw(self, op: Pix | Ramp, pixels: memoryview) -> int:
        """Draw the first of these pixels; gives how many bytes that took."""
        area = self._area(op.x, op.y, op.w, op.h)
        if isinstance(op, Ramp):
            size = ramp.size(op.w, op.h)
            ramp.draw(area, pixels[:size])
        else:
            size = op.w * op.h * 3
            area[:] = np.frombuffer(pixels[:size], np.uint8).reshape(op.h, op.w, 3)
        return size

    def _develop(self, op: Image) -> None:
        try:
            tiles.unjpeg(self.frame, (op.x, op.y, op.w, op.h), op.jpeg)
        except ValueError:
            raise SudareError("caller.malformed", f"no JPEG of {op.w}*{op.h}") from None

    def _tiles_of(self, op: Store | Cache) -> list[BGR]:
        height, width = self.frame.shape[:2]
        grid = Grid(width, height)
        if not self._tiles or op.tile + op.count > grid.count:
            raise SudareError("caller.malformed", f"tiles {op.tile} to {op.tile + op.count} of {grid.count}")
        return [self._area(*grid.box(index)) for index in range(op.tile, op.tile + op.count)]

    def _show(self, op: Cache) -> None:
        for i, tile in enumerate(self._tiles_of(op)):
            try:
                kept = self._kept.use(op.slot + i)
            except KeyError:
                raise SudareError("caller.malformed", f"slot {op.slot + i} is empty") from None
            if kept.shape != tile.shape:
                raise SudareError("caller.malformed", f"a tile of {kept.shape} where {tile.shape} is wanted")
            tile[:] = kept

    def bgr(self) -> bytes:
        """The framebuffer as BGR bytes, rows top down; what the golden vectors hash."""
        return self.frame[:, :, :3].tobytes()

    def _forget_stream(self) -> None:
        self._stream = zstandard.ZstdDecompressor(max_window_size=WINDOW_LIMIT).decompressobj()

    def _needed(self, ops: Sequence[Op]) -> int:
        """Bytes the ops want; areas are checked against the framebuffer before anything is drawn."""
        need = area = 0
        for op in ops:
            match op:
                case Copy():
                    self._area(op.sx, op.sy, op.w, op.h)
                    self._area(op.dx, op.dy, op.w, op.h)
                case Fill() | Image() | Video():
                    self._area(op.x, op.y, op.w, op.h)
                case Pix() | Ramp():
                    self._area(op.x, op.y, op.w, op.h)
                    area += op.w * op.h
                    need += op.w * op.h * 3 if isinstance(op, Pix) else ramp.size(op.w, op.h)
                case Store() | Cache():
                    self._tiles_of(op)
        if area > AREA_LIMIT:
            raise SudareError("caller.malformed", "more pixels than the largest framebuffer has")
        return need

    def _area(self, x: int, y: int, w: int, h: int) -> BGR:
        height, width = self.frame.shape[:2]
        if x + w > width or y + h > height:
            raise SudareError("caller.malformed", f"{w}*{h} at {x},{y} lies outside {width}*{height}")
        return self.frame[y : y + h, x : x + w, :3]

    def _inflate(self, stream: bytes, need: int) -> bytearray:
        out = bytearray()
        try:
            for pos in range(0, len(stream), _SLICE):
                out += self._stream.decompress(stream[pos : pos + _SLICE])
                if len(out) > need:
                    break
        except zstandard.ZstdError as error:
            raise SudareError("caller.malformed", "pixel stream") from error
        if len(out) != need:
            raise SudareError("caller.malformed", f"{len(out)} bytes of pixels where the ops need {need}")
        return out

    def _point(self, body: bytes) -> None:
        reader = Reader(body)
        kind = reader.u8()
        if kind == 2:
            self._cursors[reader.varint()] = body
        elif kind == 3:
            known = self._cursors.get(reader.varint())
            if known is None:
                raise SudareError("caller.malformed", "a cursor that was never sent")
            body = known
        self.cursor = body

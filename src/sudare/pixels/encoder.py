"""
From damage to the body of the next UPDATE.

INVARIANT: the shadow is what the client shows once it has applied every body given so far, bit for bit.
INVARIANT: once `encode` gives None, the shadow equals the frame wherever damage was ever noted.
Nothing is queued: a region that changes again before its turn is sent in its newest state only.

Damage is worked off in passes. Damage noted during a pass waits for the next one, so a small area that never rests
(a clock, a video) cannot keep a large one from ever being sent; `last` marks the end of a pass. `near` joins both.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import zstandard

from sudare.pixels import moves, plan, tiles
from sudare.pixels.frames import TILE, Frame, Mask, black, mask, size_is_allowed
from sudare.pixels.ops import Box, Fill, Move, Op, Pix, join
from sudare.pixels.plan import Point

LIMIT_MIN: Final = 256
LIMIT_MAX: Final = 131_072
MOVES_MAX: Final = 32  # more hints than this between two looks are not worth trying
_OP_BYTES: Final = 12
_ROUNDS: Final = 8
_CHUNK: Final = 3  # raw bytes tried at once, in limits: what one wrong guess can cost


@dataclass(frozen=True, slots=True)
class Update:
    """Body of one UPDATE record; `last` when it ends a pass: everything noted before the pass began is now shown."""

    body: bytes
    last: bool
    raw_pixels: int


class Encoder:
    """Mirror of the client's framebuffer (the shadow) and the session's zstd stream."""

    def __init__(self, w: int, h: int, *, level: int = 3, window_log: int = 21) -> None:
        self._params = zstandard.ZstdCompressionParameters.from_level(level, window_log=window_log)
        self._ratio = 0.25  # compressed bytes for one raw byte, lately
        self._begin_stream()
        self.resize(w, h)

    def resize(self, w: int, h: int) -> None:
        """The client's framebuffer becomes w*h and black; all of it is pending. The stream goes on."""
        if not size_is_allowed(w, h):
            raise ValueError(f"framebuffer {w}*{h}")
        self._shadow = black(w, h)
        self._everything()

    def reset(self) -> None:
        """The client forgot everything: black again, all pending, a new zstd frame."""
        self._shadow[:] = 0
        self._begin_stream()
        self._everything()

    def note(self, rects: Sequence[Box], copies: Sequence[Move] = ()) -> None:
        """
        Damage accumulates; nothing is encoded. What lies outside the frame is cut off.

        May be called while `encode` runs in a thread, with the frame left alone until it is done.
        """
        height, width = self._shadow.shape[:2]
        for x, y, w, h in rects:
            self._mark(x, y, w, h)
        for move in copies:
            self._mark(move[4], move[5], move[2], move[3])
        self._moves = [*self._moves, *(move for move in copies if moves.fits(move, width, height))]

    @property
    def pending(self) -> bool:
        """Whether anything was noted that has not been looked at; its pixels may turn out to be equal."""
        return bool(self._moves) or bool(self._pass.any()) or bool(self._noted.any())

    def encode(self, frame: Frame, *, limit: int, near: Point | None = None) -> Update | None:
        """
        The newest state of the next unit, in about `limit` bytes; None when nothing noted differs.

        Regions close to `near` come first, then small before large.
        """
        if frame.shape != self._shadow.shape:
            raise ValueError(f"a frame of {frame.shape} for a shadow of {self._shadow.shape}")
        limit = max(LIMIT_MIN, min(limit, LIMIT_MAX))
        hints, self._moves = self._moves, []
        ops: list[Op] = []
        if len(hints) <= MOVES_MAX:
            ops += moves.settle(self._shadow, frame, hints)
        todo = self._look(frame, near, whole=bool(hints))
        if not todo and not ops:
            return None
        stream, raw = self._spend(frame, todo, ops, limit)
        for x, y, w, h in todo:
            _set(self._pass, x, y, w, h)
        return Update(join(ops, bytes(stream)), last=not self._pass.any(), raw_pixels=raw)

    def _look(self, frame: Frame, near: Point | None, *, whole: bool) -> deque[Box]:
        """What differs in this pass, in order of sending; starts the next pass when this one turns out empty."""
        while True:
            if near is not None or whole or not self._pass.any():
                noted, self._noted = self._noted, self._blank()
                self._pass |= noted
            touched, self._pass = self._pass, self._blank()
            found = tiles.diff(frame, self._shadow, touched)
            if found or not self._noted.any():
                return deque(plan.in_order(found, near))

    def _spend(self, frame: Frame, todo: deque[Box], ops: list[Op], limit: int) -> tuple[bytearray, int]:
        """Encode boxes from the left of `todo` until the limit is near: guess, compress, measure, guess again."""
        stream = bytearray()
        raw = 0
        for _ in range(_ROUNDS):
            room = limit - len(stream) - len(ops) * _OP_BYTES
            if not todo or (stream and room < limit // 4):
                break
            fills, boxes = self._take(frame, todo, max(room, LIMIT_MIN), limit * _CHUNK)
            ops += fills
            if boxes:
                size, part = self._compress(frame, boxes, ops)
                raw += size
                stream += part
        return stream, raw

    def _take(self, frame: Frame, todo: deque[Box], room: int, most: int) -> tuple[list[Fill], list[Box]]:
        """The next boxes that should compress into `room`; a box too large for what is left is cut."""
        fills: dict[bytes, list[Box]] = {}
        boxes: list[Box] = []
        allow = min(int(room / self._ratio), most)
        count = 0
        while todo and allow > 0 and count * _OP_BYTES < room:
            box = todo.popleft()
            count += 1
            colour = tiles.solid(frame, box)
            if colour is not None:
                fills.setdefault(colour, []).append(box)
                continue
            x, y, w, h = box
            rows = h if w * h * 3 <= allow else max(1, allow // (w * 3))
            if rows < h:
                todo.appendleft((x, y + rows, w, h - rows))
                allow = 0
            boxes.append((x, y, w, rows))
            allow -= w * rows * 3
        return self._fill(fills), boxes

    def _fill(self, fills: dict[bytes, list[Box]]) -> list[Fill]:
        out = [Fill(*box, colour) for colour, boxes in fills.items() for box in plan.merged(boxes, slack=1.0)]
        for op in out:
            tiles.fill(self._shadow, (op.x, op.y, op.w, op.h), op.bgr)
        return out

    def _compress(self, frame: Frame, boxes: list[Box], ops: list[Op]) -> tuple[int, bytes]:
        raw = bytearray()
        for box in plan.merged(boxes):
            part = tiles.pack(frame, box)
            # The shadow takes what is sent, not what the frame holds by then.
            tiles.apply(self._shadow, box, part)
            raw += part
            ops.append(Pix(*box))
        out = self._stream.compress(bytes(raw)) + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        seen = len(out) / len(raw)
        # Believe bad news at once and good news slowly: a unit too large costs the person more than one too small.
        self._ratio = max(0.005, seen, 0.5 * self._ratio + 0.5 * seen)
        return len(raw) // 3, out

    def _begin_stream(self) -> None:
        self._stream = zstandard.ZstdCompressor(compression_params=self._params).compressobj()

    def _everything(self) -> None:
        height, width = self._shadow.shape[:2]
        self._moves: list[Move] = []
        self._pass = mask(width, height)
        self._noted = mask(width, height, 1)

    def _blank(self) -> Mask:
        height, width = self._shadow.shape[:2]
        return mask(width, height)

    def _mark(self, x: int, y: int, w: int, h: int) -> None:
        height, width = self._shadow.shape[:2]
        left, top, right, bottom = max(x, 0), max(y, 0), min(x + w, width), min(y + h, height)
        if left < right and top < bottom:
            _set(self._noted, left, top, right - left, bottom - top)


def _set(target: Mask, x: int, y: int, w: int, h: int) -> None:
    target[y // TILE : (y + h - 1) // TILE + 1, x // TILE : (x + w - 1) // TILE + 1] = 1

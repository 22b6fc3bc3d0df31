"""
From damage to the body of the next UPDATE.

INVARIANT: the shadow is what the client shows once it has applied every body given so far, bit for bit.
INVARIANT: once `encode` gives None, the shadow equals the frame wherever damage was ever noted.
Nothing is queued: a region that changes again before its turn is sent in its newest state only.

Damage is worked off in passes. Damage noted during a pass waits for the next one, so a small area that never rests
(a clock, a video) cannot keep a large one from ever being sent; `last` marks the end of a pass.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import zstandard

from sudare.pixels import moves, plan, scroll, tiles
from sudare.pixels.frames import TILE, Frame, Mask, black, mask, size_is_allowed
from sudare.pixels.ops import Box, Copy, Fill, Move, Op, Pix, join
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
        self._moves: list[Move] = []
        self._queue: deque[Box] = deque()  # this pass: boxes as found when it began, pixels as they are when sent
        self._noted: Mask
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

        One caller at a time: not while `encode` runs in a thread. The frame itself may change meanwhile, as long as
        that damage is noted afterwards.
        """
        height, width = self._shadow.shape[:2]
        for x, y, w, h in rects:
            self._mark(x, y, w, h)
        for move in copies:
            self._mark(move[4], move[5], move[2], move[3])
        self._moves = [*self._moves, *(move for move in copies if moves.fits(move, width, height))]

    @property
    def pending(self) -> bool:
        """Whether anything waits to be sent or looked at; noted pixels may turn out to be equal."""
        return bool(self._moves) or bool(self._queue) or bool(self._noted.any())

    def encode(self, frame: Frame, *, limit: int, near: Point | None = None) -> Update | None:
        """
        The newest state of the next unit, in about `limit` bytes; None when nothing noted differs.

        Small regions come before large ones. With `near`, fresh damage that is small or close to it overtakes the pass.
        """
        if frame.shape != self._shadow.shape:
            raise ValueError(f"a frame of {frame.shape} for a shadow of {self._shadow.shape}")
        limit = max(LIMIT_MIN, min(limit, LIMIT_MAX))
        hints, self._moves = self._moves, []
        ops: list[Op] = []
        if len(hints) <= MOVES_MAX:
            ops += moves.settle(self._shadow, frame, hints)
        if hints or not self._queue:
            ops += self._begin_pass(frame, near)
        elif near is not None:
            self._let_overtake(frame, near)
        if not self._queue and not ops:
            return None
        stream, raw = self._spend(frame, ops, limit)
        return Update(join(ops, bytes(stream)), last=not self._queue, raw_pixels=raw)

    def _begin_pass(self, frame: Frame, near: Point | None) -> list[Copy]:
        """Everything that differs now, in order of sending; a scroll without a hint becomes a COPY first."""
        touched, self._noted = self._noted, self._blank()
        for x, y, w, h in self._queue:
            _set(touched, x, y, w, h)
        found = tiles.diff(frame, self._shadow, touched)
        move = scroll.guess(frame, self._shadow, found)
        copies = moves.settle(self._shadow, frame, [move]) if move else []
        for op in copies:
            _set(touched, op.dx, op.dy, op.w, op.h)
        if copies:
            found = tiles.diff(frame, self._shadow, touched)
        self._queue = deque(plan.in_order(found, near))
        return copies

    def _let_overtake(self, frame: Frame, near: Point) -> None:
        """Fresh damage that answers the person goes to the front; the rest of it waits for the next pass."""
        touched, self._noted = self._noted, self._blank()
        ahead, behind = plan.overtaking(tiles.diff(frame, self._shadow, touched), near)
        for x, y, w, h in behind:
            _set(self._noted, x, y, w, h)
        fresh = set(map(plan.tile_of, ahead))
        self._queue = deque([*ahead, *(box for box in self._queue if plan.tile_of(box) not in fresh)])

    def _spend(self, frame: Frame, ops: list[Op], limit: int) -> tuple[bytearray, int]:
        """Encode boxes from the left of the queue until the limit is near: guess, compress, measure, guess again."""
        stream = bytearray()
        raw = 0
        for _ in range(_ROUNDS):
            room = limit - len(stream) - len(ops) * _OP_BYTES
            if not self._queue or (stream and room < limit // 4):
                break
            fills, boxes = self._take(frame, max(room, LIMIT_MIN), limit * _CHUNK)
            ops += fills
            if boxes:
                size, part = self._compress(frame, boxes, ops)
                raw += size
                stream += part
        return stream, raw

    def _take(self, frame: Frame, room: int, most: int) -> tuple[list[Fill], list[Box]]:
        """The next boxes that should compress into `room`; a box too large for what is left is cut."""
        fills: dict[bytes, list[Box]] = {}
        boxes: list[Box] = []
        allow = min(int(room / self._ratio), most)
        count = 0
        while self._queue and allow > 0 and count * _OP_BYTES < room:
            box = self._queue.popleft()
            count += 1
            colour = tiles.solid(frame, box)
            if colour is not None:
                fills.setdefault(colour, []).append(box)
                continue
            x, y, w, h = box
            rows = h if w * h * 3 <= allow else max(1, allow // (w * 3))
            if rows < h:
                self._queue.appendleft((x, y + rows, w, h - rows))
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
        self._moves = []
        self._queue = deque()
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

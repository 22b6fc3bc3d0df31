"""
From damage to the body of the next UPDATE.

INVARIANT: the shadow is what the client shows once it has applied every body given so far, bit for bit.
INVARIANT: once `encode` gives None, the shadow equals the frame wherever damage was ever noted.
Nothing is queued: a region that changes again before its turn is sent in its newest state only.

Damage is worked off in passes. Damage noted during a pass waits for the next one, so a small area that changes now and
then cannot keep a large one from ever being sent. Areas that move (a video) have passes of their own, and whatever else
is noted goes before the rest of those. Such a pass is sent as it was when it began: what a slow line shows is a picture
that once was, and the next scroll can be found in it. `last` marks the end of a pass.
`answer` gives what a person waits for ahead of both.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import zstandard

from sudare.pixels import moves, plan, scroll, tiles
from sudare.pixels.frames import TILE, Frame, Mask, black, mask, size_is_allowed
from sudare.pixels.heat import Heat
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
    """Body of one UPDATE record; `last` when it ends its pass: what was noted before the pass began is now shown."""

    body: bytes
    last: bool
    raw_pixels: int


class Encoder:
    """Mirror of the client's framebuffer (the shadow) and the session's zstd stream."""

    def __init__(self, w: int, h: int, *, level: int = 3, window_log: int = 21) -> None:
        self._moves: list[Move] = []
        # Boxes as found when their pass began, most important first. Pixels as when sent; of what moves, as found.
        self._ahead: deque[Box] = deque()  # answers
        self._queue: deque[Box] = deque()
        self._moving: deque[Box] = deque()
        self._still: Frame | None = None  # the picture they were found in
        self._noted: Mask
        self._fresh: Mask  # noted since an answer was last looked for
        self._params = zstandard.ZstdCompressionParameters.from_level(level, window_log=window_log)
        self._ratio = 0.25  # compressed bytes for one raw byte, lately
        self._begin_stream()
        self.resize(w, h)

    def resize(self, w: int, h: int) -> None:
        """The client's framebuffer becomes w*h and black; all of it is pending. The stream goes on."""
        if not size_is_allowed(w, h):
            raise ValueError(f"framebuffer {w}*{h}")
        self._shadow = black(w, h)
        self._heat = Heat(w, h)
        self._everything()

    def reset(self) -> None:
        """The client forgot everything: black again, all pending, a new zstd frame."""
        self._shadow[:] = 0
        self._begin_stream()
        self._everything()

    def note(self, rects: Sequence[Box], copies: Sequence[Move] = (), *, now: float = 0.0) -> None:
        """
        Damage accumulates; nothing is encoded. What lies outside the frame is cut off.

        One caller at a time: not while `encode` runs in a thread. The frame itself may change meanwhile, as long as
        that damage is noted afterwards.
        """
        height, width = self._shadow.shape[:2]
        touched = self._blank()
        for x, y, w, h in rects:
            self._mark(touched, x, y, w, h)
        for move in copies:
            self._mark(touched, move[4], move[5], move[2], move[3])
        self._noted |= touched
        self._fresh |= touched
        self._heat.touch(touched, now)
        self._moves = [*self._moves, *(move for move in copies if moves.fits(move, width, height))]

    @property
    def pending(self) -> bool:
        """Whether anything waits to be sent or looked at; noted pixels may turn out to be equal."""
        return bool(self._moves or self._ahead or self._queue or self._moving) or bool(self._noted.any())

    def encode(self, frame: Frame, *, limit: int, near: Point | None = None) -> Update | None:
        """
        The newest state of the next unit, in about `limit` bytes; None when nothing noted differs.

        What is `near` comes first in its pass, small regions before large ones.
        """
        limit = self._checked(frame, limit)
        ops: list[Op] = list(self._hints(frame))
        self._set_moving_aside()
        if not self._queue and not self._ahead:
            ops += self._begin_pass(frame, near)
        if boxes := self._ahead or self._queue:
            return self._unit(frame, ops, limit, boxes)
        still = frame if self._still is None else self._still
        update = self._unit(still, ops, limit, self._moving)
        self._still = (still.copy() if still is frame else still) if self._moving else None
        return update

    def answer(self, frame: Frame, *, limit: int, near: Point | None) -> Update | None:
        """
        Only what a person who just did something waits for: fresh damage that is small or close to `near`, and does not
        move by itself. None when there is none.
        """
        limit = self._checked(frame, limit)
        ops: list[Op] = [*self._hints(frame), *self._overtake(frame, near)]
        return self._unit(frame, ops, limit, self._ahead)

    def _checked(self, frame: Frame, limit: int) -> int:
        if frame.shape != self._shadow.shape:
            raise ValueError(f"a frame of {frame.shape} for a shadow of {self._shadow.shape}")
        return max(LIMIT_MIN, min(limit, LIMIT_MAX))

    def _hints(self, frame: Frame) -> list[Copy]:
        """Copies of the source that help. What was found before is looked at anew: most of it came with the copy."""
        hints, self._moves = self._moves, []
        if not hints:
            return []
        for x, y, w, h in (*self._ahead, *self._queue, *self._moving):
            _set(self._noted, x, y, w, h)
        for boxes in (self._ahead, self._queue, self._moving):
            boxes.clear()
        self._still = None
        return moves.settle(self._shadow, frame, hints) if len(hints) <= MOVES_MAX else []

    def _set_moving_aside(self) -> None:
        """What began to move since its pass began waits for a pass of what moves."""
        hot = self._heat.hot
        if self._queue and hot.any():
            for x, y, w, h in self._queue:
                if hot[y // TILE, x // TILE]:
                    _set(self._noted, x, y, w, h)
            self._queue = _outside(hot, self._queue)

    def _begin_pass(self, frame: Frame, near: Point | None) -> list[Copy]:
        """What differs now, in order of sending; what moves only when there is nothing else."""
        hot = self._heat.hot
        touched, self._noted, self._fresh = self._noted & (1 - hot), self._noted & hot, self._blank()
        copies, found = self._find(frame, touched)
        self._queue = deque(plan.in_order(found, near))
        if self._queue or self._moving:
            return copies
        touched, self._noted = self._noted, self._blank()
        more, found = self._find(frame, touched)
        self._moving = deque(plan.in_order(found, near))
        return copies + more

    def _overtake(self, frame: Frame, near: Point | None) -> list[Copy]:
        """Fresh damage that answers the person goes to the front; the rest of it waits for its pass."""
        touched, self._fresh = self._fresh & (1 - self._heat.hot), self._blank()
        if not touched.any():
            return []
        self._noted &= 1 - touched
        copies, found = self._find(frame, touched)
        ahead, behind = plan.overtaking(found, near)
        for x, y, w, h in behind:
            _set(self._noted, x, y, w, h)
        self._ahead.extendleft(reversed(ahead))
        return copies

    def _find(self, frame: Frame, touched: Mask) -> tuple[list[Copy], list[Box]]:
        """What differs in these tiles, found before or not; a scroll without a hint becomes a COPY first."""
        found = tiles.diff(frame, self._shadow, touched)
        move = scroll.guess(frame, self._shadow, found)
        copies = moves.settle(self._shadow, frame, [move]) if move else []
        for op in copies:
            _set(touched, op.dx, op.dy, op.w, op.h)
        if copies:
            found = tiles.diff(frame, self._shadow, touched)
        self._ahead, self._queue = _outside(touched, self._ahead), _outside(touched, self._queue)
        self._moving = _outside(touched, self._moving)
        return copies, found

    def _unit(self, frame: Frame, ops: list[Op], limit: int, boxes: deque[Box]) -> Update | None:
        if not boxes and not ops:
            return None
        stream, raw = self._spend(frame, ops, limit, boxes)
        return Update(join(ops, bytes(stream)), last=not boxes, raw_pixels=raw)

    def _spend(self, frame: Frame, ops: list[Op], limit: int, queue: deque[Box]) -> tuple[bytearray, int]:
        """Encode boxes from the left of a queue until the limit is near: guess, compress, measure, guess again."""
        stream = bytearray()
        raw = 0
        for _ in range(_ROUNDS):
            room = limit - len(stream) - len(ops) * _OP_BYTES
            if not queue or (stream and room < limit // 4):
                break
            fills, boxes = self._take(frame, queue, max(room, LIMIT_MIN), limit * _CHUNK)
            ops += fills
            if boxes:
                size, part = self._compress(frame, boxes, ops)
                raw += size
                stream += part
        return stream, raw

    def _take(self, frame: Frame, queue: deque[Box], room: int, most: int) -> tuple[list[Fill], list[Box]]:
        """The next boxes that should compress into `room`; a box too large for what is left is cut."""
        fills: dict[bytes, list[Box]] = {}
        boxes: list[Box] = []
        allow = min(int(room / self._ratio), most)
        count = 0
        while queue and allow > 0 and count * _OP_BYTES < room:
            box = queue.popleft()
            count += 1
            colour = tiles.solid(frame, box)
            if colour is not None:
                fills.setdefault(colour, []).append(box)
                continue
            x, y, w, h = box
            rows = h if w * h * 3 <= allow else max(1, allow // (w * 3))
            if rows < h:
                queue.appendleft((x, y + rows, w, h - rows))
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
        self._ahead, self._queue, self._moving = deque(), deque(), deque()
        self._still = None
        self._noted = mask(width, height, 1)
        self._fresh = self._blank()

    def _blank(self) -> Mask:
        height, width = self._shadow.shape[:2]
        return mask(width, height)

    def _mark(self, touched: Mask, x: int, y: int, w: int, h: int) -> None:
        height, width = self._shadow.shape[:2]
        left, top, right, bottom = max(x, 0), max(y, 0), min(x + w, width), min(y + h, height)
        if left < right and top < bottom:
            _set(touched, left, top, right - left, bottom - top)


def _set(target: Mask, x: int, y: int, w: int, h: int) -> None:
    target[y // TILE : (y + h - 1) // TILE + 1, x // TILE : (x + w - 1) // TILE + 1] = 1


def _outside(touched: Mask, queue: deque[Box]) -> deque[Box]:
    """The boxes of a queue that are not in these tiles."""
    return deque(box for box in queue if not touched[box[1] // TILE, box[0] // TILE])

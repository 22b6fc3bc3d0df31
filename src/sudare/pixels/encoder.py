"""
From damage to the body of the next UPDATE.

INVARIANT: the shadow is what the client shows once it has applied every body given so far, bit for bit, but for the
areas marked lossy; a lossy area is always sent again.
INVARIANT: once `encode` gives None at rest, nothing is lossy, no film is shown and the shadow equals the frame
wherever damage was ever noted.
Nothing is queued: a region that changes again before its turn is sent in its newest state only.

`passes` says what is next; a pass too large for the line is sent in ramp pixels first. `last` marks the end of a pass.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import zstandard

from sudare.pixels import mark, photo, plan, ramp, tiles
from sudare.pixels.cache import TileCache, digest
from sudare.pixels.film import Film, Films
from sudare.pixels.frames import Frame, black, cell, cover, mask, size_is_allowed
from sudare.pixels.grid import Grid
from sudare.pixels.lossy import Lossy
from sudare.pixels.ops import Box, Caps, Copy, End, Fill, Image, Move, Op, Pix, Ramp, Video, join
from sudare.pixels.passes import Pass, Passes
from sudare.pixels.plan import Point

LIMIT_MIN: Final = 256
LIMIT_MAX: Final = 131_072
_OP_BYTES: Final = 12
_ROUNDS: Final = 8
_CHUNK: Final = 3  # raw bytes tried at once, in limits: what one wrong guess can cost
_REST_S: Final = 0.3  # a tile that changes more often is not worth remembering
_HASHED_MIN: Final = 512  # pixels: a smaller change is cheaper to send than to look up


@dataclass(frozen=True, slots=True)
class Update:
    """
    Body of one UPDATE record.

    `last` when it ends its pass: what was noted before the pass began is now shown; `lossy` when not all of it exactly.
    """

    body: bytes
    last: bool
    lossy: bool
    raw_pixels: int


@dataclass(frozen=True, slots=True)
class _Hit:
    """A tile the client may hold: what of it differs, its digest and pixels."""

    box: Box
    key: bytes
    pixels: bytes


@dataclass(slots=True)
class _Taken:
    """Off the queue: boxes of one colour, boxes to be drawn, tiles the client may hold; and tiles that change a lot."""

    fills: dict[bytes, list[Box]] = field(default_factory=dict)
    boxes: list[Box] = field(default_factory=list)
    photos: list[Box] = field(default_factory=list)
    hits: dict[int, _Hit] = field(default_factory=dict)
    tiles: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Unit:
    """What goes into one UPDATE."""

    ops: list[Op]
    stream: bytearray
    images: int = 0  # bytes of them among the ops
    raw: int = 0
    lossy: bool = False

    @property
    def size(self) -> int:
        """About how many bytes it takes so far."""
        return len(self.stream) + self.images + len(self.ops) * _OP_BYTES


class Encoder:
    """Mirror of the client's framebuffer (the shadow), of its tile cache, and the session's zstd stream."""

    def __init__(
        self,
        w: int,
        h: int,
        *,
        caps: Caps = Caps(),  # noqa: B008
        level: int = 3,
        window_log: int = 21,
        marked: bool = False,  # the frames are marked planes (`sudare.pixels.mark`)
    ) -> None:
        self._params = zstandard.ZstdCompressionParameters.from_level(level, window_log=window_log)
        # Compressed bytes for one raw byte, lately; of an image, for one pixel.
        self._ratios: dict[type[Op], float] = {Pix: 0.25, Ramp: 0.25, Image: 0.25}
        self._near: Point | None = None
        self._marked = marked
        self._begin_client(caps)
        self.resize(w, h)

    def resize(self, w: int, h: int) -> None:
        """The client's framebuffer becomes w*h and black; all of it is pending. Stream and remembered tiles stay."""
        if not size_is_allowed(w, h):
            raise ValueError(f"framebuffer {w}*{h}")
        self._shadow = black(w, h)
        self._grid = Grid(w, h)
        self._everything()

    def reset(self, caps: Caps | None = None) -> None:
        """The client forgot everything, or is another one: black again, all pending, a new zstd frame."""
        self._shadow[:] = 0
        self._begin_client(caps or self._caps)
        self._everything()

    def note(self, rects: Sequence[Box], copies: Sequence[Move] = (), *, now: float = 0.0) -> None:
        """
        Damage accumulates; nothing is encoded. What lies outside the frame is cut off.

        One caller at a time: not while `encode` runs in a thread. The frame itself may change meanwhile, as long as
        that damage is noted afterwards.
        """
        self._passes.note(rects, copies, now)

    def expect_answer(self) -> None:
        """The person did something after a while: from here on `answer` gives what is noted now."""
        self._passes.expect_answer()

    def pending(self, now: float) -> bool:
        """Whether anything waits: damage (which may turn out to be none), lossy pixels to be refined, the film."""
        return bool(self._lossy) or self._passes.waiting or self._films.waiting(now)

    def next_deadline(self) -> float | None:
        """When something may begin to wait without anything being noted."""
        return self._films.next_deadline()

    def encode(
        self,
        frame: Frame,
        *,
        limit: int,
        now: float,
        near: Point | None = None,
        crisp: int | None = None,
        line_kbit: int = 0,
    ) -> Update | None:
        """
        The newest state of the next unit, in about `limit` bytes; None when nothing noted differs and all is exact.

        What is `near` comes first in its pass, small regions before large ones. A pass that would take more than
        `crisp` bytes is sent in ramp pixels first, if the client takes them. A film takes its share of `line_kbit`
        (0: not known) between the units of what is refined.
        """
        limit = self._checked(frame, limit, near)
        self._passes.direct(frame, now)
        copies, chosen = self._passes.next(frame, self._near, crisp if self._caps.ramp else None)
        film = self._films.due(now)
        if film is not None and not copies and (chosen.refining or chosen.moving or not chosen.boxes):
            return self._frame(frame, film, line_kbit, now)
        return self._unit(frame, copies, chosen, limit, now)

    def answer(self, frame: Frame, *, limit: int, now: float, near: Point | None) -> Update | None:
        """
        Only what a person who just did something waits for: fresh damage that is small or close to `near`, and does not
        move by itself. None when there is none.
        """
        limit = self._checked(frame, limit, near)
        copies, chosen = self._passes.answer(frame, near)
        return self._unit(frame, copies, chosen, limit, now)

    def _checked(self, frame: Frame, limit: int, near: Point | None) -> int:
        if frame.shape != self._shadow.shape:
            raise ValueError(f"a frame of {frame.shape} for a shadow of {self._shadow.shape}")
        self._near = near or self._near
        return max(LIMIT_MIN, min(limit, LIMIT_MAX))

    def _unit(self, frame: Frame, copies: list[Copy], chosen: Pass, limit: int, now: float) -> Update | None:
        self._copied(copies, now)
        unit = _Unit([*copies, *self._film_ended()], bytearray())
        if not chosen.boxes and not unit.ops:
            return None
        self._spend(frame if chosen.still is None else chosen.still, unit, chosen, limit, now)
        self._passes.spent(frame, chosen)
        last = chosen.refining or not chosen.boxes
        return Update(join(unit.ops, bytes(unit.stream)), last, unit.lossy, unit.raw)

    def _frame(self, frame: Frame, film: Film, line_kbit: int, now: float) -> Update:
        """The next frame of the film."""
        unit = _Unit([], bytearray())
        if film.video is not None:
            data, key = film.frame(frame, line_kbit, now)
            unit.ops.append(Video(*film.box, key, film.mask, data, film.codec == "h264"))
            unit.lossy = True
        else:
            self._draw_photos(frame, unit, list(film.parts.values()), now)
            film.drawn(unit.size, line_kbit, now)
        return Update(join(unit.ops, bytes(unit.stream)), last=True, lossy=unit.lossy, raw_pixels=unit.raw)

    def _film_ended(self) -> list[End]:
        """Once all behind a film that is over was sent, the client is told that its framebuffer shows again."""
        ending = self._films.ending
        if ending is None or not self._passes.covered(ending):
            return []
        self._films.ending = None
        return [End()] if ending.begun and ending.video is not None else []

    def _copied(self, copies: Iterable[Copy], now: float) -> None:
        for op in copies:
            self._passes.scrolled = True
            self._lossy.move((op.sx, op.sy, op.w, op.h, op.dx, op.dy))
            self._films.moved((op.sx, op.sy, op.w, op.h, op.dx, op.dy), now)
            cover(self._changed_at, (op.dx, op.dy, op.w, op.h), now)

    def _spend(self, frame: Frame, unit: _Unit, chosen: Pass, limit: int, now: float) -> None:
        """Encode boxes from the left of a pass until the limit is near: guess, compress, measure, guess again."""
        for _ in range(_ROUNDS):
            room = limit - unit.size
            if not chosen.boxes or ((unit.stream or unit.images) and room < limit // 4):
                break
            taken = self._take(frame, chosen, max(room, LIMIT_MIN), limit * _CHUNK)
            self._remember(unit, taken.tiles, now)
            self._show(unit, taken, now)
            self._fill(unit, taken.fills, now)
            self._draw_photos(frame, unit, taken.photos, now)
            if taken.boxes and chosen.ramping:
                self._draw_ramps(frame, unit, taken.boxes, now)
            elif taken.boxes:
                self._draw(frame, unit, taken.boxes, now)

    def _take(self, frame: Frame, chosen: Pass, room: int, most: int) -> _Taken:
        """The next boxes that should compress into `room`; a box too large for what is left is cut."""
        out = _Taken()
        ramping = chosen.ramping
        allow = min(int(room / self._ratios[Ramp if ramping else Pix]), most)
        count = 0
        while chosen.boxes and allow > 0 and count * _OP_BYTES < room:
            box = chosen.boxes.popleft()
            count += 1
            x, y, w, h = box
            tile = self._grid.index(box)
            if w * h >= _HASHED_MIN:
                out.tiles.add(tile)
            colour = tiles.solid(frame, box)
            if colour is not None:
                out.fills.setdefault(colour, []).append(box)
            elif (hit := self._looked_up(frame, box)) is not None:
                out.hits[tile] = hit
            elif ramping and self._caps.jpeg and tiles.NATIVE and photo.is_photo(frame, box):
                out.photos.append(box)
                allow -= int(w * h * self._ratios[Image] / self._ratios[Ramp])
            elif ramping:
                out.boxes.append(box)
                allow -= ramp.size(w, h)
            else:
                rows = h if w * h * 3 <= allow else max(1, allow // (w * 3))
                if rows < h:
                    chosen.boxes.appendleft((x, y + rows, w, h - rows))
                    allow = 0
                out.boxes.append((x, y, w, rows))
                allow -= w * rows * 3
        return out

    def _looked_up(self, frame: Frame, box: Box) -> _Hit | None:
        if self._cache.empty or box[2] * box[3] < _HASHED_MIN:
            return None
        tile = self._grid.box(self._grid.index(box))
        pixels = tiles.pack(frame, tile)
        key = digest(tile, pixels)
        return _Hit(box, key, pixels) if self._cache.knows(key) else None

    def _remember(self, unit: _Unit, covered: set[int], now: float) -> None:
        """What is about to be covered, if it stood for a while and may come back."""
        if not self._cache.count or self._passes.scrolled:
            return
        wanted = [
            tile
            for tile in sorted(covered)
            if tile not in self._lossy and now - self._changed_at[cell(self._grid.box(tile))] >= _REST_S
        ]
        unit.ops += self._cache.store(self._shadow, wanted, self._grid)

    def _show(self, unit: _Unit, taken: _Taken, now: float) -> None:
        """Draw remembered tiles; those that just had to go for others are drawn like all else."""
        held = [index for index in sorted(taken.hits) if self._cache.knows(taken.hits[index].key)]
        for index in held:
            tile = self._grid.box(index)
            tiles.apply(self._shadow, tile, taken.hits[index].pixels)
            self._exact(tile, now)
        unit.ops += self._cache.show((index, taken.hits[index].key) for index in held)
        taken.boxes += [hit.box for index, hit in taken.hits.items() if index not in held]

    def _fill(self, unit: _Unit, fills: dict[bytes, list[Box]], now: float) -> None:
        for colour, boxes in fills.items():
            for box in plan.merged(boxes, slack=1.0):
                unit.ops.append(Fill(*box, colour))
                tiles.fill(self._shadow, box, colour)
                self._exact(box, now)

    def _draw(self, frame: Frame, unit: _Unit, boxes: list[Box], now: float) -> None:
        raw = bytearray()
        for box in plan.merged(boxes):
            part = tiles.pack(frame, box)
            # The shadow takes what is sent, not what the frame holds by then.
            tiles.apply(self._shadow, box, part)
            self._exact(box, now)
            raw += part
            unit.ops.append(Pix(*box))
        unit.raw += len(raw) // 3
        self._compress(unit, raw, Pix)

    def _draw_ramps(self, frame: Frame, unit: _Unit, boxes: list[Box], now: float) -> None:
        raw = bytearray()
        for box in boxes:
            raw += tiles.ramp(frame, box, marked=self._marked)
            self._inexact(frame, unit, box, now)
            unit.ops.append(Ramp(*box))
        self._compress(unit, raw, Ramp)

    def _draw_photos(self, frame: Frame, unit: _Unit, boxes: list[Box], now: float) -> None:
        for box in plan.merged(boxes, slack=1.0):
            data = tiles.jpeg(frame, box, photo.QUALITY)
            self._inexact(frame, unit, box, now)
            unit.ops.append(Image(*box, data))
            unit.images += len(data)
            self._seen(Image, len(data) / (box[2] * box[3]))
            if self._marked:
                self._cover_again(frame, unit, box, data)

    def _cover_again(self, frame: Frame, unit: _Unit, box: Box, data: bytes) -> None:
        """What an image by chance shows as it was before it was marked is drawn over."""
        _, _, w, h = box
        shown = black(w, h)
        tiles.unjpeg(shown, (0, 0, w, h), data)
        raw = bytearray()
        for run in mark.bared(frame, box, shown):
            raw += tiles.pack(frame, run)
            unit.ops.append(Pix(*run))
        if raw:  # too few to learn from what they compress to
            unit.stream += self._flushed(raw)

    def _compress(self, unit: _Unit, raw: bytearray, kind: type[Pix | Ramp]) -> None:
        out = self._flushed(raw)
        unit.stream += out
        self._seen(kind, len(out) / len(raw))

    def _flushed(self, raw: bytearray) -> bytes:
        return self._stream.compress(bytes(raw)) + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def _seen(self, kind: type[Op], ratio: float) -> None:
        # Believe bad news at once and good news slowly: a unit too large costs the person more than one too small.
        self._ratios[kind] = max(0.005, ratio, 0.5 * self._ratios[kind] + 0.5 * ratio)

    def _inexact(self, frame: Frame, unit: _Unit, box: Box, now: float) -> None:
        # Refined later from the frame as it is then, so the shadow may take what the frame holds now.
        tiles.apply(self._shadow, box, tiles.pack(frame, box))
        self._lossy.add(box)
        self._changed(box, now)
        unit.raw += box[2] * box[3]
        unit.lossy = True

    def _exact(self, box: Box, now: float) -> None:
        self._lossy.clear(box)
        self._changed(box, now)

    def _changed(self, box: Box, now: float) -> None:
        cover(self._changed_at, box, now)

    def _begin_client(self, caps: Caps) -> None:
        self._caps = caps
        self._cache = TileCache(caps.tiles)
        self._stream = zstandard.ZstdCompressor(compression_params=self._params).compressobj()

    def _everything(self) -> None:
        height, width = self._shadow.shape[:2]
        self._lossy = Lossy(self._grid)
        codec = self._caps.video if tiles.NATIVE else ""
        self._films = Films(self._grid, codec=codec, images=self._caps.jpeg and tiles.NATIVE)
        self._passes = Passes(self._shadow, self._lossy, self._films)
        self._changed_at: npt.NDArray[np.float64] = np.full(mask(width, height).shape, -np.inf)

"""
The one area of the screen that is shown as a film: where it is, when it begins and ends, when its next picture is due.

A film begins where a region of tiles has changed again and again for a while (`sudare.pixels.heat`) and looks like
photographs; the box around what differs there becomes its box. Tiles of the box that stand still are left out of it:
text on top stays exact. It ends when it rests, when most of it no longer moves, or when something was scrolled across
it.

A client that decodes video is sent frames of a video stream, shown over its framebuffer; another one is sent JPEG
images, drawn into it.
INVARIANT: damage inside the film is the film's alone; when the film ends all of its box counts as damaged.
"""

from collections.abc import Collection, Iterable
from typing import Final

import numpy as np

from sudare.pixels import photo, plan, tiles
from sudare.pixels.frames import TILE, Frame, Mask, cell
from sudare.pixels.grid import Grid
from sudare.pixels.ops import Box, Move

REST_S: Final = 0.3  # so long without a change: it stands still
# Changes a second at which a film begins, and below which it is over. Far fewer than it may have: while it is sent in
# exact pixels, the line and the browser hold the PC back.
BEGINS, ENDS = 4.0, 2.0
_LOOK_S: Final = 0.25
_SCROLLED_S: Final = 1.0  # photographs that are scrolled move, too
_TILES_MIN: Final = 6
_SIDE_MIN: Final = 96
_FULL: Final = 0.7  # of the tiles of its box must move
_PHOTOS: Final = 0.5  # of those that were looked at
_LOOKED_AT: Final = 16
# A pixel and frame, at most: beyond that nobody sees a difference while it moves.
_BITS: Final = {"av1": 0.038, "h264": 0.06}
_KBIT_MIN: Final = 48
_SHARE: Final = 0.6  # of the line; the rest is for what people read
_HALVED: Final = 1_000_000  # pixels: a larger film is shown at half its size, or its encoder would take a whole core
_SLOW: Final = 400_000  # pixels: a larger film is shown 20 times a second
_IMAGES: Final = 10.0  # JPEG images a second, at most
_FIRST_BITS: Final = 1.0  # a pixel of a JPEG, until one was made
_EARLY: Final = 0.8  # of the time between two frames: pictures of a PC do not come like a clock


class Film:
    """A film and its encoder; without `video` it is shown in images."""

    def __init__(self, box: Box, parts: dict[int, Box], now: float, *, codec: str) -> None:
        _, _, w, h = box
        self.box = box
        self.parts = parts  # by tile: what of it the film shows
        scale = 2 if w * h > _HALVED else 1
        self.codec = codec  # empty: in images
        self.video = tiles.video(codec, w, h, scale) if codec else None
        self.begun = False
        self.crossed = False  # something was moved across it
        self.changed = True
        self._fps = 20.0 if w * h > _SLOW else 30.0
        self._full_kbit = max(_KBIT_MIN, int(w * h / scale**2 * self._fps * _BITS.get(codec, 0.0) / 1000))
        self._changed_at = now
        self._shown_at = float("-inf")
        self._every_s = 0.0

    @property
    def mask(self) -> bytes:
        """A bit for each tile of the box: whether the film shows there."""
        x, y, w, h = self.box
        where = {cell(part) for part in self.parts.values()}
        rows, columns = _tiles(y, h), _tiles(x, w)
        bits = [(row, column) in where for row in rows for column in columns]
        return np.packbits(bits, bitorder="little").tobytes()

    def change(self, now: float) -> None:
        """Some of it changed."""
        self.changed = True
        self._changed_at = now

    def due_at(self) -> float | None:
        """When its next frame may be sent; None when there is none."""
        return self._shown_at + self._every_s if self.changed else None

    def rests_at(self) -> float:
        """When it is over unless it changes."""
        return self._changed_at + REST_S

    def over(self, hot: Mask, now: float) -> bool:
        """Whether it is no film any longer."""
        still = sum(not hot[cell(part)] for part in self.parts.values())
        return self.crossed or now >= self.rests_at() or 2 * still > len(self.parts)

    def frame(self, frame: Frame, line_kbit: int, now: float) -> tuple[bytes, bool]:
        """Its next frame, and whether that needs no other; `line_kbit` is what the line carries (0: not known)."""
        if self.video is None:
            raise ValueError("a film in images has no frames")
        kbit = max(_KBIT_MIN, min(self._full_kbit, int(_SHARE * line_kbit) or self._full_kbit // 2))
        fps = self._fps * min(1.0, max(0.4, 1.6 * kbit / self._full_kbit))
        key = not self.begun
        data = self.video.encode(frame, self.box, at_ms=int(now * 1000), ms=int(1000 / fps), kbit=kbit, key=key)
        self._sent(now, _EARLY / fps)
        return data, key

    def drawn(self, size: int, line_kbit: int, now: float) -> None:
        """It was sent in images of so many bytes."""
        self._sent(now, max(1 / _IMAGES, size * 8 / 1000 / (_SHARE * line_kbit) if line_kbit else 0.0))

    def _sent(self, now: float, every_s: float) -> None:
        self.begun = True
        self.changed = False
        self._shown_at, self._every_s = now, every_s


class Films:
    """Begins and ends the film of one framebuffer, for a client that takes it in this codec, or else as images."""

    def __init__(self, grid: Grid, *, codec: str, images: bool) -> None:
        self._grid = grid
        self._codec, self._images = codec, images
        self._looked_at = self._moved_at = float("-inf")
        self.film: Film | None = None
        self.ending: Film | None = None  # its box is damage, and not all of that was sent

    @property
    def parts(self) -> Collection[Box]:
        """Where it shows, at most one box a tile."""
        return self.film.parts.values() if self.film is not None else ()

    def others(self, rects: Iterable[Box], now: float) -> list[Box]:
        """Damage that is not the film's alone."""
        film = self.film
        if film is None:
            return list(rects)
        out: list[Box] = []
        for rect in rects:
            inside = _inside(rect, film.box)
            if inside or _overlap(rect, film.box):
                film.change(now)
            if not inside or not all(tile in film.parts for tile, _ in self._grid.parts(rect)):
                out.append(rect)
        return out

    def due(self, now: float) -> Film | None:
        """The film, if its next frame may be sent now."""
        at = self.film.due_at() if self.film is not None else None
        return self.film if at is not None and now >= at else None

    def waiting(self, now: float) -> bool:
        """Whether it has something to say."""
        return (
            self.due(now) is not None
            or self.ending is not None
            or (self.film is not None and now >= self.film.rests_at())
        )

    def next_deadline(self) -> float | None:
        """When it will have something to say without another change."""
        if self.film is None:
            return None
        due = self.film.due_at()
        return self.film.rests_at() if due is None else min(due, self.film.rests_at())

    def moved(self, move: Move, now: float) -> None:
        """The client copies an area."""
        self._moved_at = now
        sx, sy, w, h, dx, dy = move
        if self.film is not None and (
            _overlap((sx, sy, w, h), self.film.box) or _overlap((dx, dy, w, h), self.film.box)
        ):
            self.film.crossed = True

    def end(self, hot: Mask, now: float) -> bool:
        """End the film if it is over."""
        if self.film is None or not self.film.over(hot, now):
            return False
        self.film, self.ending = None, self.film
        return True

    def begin(self, frame: Frame, shadow: Frame, hot: Mask, now: float) -> bool:
        """Begin a film if there is one."""
        if self.film is not None or self.ending is not None or not (self._codec or self._images):
            return False
        if now - self._looked_at < _LOOK_S or now - self._moved_at < _SCROLLED_S or int(hot.sum()) < _TILES_MIN:
            return False
        self._looked_at = now
        for region in sorted(plan.regions(tiles.diff(frame, shadow, hot)), key=len, reverse=True):
            if self._is_film(frame, region):
                self.film = self._made(frame, region, now)
                return True
        return False

    def _is_film(self, frame: Frame, region: list[Box]) -> bool:
        _, _, w, h = box = _around(region)
        if len(region) < _TILES_MIN or min(w, h) < _SIDE_MIN or len(region) < _FULL * len(self._grid.parts(box)):
            return False
        some = region[:: -(-len(region) // _LOOKED_AT)]
        return sum(photo.is_photo(frame, one) for one in some) >= _PHOTOS * len(some)

    def _made(self, frame: Frame, region: list[Box], now: float) -> Film:
        box = _around(region)
        if self._codec:
            scale = 4 if box[2] * box[3] > _HALVED else 2
            box = _rounded(box, scale, frame.shape[1], frame.shape[0])
        moving = {self._grid.index(one) for one in region}
        parts = {tile: part for tile, part in self._grid.parts(box) if tile in moving}
        return Film(box, parts, now, codec=self._codec)


def _tiles(first: int, size: int) -> range:
    return range(first // TILE, (first + size - 1) // TILE + 1)


def _around(boxes: list[Box]) -> Box:
    x, y = min(b[0] for b in boxes), min(b[1] for b in boxes)
    return x, y, max(b[0] + b[2] for b in boxes) - x, max(b[1] + b[3] for b in boxes) - y


def _rounded(box: Box, unit: int, width: int, height: int) -> Box:
    """Sides that are multiples of `unit`: larger where the framebuffer has room, else smaller."""
    x, y, w, h = box
    wide, high = -(-w // unit) * unit, -(-h // unit) * unit
    return (
        max(0, min(x, width - wide)),
        max(0, min(y, height - high)),
        wide if wide <= width else w // unit * unit,
        high if high <= height else h // unit * unit,
    )


def _inside(a: Box, b: Box) -> bool:
    return b[0] <= a[0] and b[1] <= a[1] and a[0] + a[2] <= b[0] + b[2] and a[1] + a[3] <= b[1] + b[3]


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]

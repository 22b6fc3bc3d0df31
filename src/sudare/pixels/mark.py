"""
The watermark, between a source and its encoder: burned in, and anchored to what it lies on.

Two planes: the clean one, as the source was at the last look, and the marked one, which is all an encoder ever sees.
What changed, and what moved, is judged on the clean plane. Every pixel has a place in the pattern; a pixel that moves
takes its place along, and what a scroll uncovers continues the pattern of what is beside it. So a scrolled text keeps
its mark, and the encoder finds the same move in the marked plane.

X of the marked plane says how a pixel was changed (`sudare.pixels.tiles.mark`), so that whoever draws it lossy can see
to it that a covered pixel does not come out as it was.
INVARIANT: the marked plane is the clean plane with the pattern on it, each pixel at its place, after every look.
INVARIANT: a covered pixel differs from the clean one by 23 in each channel: light ones are darker, dark ones lighter.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sudare.pixels import frames, moves, scroll, tiles
from sudare.pixels.frames import Frame, Places, black, cover
from sudare.pixels.ops import Box, Copy, Move
from sudare.pixels.passes import MOVES_MAX
from sudare.pixels.twin import COVERED, unmarked

SIDE_MAX: Final = 2048  # pixels of a pattern


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is repeated over the screen: w*h bytes, 0 where nothing is."""

    w: int
    h: int
    cover: bytes

    def __post_init__(self) -> None:
        """Raises ValueError for one that is empty, too large, or not of its size."""
        if not (0 < self.w <= SIDE_MAX and 0 < self.h <= SIDE_MAX and len(self.cover) == self.w * self.h):
            raise ValueError(f"a pattern of {self.w}*{self.h} and {len(self.cover)} bytes")
        if not any(self.cover):
            raise ValueError("a pattern that marks nothing")

    def places(self, w: int, h: int) -> Places:
        """Where the pixels of a w*h framebuffer are in it before anything moves."""
        rows, columns = np.arange(h) % self.h * self.w, np.arange(w) % self.w
        return (rows[:, None] + columns).astype(np.uint32)


@dataclass(frozen=True, slots=True)
class Look:
    """What became different in the marked plane, and how; the boxes hold all that the moves do not explain."""

    boxes: list[Box]
    moves: list[Move]


class Marked:
    """The two planes of one source."""

    def __init__(self, pattern: Pattern, w: int, h: int) -> None:
        self._pattern = pattern
        self.resize(w, h)

    def resize(self, w: int, h: int) -> None:
        """The source has another size: what was known is void."""
        if not frames.size_is_allowed(w, h):
            raise ValueError(f"framebuffer {w}*{h}")
        self._clean = black(w, h)
        self._places = self._pattern.places(w, h)
        self._frame = black(w, h)
        self._mark([(0, 0, w, h)])

    @property
    def frame(self) -> Frame:
        """The marked plane."""
        return self._frame

    def look(self, source: Frame, rects: Sequence[Box], copies: Sequence[Move]) -> Look:
        """Take what changed from the source: damage and its own hints, which may be wrong."""
        height, width = self._clean.shape[:2]
        if source.shape != self._clean.shape:
            raise ValueError(f"a source of {source.shape} for planes of {self._clean.shape}")
        touched = frames.touched(width, height, (*rects, *moves.targets(copies)))
        hints = [move for move in copies if moves.fits(move, width, height)]
        made = moves.settle(self._clean, source, hints) if 0 < len(hints) <= MOVES_MAX else []
        found = tiles.diff(source, self._clean, touched)
        if (move := scroll.guess(source, self._clean, found)) is not None:
            more = moves.settle(self._clean, source, [move])
            for op in more:
                cover(touched, (op.dx, op.dy, op.w, op.h))
            made += more
            found = tiles.diff(source, self._clean, touched) if more else found
        for box in found:
            # Taken once: the plane must be one state, whatever the source does meanwhile.
            tiles.apply(self._clean, box, tiles.pack(source, box))
        moved = [(op.sx, op.sy, op.w, op.h, op.dx, op.dy) for op in made]
        uncovered = [strip for op in made if (strip := self._follow(op)) is not None]
        if len(moved) == 1:
            sx, sy, w, h, dx, dy = moved[0]
            tiles.copy(self._frame, (sx, sy, w, h), dx, dy)
        else:
            # A later move may have taken along what an earlier one uncovered, at its new place: drawn anew, all of it.
            self._mark(dict.fromkeys(moves.targets(moved)))
        self._mark([*uncovered, *found])
        return Look([*uncovered, *found], moved)

    def _mark(self, boxes: Iterable[Box]) -> None:
        for box in boxes:
            tiles.mark(self._clean, box, self._places, self._pattern.cover, self._frame)

    def _follow(self, op: Copy) -> Box | None:
        """The places move along; what a scroll uncovers continues the pattern, and is returned."""
        places = self._places.view(np.uint8).reshape(self._clean.shape)
        tiles.copy(places, (op.sx, op.sy, op.w, op.h), op.dx, op.dy)
        if op.sx == op.dx and 0 < abs(op.sy - op.dy) < op.h:
            return self._continued_down(op)
        if op.sy == op.dy and 0 < abs(op.sx - op.dx) < op.w:
            return self._continued_across(op)
        return None

    def _continued_down(self, op: Copy) -> Box:
        up, far = op.sy > op.dy, abs(op.sy - op.dy)
        top, edge = (op.dy + op.h, op.dy + op.h - 1) if up else (op.sy, op.dy)
        rows, columns = np.divmod(self._places[edge, op.dx : op.dx + op.w].astype(np.int64), self._pattern.w)
        rows = (rows + (np.arange(top, top + far) - edge)[:, None]) % self._pattern.h
        self._places[top : top + far, op.dx : op.dx + op.w] = rows * self._pattern.w + columns
        return op.dx, top, op.w, far

    def _continued_across(self, op: Copy) -> Box:
        left_going, far = op.sx > op.dx, abs(op.sx - op.dx)
        left, edge = (op.dx + op.w, op.dx + op.w - 1) if left_going else (op.sx, op.dx)
        rows, columns = np.divmod(self._places[op.dy : op.dy + op.h, edge].astype(np.int64)[:, None], self._pattern.w)
        columns = (columns + np.arange(left, left + far) - edge) % self._pattern.w
        self._places[op.dy : op.dy + op.h, left : left + far] = rows * self._pattern.w + columns
        return left, op.dy, far, op.h


def bared(marked: Frame, box: Box, shown: Frame) -> list[Box]:
    """The covered pixels of the box that `shown`, of the box's size, shows as they were before, in runs along rows."""
    x, y, w, h = box
    area = marked[y : y + h, x : x + w]
    bare = (area[:, :, 3] & COVERED != 0) & (shown[:, :, :3] == unmarked(area)).all(axis=2)
    out: list[Box] = []
    for row, column in np.argwhere(bare).tolist():
        if out and out[-1][1] == y + row and out[-1][0] + out[-1][2] == x + column:
            out[-1] = out[-1][0], y + row, out[-1][2] + 1, 1
        else:
            out.append((x + column, y + row, 1, 1))
    return out

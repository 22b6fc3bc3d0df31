"""
Which areas the client does not show exactly yet, at most one box a tile.

INVARIANT: every pixel that was drawn lossy, moved with COPY or not, lies in a box until exact pixels covered it.
"""

from collections.abc import Iterator

from sudare.pixels.frames import TILE
from sudare.pixels.grid import Grid
from sudare.pixels.ops import Box, Move
from sudare.pixels.plan import Point


class Lossy:
    """The areas of one framebuffer still to be refined."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._boxes: dict[int, Box] = {}  # by tile; the newest last

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._boxes)

    def __contains__(self, tile: int) -> bool:
        """Whether some of this tile is lossy."""
        return tile in self._boxes

    def add(self, box: Box) -> None:
        """Drawn lossy."""
        for tile, part in self._grid.parts(box):
            old = self._boxes.pop(tile, None)
            self._boxes[tile] = part if old is None else _union(old, part)

    def clear(self, box: Box) -> None:
        """Drawn exactly."""
        if not self._boxes:
            return
        for tile, part in self._grid.parts(box):
            old = self._boxes.get(tile)
            if old is None:
                continue
            left = _without(old, part)
            if left is None:
                del self._boxes[tile]
            else:
                self._boxes[tile] = left

    def move(self, move: Move) -> None:
        """Copied: what was lossy there is lossy here."""
        if not self._boxes:
            return
        sx, sy, w, h, dx, dy = move
        moved = [part for box in self._boxes.values() if (part := _both(box, (sx, sy, w, h))) is not None]
        self.clear((dx, dy, w, h))
        for x, y, part_w, part_h in moved:
            self.add((x + dx - sx, y + dy - sy, part_w, part_h))

    def in_order(self, near: Point | None) -> Iterator[Box]:
        """What to refine first: near the person, then the newest."""
        newest = list(reversed(self._boxes.values()))
        if near is not None:
            newest.sort(key=lambda box: _ring(box, near) if _ring(box, near) <= _NEAR else _NEAR + 1)
        return iter(newest)


_NEAR = 3  # tiles


def _ring(box: Box, near: Point) -> int:
    return max(abs(box[0] // TILE - near[0] // TILE), abs(box[1] // TILE - near[1] // TILE))


def _union(a: Box, b: Box) -> Box:
    x, y = min(a[0], b[0]), min(a[1], b[1])
    return x, y, max(a[0] + a[2], b[0] + b[2]) - x, max(a[1] + a[3], b[1] + b[3]) - y


def _both(a: Box, b: Box) -> Box | None:
    x, y = max(a[0], b[0]), max(a[1], b[1])
    right, bottom = min(a[0] + a[2], b[0] + b[2]), min(a[1] + a[3], b[1] + b[3])
    return (x, y, right - x, bottom - y) if x < right and y < bottom else None


def _without(box: Box, gone: Box) -> Box | None:
    """The box around what is left of `box`."""
    cut = _both(box, gone)
    if cut is None:
        return box
    left, top, right, bottom = box[0], box[1], box[0] + box[2], box[1] + box[3]
    x, y, w, h = cut
    if w == box[2]:
        top, bottom = (y + h, bottom) if y == top else (top, y if y + h == bottom else bottom)
    elif h == box[3]:
        left, right = (x + w, right) if x == left else (left, x if x + w == right else right)
    return (left, top, right - left, bottom - top) if top < bottom else None

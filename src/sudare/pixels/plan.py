"""In which order dirty boxes are sent, and which of them are sent as one."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

from sudare.pixels.frames import TILE
from sudare.pixels.ops import Box

Point: TypeAlias = tuple[int, int]
_Tile: TypeAlias = tuple[int, int]  # column, row

NEAR: Final = 96  # pixels: a region this close to where the person works comes first
SMALL: Final = 16  # tiles: a region this small may overtake
_SLACK: Final = 1.25  # a union may be this much larger than its parts


def tile_of(box: Box) -> _Tile:
    """Column and row of the tile a box lies in."""
    return box[0] // TILE, box[1] // TILE


def in_order(boxes: Iterable[Box], near: Point | None) -> list[Box]:
    """Boxes (at most one a tile): the region at `near` first, outwards from there; then the smallest region first."""
    ranked = sorted((_rank(region, near), region) for region in regions(boxes))
    out: list[Box] = []
    for (far, _, _), region in ranked:
        out += region if far or near is None else _outwards(region, near)
    return out


def overtaking(boxes: Iterable[Box], near: Point | None) -> tuple[list[Box], list[Box]]:
    """Small regions, and of large ones the boxes close to `near`, in order; and the others."""
    ahead: list[Box] = []
    behind: list[Box] = []
    for (far, _, _), region in sorted((_rank(region, near), region) for region in regions(boxes)):
        for box in region if far or near is None else _outwards(region, near):
            close = len(region) <= SMALL or (near is not None and _close(box, near))
            (ahead if close else behind).append(box)
    return ahead, behind


def merged(boxes: Sequence[Box], slack: float = _SLACK) -> list[Box]:
    """The same pixels in fewer boxes: first along the tile rows, then downwards where it is exact."""
    rows = _joined(sorted(boxes, key=lambda b: (b[1] // TILE, b[0])), _beside, slack)
    return _joined(sorted(rows, key=lambda b: (b[0], b[2], b[1])), _below, 1.0)


def _outwards(region: list[Box], near: Point) -> list[Box]:
    column, row = near[0] // TILE, near[1] // TILE
    return sorted(region, key=lambda box: _rings(tile_of(box), column, row))


def _rings(tile: _Tile, column: int, row: int) -> tuple[int, int, int]:
    return max(abs(tile[0] - column), abs(tile[1] - row)), tile[1], tile[0]


def regions(boxes: Iterable[Box]) -> list[list[Box]]:
    """Boxes whose tiles touch, corners included; row by row inside each."""
    left = {tile_of(box): box for box in boxes}
    out: list[list[Box]] = []
    while left:
        start = next(iter(left))
        region = [left.pop(start)]
        edge = [start]
        while edge:
            column, row = edge.pop()
            for tile in ((column + i, row + j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
                if tile in left:
                    region.append(left.pop(tile))
                    edge.append(tile)
        region.sort(key=lambda box: (box[1] // TILE, box[0]))
        out.append(region)
    return out


def _rank(region: Sequence[Box], near: Point | None) -> tuple[bool, int, int]:
    far = near is None or not any(_close(box, near) for box in region)
    return far, sum(w * h for _, _, w, h in region), region[0][1]


def _close(box: Box, near: Point) -> bool:
    x, y, w, h = box
    return x - NEAR <= near[0] < x + w + NEAR and y - NEAR <= near[1] < y + h + NEAR


def _joined(boxes: Iterable[Box], fits: Callable[[Box, Box], bool], slack: float) -> list[Box]:
    out: list[Box] = []
    for box in boxes:
        if out and fits(out[-1], box):
            union = _union(out[-1], box)
            if union[2] * union[3] <= slack * (out[-1][2] * out[-1][3] + box[2] * box[3]):
                out[-1] = union
                continue
        out.append(box)
    return out


def _beside(a: Box, b: Box) -> bool:
    return a[1] // TILE == b[1] // TILE and (a[0] + a[2] - 1) // TILE + 1 == b[0] // TILE


def _below(a: Box, b: Box) -> bool:
    return a[0] == b[0] and a[2] == b[2] and a[1] + a[3] == b[1]


def _union(a: Box, b: Box) -> Box:
    x, y = min(a[0], b[0]), min(a[1], b[1])
    return x, y, max(a[0] + a[2], b[0] + b[2]) - x, max(a[1] + a[3], b[1] + b[3]) - y

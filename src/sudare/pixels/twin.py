"""
The Python twin of the C extension: the same functions over numpy, used where the extension was not built.

The functions are described in `sudare.pixels.tiles`. A box or buffer that does not fit is a ValueError here as there.
"""

from collections import Counter
from typing import Final

import numpy as np
import numpy.typing as npt

from sudare.pixels.frames import BGR, TILE, Frame, Mask, Places
from sudare.pixels.ops import Box
from sudare.pixels.ramp import blends as ramp_blends
from sudare.pixels.video import VideoEncoder

STEP: Final = np.uint8(23)  # what the mark takes from a light channel and gives to a dark one
COVERED: Final = np.uint8(128)
COLUMN: Final = 64  # pixels: the part of a row by which `shift` knows it
_COLOUR: Final = np.array([255, 255, 255, 0], np.uint8).view(np.uint32)[0]
_WEIGHTS: Final = [
    np.arange(1, COLUMN + 1, dtype=np.uint32) * np.uint32(w) | np.uint32(1) for w in (0x9E3779B1, 0x85EBCA6B)
]


def diff(a: Frame, b: Frame, touched: Mask | None) -> list[Box]:
    """Tight boxes of what differs, one for each touched tile."""
    if a.shape != b.shape:
        raise ValueError(f"{a.shape} against {b.shape}")
    height, width = a.shape[:2]
    rows, cols = -(-height // TILE), -(-width // TILE)
    if touched is not None and touched.shape != (rows, cols):
        raise ValueError(f"a mask of {touched.shape}")
    return [
        box
        for row in range(rows)
        for col in range(cols)
        if touched is None or touched[row, col]
        if (box := _tighten(a, b, col * TILE, row * TILE)) is not None
    ]


def distance(a: Frame, box: Box, b: Frame, x: int, y: int, *, enough: int = 1 << 40) -> int:
    """Number of pixels that differ, row by row until there are enough."""
    _, _, w, h = box
    differ = (_area(a, box)[:, :, :3] != _area(b, (x, y, w, h))[:, :, :3]).any(axis=2)
    sums = differ.sum(axis=1).cumsum()
    return int(sums[min(int(np.searchsorted(sums, enough)), h - 1)]) if enough > 0 else 0


def shift(a: Frame, b: Frame, box: Box) -> tuple[int, int]:
    """How far most rows moved, and how many say so."""
    now, before = _area(a, box), _area(b, box)
    width = box[2]
    if width < COLUMN:
        raise ValueError(f"{box} is narrower than a column")
    votes: Counter[int] = Counter()
    for part in (1, 2, 3):
        left = (width - COLUMN) * part // 4
        votes.update(_votes(*(_row_keys(area[:, left : left + COLUMN]) for area in (now, before))))
    distance = min(votes, key=lambda far: (-votes[far], abs(far), far), default=0)
    return distance, votes[distance]


def _row_keys(column: Frame) -> npt.NDArray[np.uint64]:
    """One number for each row; collisions only cost a wrong vote."""
    pixels = np.ascontiguousarray(column).view(np.uint32)[:, :, 0] & _COLOUR
    one, two = ((pixels * weights).sum(axis=1, dtype=np.uint32).astype(np.uint64) for weights in _WEIGHTS)
    return np.asarray(one | two << np.uint64(32))


def _votes(now: npt.NDArray[np.uint64], before: npt.NDArray[np.uint64]) -> list[int]:
    """How far each row moved that occurs exactly once in both."""
    now_value, now_row, now_count = np.unique(now, return_index=True, return_counts=True)
    old_value, old_row, old_count = np.unique(before, return_index=True, return_counts=True)
    _, a, b = np.intersect1d(
        now_value[now_count == 1], old_value[old_count == 1], assume_unique=True, return_indices=True
    )
    moved: list[int] = (now_row[now_count == 1][a] - old_row[old_count == 1][b]).tolist()
    return moved


def pack(a: Frame, box: Box) -> bytes:
    """BGR bytes of the box."""
    return _area(a, box)[:, :, :3].tobytes()


def apply(a: Frame, box: Box, bgr: bytes) -> None:
    """The inverse of `pack`."""
    area = _area(a, box)
    area[:, :, :3] = np.frombuffer(bgr, np.uint8).reshape(*area.shape[:2], 3)
    area[:, :, 3] = 0


def paint(a: Frame, box: Box, rgb: bytes) -> None:
    """The box from RGB bytes."""
    area = _area(a, box)
    area[:, :, 2::-1] = np.frombuffer(rgb, np.uint8).reshape(*area.shape[:2], 3)
    area[:, :, 3] = 0


def index(a: Frame, box: Box, colours: bytes, indices: bytes) -> None:
    """The box from a number a pixel."""
    area = _area(a, box)
    table = np.frombuffer(colours, np.uint8).reshape(-1, 4)
    numbers = np.frombuffer(indices, np.uint8).reshape(area.shape[:2])
    if len(table) > 256 or int(numbers.max()) >= len(table):
        raise ValueError(f"a number outside of {len(table)} colours")
    area[:] = table[numbers]


def copy(a: Frame, box: Box, x: int, y: int) -> None:
    """Move a box to (x, y)."""
    _, _, w, h = box
    target = _area(a, (x, y, w, h))
    target[:] = _area(a, box).copy()


def fill(a: Frame, box: Box, bgr: bytes) -> None:
    """One colour over the box."""
    if len(bgr) != 3:
        raise ValueError("a colour is 3 bytes")
    _area(a, box)[:] = (*bgr, 0)


def solid(a: Frame, box: Box) -> bytes | None:
    """The colour of the box, if it has only one."""
    area = _area(a, box)[:, :, :3]
    first = area[0, 0]
    return first.tobytes() if (area == first).all() else None


def ramp(a: Frame, box: Box, *, marked: bool = False) -> bytes:
    """Two colours and the levels between them."""
    whole = _area(a, box)
    area = whole[:, :, :3].astype(np.int64)
    if max(area.shape[:2]) > TILE:
        raise ValueError(f"{box} is larger than a tile")
    values, counts = np.unique(area @ (1, 256, 65536), return_counts=True)
    first = _parts(values[counts.argmax()])
    colours = np.array([_parts(value) for value in values])
    second = colours[((colours - first) ** 2).sum(axis=1).argmax()]
    along = second - first
    length = int((along**2).sum())
    dots = np.maximum((area - first) @ along, 0)
    levels = ((dots * 14 + length) // max(2 * length, 1)).astype(np.uint8)
    beside = np.pad(levels, ((0, 0), (1, 1)))
    levels[(levels == 1) & (np.maximum(beside[:, :-2], beside[:, 2:]) > 1)] = 0
    if marked:
        _mark_levels(levels, whole, ramp_blends(first, second))
    if levels.shape[1] % 2:
        levels = np.pad(levels, ((0, 0), (0, 1)))
    packed = levels[:, ::2] | levels[:, 1::2] << 4
    ends: bytes = np.concatenate([first, second]).astype(np.uint8).tobytes()
    body: bytes = packed.tobytes()
    return ends + body


def mark(clean: Frame, box: Box, places: Places, pattern: bytes, out: Frame) -> None:
    """Draw the box of `clean` into `out`, with the mark on it."""
    if not pattern or not clean.shape == out.shape == (*places.shape, 4):
        raise ValueError(f"{clean.shape}, {places.shape} and {out.shape}, and a pattern of {len(pattern)}")
    area, target = _area(clean, box), _area(out, box)
    x, y, w, h = box
    where = places[y : y + h, x : x + w]
    cover = np.frombuffer(pattern, np.uint8)
    covered = (where >= cover.size) | (cover[np.minimum(where, cover.size - 1)] != 0)
    light = area[:, :, :3] >= 128
    changed = np.where(light, area[:, :, :3] - STEP, area[:, :, :3] + STEP)
    target[:, :, :3] = np.where(covered[:, :, None], changed, area[:, :, :3])
    target[:, :, 3] = np.where(covered, COVERED + light @ np.array([1, 2, 4], np.uint8), 0)


def common(a: Frame, box: Box) -> int:
    """How many pixels of the box have its commonest colour."""
    area = _area(a, box)[:, :, :3].astype(np.int64)
    if max(area.shape[:2]) > TILE:
        raise ValueError(f"{box} is larger than a tile")
    return int(np.unique(area @ (1, 256, 65536), return_counts=True)[1].max())


def jpeg(a: Frame, box: Box, quality: int) -> bytes:
    """The box as a JPEG."""
    raise ValueError(f"no JPEG of {box} in {a.shape} at {quality}: that takes the C extension")


def video(codec: str, w: int, h: int, scale: int) -> VideoEncoder:
    """An encoder of films."""
    raise ValueError(f"no film of {w}*{h} at {scale} in {codec}: that takes the C extension")


def unjpeg(a: Frame, box: Box, data: bytes) -> None:
    """Draw a JPEG of exactly this size."""
    del data  # grey is no worse a promise than a JPEG: exact pixels follow
    fill(a, box, b"\x80\x80\x80")


def unmarked(area: Frame) -> BGR:
    """The colours under the mark, of pixels `mark` drew covered."""
    dark = area[:, :, 3, None] >> np.arange(3, dtype=np.uint8) & 1
    return np.where(dark != 0, area[:, :, :3] + STEP, area[:, :, :3] - STEP)


def _mark_levels(levels: npt.NDArray[np.uint8], area: Frame, blends: BGR) -> None:
    """A covered pixel that would show its unmarked colour takes the nearest level that does not."""
    bare = unmarked(area)
    for y, x in np.argwhere((area[:, :, 3] & COVERED != 0) & (blends[levels] == bare).all(axis=2)).tolist():
        level = int(levels[y, x])
        near = [level + sign * away for away in range(1, 8) for sign in (1, -1)]
        fit = (one for one in near if 0 <= one < 8 and (blends[one] != bare[y, x]).any())
        levels[y, x] = next(fit, level)


def _parts(colour: int) -> npt.NDArray[np.int64]:
    return np.array([colour & 255, colour >> 8 & 255, colour >> 16], np.int64)


def _tighten(a: Frame, b: Frame, x: int, y: int) -> Box | None:
    part = np.s_[y : y + TILE, x : x + TILE, :3]
    differs = (a[part] != b[part]).any(axis=2)
    rows = np.flatnonzero(differs.any(axis=1))
    if not rows.size:
        return None
    cols = np.flatnonzero(differs.any(axis=0))
    left, right, top, bottom = int(cols[0]), int(cols[-1]), int(rows[0]), int(rows[-1])
    return x + left, y + top, right - left + 1, bottom - top + 1


def _area(a: Frame, box: Box) -> Frame:
    x, y, w, h = box
    height, width = a.shape[:2]
    if x < 0 or y < 0 or w < 1 or h < 1 or x + w > width or y + h > height:
        raise ValueError(f"{box} lies outside {width}*{height}")
    return a[y : y + h, x : x + w]

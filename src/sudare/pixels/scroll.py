"""
Vertical scrolling found without a hint.

Three narrow columns of the dirty area are compared row by row with the shadow; rows that occur once vote for how far
they moved. The answer is only a guess: `sudare.pixels.moves` tries it on the shadow before it is believed.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from sudare.pixels.frames import Frame
from sudare.pixels.ops import Box, Move

BOXES_MIN: Final = 12  # fewer dirty tiles are cheaper to send than to search
VOTES_MIN: Final = 24
_COLUMN: Final = 64
_WEIGHTS: Final = np.arange(1, _COLUMN + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) | np.uint64(1)
_BGR: Final = np.uint32(0xFFFFFF)


def guess(frame: Frame, shadow: Frame, boxes: Sequence[Box]) -> Move | None:
    """The move that explains most of the dirty boxes, if there is one."""
    if len(boxes) < BOXES_MIN:
        return None
    x, y, w, h = _span(boxes)
    if w < _COLUMN or h < 2 * VOTES_MIN:
        return None
    votes: Counter[int] = Counter()
    for part in (1, 2, 3):
        left = x + (w - _COLUMN) * part // 4
        votes.update(_votes(_rows(frame, left, y, h), _rows(shadow, left, y, h)))
    if not votes:
        return None
    distance, count = votes.most_common(1)[0]
    if distance == 0 or count < VOTES_MIN:
        return None
    height = h - abs(distance)
    if distance < 0:
        return x, y - distance, w, height, x, y
    return x, y, w, height, x, y + distance


def _span(boxes: Sequence[Box]) -> Box:
    x, y = min(b[0] for b in boxes), min(b[1] for b in boxes)
    return x, y, max(b[0] + b[2] for b in boxes) - x, max(b[1] + b[3] for b in boxes) - y


def _rows(picture: Frame, x: int, y: int, h: int) -> npt.NDArray[np.uint64]:
    """One number for each row of the column; collisions only cost a wrong vote."""
    pixels = picture[y : y + h, x : x + _COLUMN].view("<u4")[:, :, 0] & _BGR
    return np.asarray(pixels.astype(np.uint64) @ _WEIGHTS)


def _votes(now: npt.NDArray[np.uint64], before: npt.NDArray[np.uint64]) -> list[int]:
    """How far each row moved that occurs exactly once in both."""
    now_value, now_row, now_count = np.unique(now, return_index=True, return_counts=True)
    old_value, old_row, old_count = np.unique(before, return_index=True, return_counts=True)
    _, a, b = np.intersect1d(
        now_value[now_count == 1], old_value[old_count == 1], assume_unique=True, return_indices=True
    )
    moved: list[int] = (now_row[now_count == 1][a] - old_row[old_count == 1][b]).tolist()
    return moved

"""
Vertical scrolling found without a hint.

Three narrow columns of the dirty area are compared row by row with the shadow; rows that occur once vote for how far
they moved. The answer is only a guess: `sudare.pixels.moves` tries it on the shadow before it is believed.
"""

from collections.abc import Sequence
from typing import Final

from sudare.pixels import tiles
from sudare.pixels.frames import Frame
from sudare.pixels.ops import Box, Move

BOXES_MIN: Final = 12  # fewer dirty tiles are cheaper to send than to search
VOTES_MIN: Final = 24
_COLUMN: Final = 64


def guess(frame: Frame, shadow: Frame, boxes: Sequence[Box]) -> Move | None:
    """The move that explains most of the dirty boxes, if there is one."""
    if len(boxes) < BOXES_MIN:
        return None
    x, y, w, h = _span(boxes)
    if w < _COLUMN or h < 2 * VOTES_MIN:
        return None
    distance, count = tiles.shift(frame, shadow, (x, y, w, h))
    if distance == 0 or count < VOTES_MIN:
        return None
    height = h - abs(distance)
    if distance < 0:
        return x, y - distance, w, height, x, y
    return x, y, w, height, x, y + distance


def _span(boxes: Sequence[Box]) -> Box:
    x, y = min(b[0] for b in boxes), min(b[1] for b in boxes)
    return x, y, max(b[0] + b[2] for b in boxes) - x, max(b[1] + b[3] for b in boxes) - y

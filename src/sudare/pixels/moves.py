"""
Copy hints of a source, tried on the shadow.

A hint is only an opinion about the past: later damage may have changed both areas, and the client may not have got what
lay in the source. So each is judged by one question: does the shadow come closer to the frame?
INVARIANT: whatever is applied to the shadow is returned, in order; the diff afterwards repairs the rest.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from sudare.pixels import tiles
from sudare.pixels.frames import Frame
from sudare.pixels.ops import Box, Copy, Move

_GAIN: Final = 16  # pixels a COPY must save to be worth its bytes


def fits(move: Move, w: int, h: int) -> bool:
    """Whether both areas lie inside a w*h framebuffer."""
    sx, sy, mw, mh, dx, dy = move
    return mw > 0 and mh > 0 and min(sx, sy, dx, dy) >= 0 and max(sx, dx) + mw <= w and max(sy, dy) + mh <= h


def targets(moves: Iterable[Move]) -> list[Box]:
    """Where they lead to."""
    return [(dx, dy, w, h) for _, _, w, h, dx, dy in moves]


def settle(shadow: Frame, frame: Frame, moves: Sequence[Move]) -> list[Copy]:
    """Apply to the shadow those hints that help, and give them as ops."""
    if len(moves) > 1:
        together = _all_at_once(shadow, frame, moves)
        if together:
            return together
    return [op for move in moves if (op := _one(shadow, frame, move)) is not None]


def _all_at_once(shadow: Frame, frame: Frame, moves: Sequence[Move]) -> list[Copy]:
    """Three scroll steps between two looks: none helps alone, all three do."""
    box = _span(moves)
    scratch = shadow.copy()
    for sx, sy, w, h, dx, dy in moves:
        tiles.copy(scratch, (sx, sy, w, h), dx, dy)
    x, y, _, _ = box
    wanted = tiles.distance(frame, box, scratch, x, y) + _GAIN * len(moves)
    if tiles.distance(frame, box, shadow, x, y, enough=wanted) < wanted:
        return []
    shadow[:] = scratch
    return [Copy(*move) for move in moves]


def _one(shadow: Frame, frame: Frame, move: Move) -> Copy | None:
    sx, sy, w, h, dx, dy = move
    target = (dx, dy, w, h)
    wanted = tiles.distance(frame, target, shadow, sx, sy) + _GAIN
    if tiles.distance(frame, target, shadow, dx, dy, enough=wanted) < wanted:
        return None
    tiles.copy(shadow, (sx, sy, w, h), dx, dy)
    return Copy(*move)


def _span(moves: Sequence[Move]) -> Box:
    x, y = min(m[4] for m in moves), min(m[5] for m in moves)
    return x, y, max(m[4] + m[2] for m in moves) - x, max(m[5] + m[3] for m in moves) - y

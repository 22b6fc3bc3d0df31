"""What a framebuffer is in this room, and how large it may be."""

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Frame: TypeAlias = npt.NDArray[np.uint8]  # (height, width, 4), BGRX, C-contiguous; X is undefined
BGR: TypeAlias = npt.NDArray[np.uint8]  # (height, width, 3)
Mask: TypeAlias = npt.NDArray[np.uint8]  # (rows, columns) of tiles; not 0 = look here
Places: TypeAlias = npt.NDArray[np.uint32]  # (height, width), C-contiguous: where in the watermark's pattern a pixel is

TILE: Final = 64
SIDE_LIMIT: Final = 16_384
AREA_LIMIT: Final = 33_554_432


def size_is_allowed(w: int, h: int) -> bool:
    """Whether a framebuffer may be w*h (docs/wire/screen.md)."""
    return 0 < w <= SIDE_LIMIT and 0 < h <= SIDE_LIMIT and w * h <= AREA_LIMIT


def black(w: int, h: int) -> Frame:
    """A black framebuffer."""
    return np.zeros((h, w, 4), np.uint8)


def mask(w: int, h: int, value: int = 0) -> Mask:
    """A mask for the tiles of a w*h framebuffer."""
    return np.full((-(-h // TILE), -(-w // TILE)), value, np.uint8)


def touched(w: int, h: int, boxes: Iterable[tuple[int, int, int, int]]) -> Mask:
    """The tiles of a w*h framebuffer these boxes touch; what lies outside it is cut off."""
    out = mask(w, h)
    for x, y, box_w, box_h in boxes:
        left, top, right, bottom = max(x, 0), max(y, 0), min(x + box_w, w), min(y + box_h, h)
        if left < right and top < bottom:
            cover(out, (left, top, right - left, bottom - top))
    return out


def cell(box: tuple[int, int, int, int]) -> tuple[int, int]:
    """Where the tile in which a box begins stands in a mask."""
    return box[1] // TILE, box[0] // TILE


def cover(target: npt.NDArray[Any], box: tuple[int, int, int, int], value: float = 1) -> None:
    """Set every tile a box touches."""
    x, y, w, h = box
    target[y // TILE : (y + h - 1) // TILE + 1, x // TILE : (x + w - 1) // TILE + 1] = value

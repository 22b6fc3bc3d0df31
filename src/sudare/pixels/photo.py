"""
Which areas are photographs: many colours, none of them common, and nothing that compresses.

On rendered text the commonest colour has at least a third of a tile and zstd takes at most 8.5 bits a pixel (99 % of
tiles); on photographs the median is 8 % and 21 bits.
"""

from typing import Final

import zstandard

from sudare.pixels import tiles
from sudare.pixels.frames import Frame
from sudare.pixels.ops import Box

QUALITY: Final = 70
_AREA_MIN: Final = 1024  # pixels: in a smaller area neither figure says much, and a JPEG is mostly its header
_COMMON_MAX: Final = 0.25
_BITS_MIN: Final = 9  # a pixel


def is_photo(frame: Frame, box: Box) -> bool:
    """Whether this area, of at most 64x64, looks like a part of a photograph."""
    area = box[2] * box[3]
    if area < _AREA_MIN or tiles.common(frame, box) >= _COMMON_MAX * area:
        return False
    size = len(zstandard.ZstdCompressor(level=1).compress(tiles.pack(frame, box)))
    return size * 8 > _BITS_MIN * area

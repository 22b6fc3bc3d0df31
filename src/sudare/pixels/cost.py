"""What exact pixels would cost, before they are sent."""

from collections.abc import Sequence
from typing import Final

import zstandard

from sudare.pixels import tiles
from sudare.pixels.frames import Frame
from sudare.pixels.ops import Box

SAMPLES: Final = 16


def estimate(frame: Frame, boxes: Sequence[Box]) -> int:
    """About how many bytes these boxes take: a sample of them, compressed quickly and without history."""
    some = boxes[:: max(1, -(-len(boxes) // SAMPLES))]
    raw = b"".join(tiles.pack(frame, box) for box in some)
    if not raw:
        return 0
    size = len(zstandard.ZstdCompressor(level=1).compress(raw))
    return size * sum(w * h * 3 for _, _, w, h in boxes) // len(raw)

"""What encodes a film: one frame in, one frame out."""

from typing import Protocol

from sudare.pixels.frames import Frame
from sudare.pixels.ops import Box


class VideoEncoder(Protocol):
    """An AV1 encoder of an area of fixed size."""

    def encode(self, a: Frame, box: Box, *, at_ms: int, ms: int, kbit: int, key: bool) -> bytes:
        """
        The box as the next frame (an AV1 temporal unit, low overhead format), shown from `at_ms` for about `ms`.

        `at_ms` grows from call to call; `key` makes a frame that needs no other.
        """
        ...

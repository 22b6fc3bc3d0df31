"""What encodes a film: one frame in, one frame out."""

from typing import Final, Protocol

from sudare.pixels.frames import Frame
from sudare.pixels.ops import Box

CODECS: Final = ("av1", "h264")  # the better one first


class VideoEncoder(Protocol):
    """An encoder of an area of fixed size."""

    def encode(self, a: Frame, box: Box, *, at_ms: int, ms: int, kbit: int, key: bool) -> bytes:
        """
        The box as the next frame, shown from `at_ms` for about `ms`.

        An AV1 temporal unit in the low overhead format, or an H.264 access unit in Annex B format. `at_ms` grows from
        call to call; `key` makes a frame that needs no other.
        """
        ...

"""
What of a source may be seen: all of it, or only what carries the mark.

INVARIANT: under a mark `frame` is never the source's own array; whoever encodes for a browser takes `frame`.
"""

from collections.abc import Sequence

from sudare.pixels.frames import Frame
from sudare.pixels.mark import Marked, Pattern
from sudare.pixels.ops import Box, Move


class Plane:
    """The picture of one source as it leaves the office."""

    def __init__(self, source: Frame, mark: Pattern | None) -> None:
        height, width = source.shape[:2]
        self._marked = Marked(mark, width, height) if mark is not None else None
        self._take(source)

    @property
    def frame(self) -> Frame:
        """What may be encoded."""
        return self._frame

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self._frame.shape[:2]
        return width, height

    def resize(self, source: Frame) -> None:
        """The source became another size."""
        if self._marked is not None:
            height, width = source.shape[:2]
            self._marked.resize(width, height)
        self._take(source)

    def look(self, source: Frame, rects: Sequence[Box], moves: Sequence[Move]) -> tuple[Sequence[Box], Sequence[Move]]:
        """What changed in the source; what therefore changed in `frame`."""
        if self._marked is None:
            self._frame = source
            return rects, moves
        found = self._marked.look(source, rects, moves)
        return found.boxes, found.moves

    def _take(self, source: Frame) -> None:
        if self._marked is None:
            self._frame = source
            return
        height, width = source.shape[:2]
        self._marked.look(source, [(0, 0, width, height)], [])
        self._frame = self._marked.frame

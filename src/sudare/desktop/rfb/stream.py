"""
Bytes in, exact pieces out: what lets a parser be written as straight-line code and still be cut anywhere.

A parser is a generator that yields how many bytes it wants next and is sent exactly that many.
INVARIANT: no more is held than the piece asked for plus the chunk just received; a parser asks for at most `PIECE`.
"""

from collections.abc import Generator
from typing import TypeAlias, TypeVar

from sudare.base.errors import SudareError

T = TypeVar("T")
Parser: TypeAlias = Generator[int, bytes, T]

PIECE = 1 << 18  # bytes; the most one decoder asks for at once
PAUSE = 1 << 62  # yielded to wait for `Feed.resume` instead of for bytes


def malformed(what: str) -> SudareError:
    """The one answer to bytes no honest VNC server sends."""
    return SudareError("office.pc-protocol", f"rfb: {what}")


def skip(size: int) -> Parser[None]:
    """Read and forget `size` bytes without ever holding them all."""
    while size > 0:
        step = min(size, PIECE)
        yield step
        size -= step


class Feed:
    """Feeds a parser; after the parser ends or fails it takes nothing more."""

    __slots__ = ("_buffer", "_parser", "_wanted", "ended")

    def __init__(self, parser: Parser[None]) -> None:
        self._parser = parser
        self._buffer = bytearray()
        self.ended = False
        self._wanted = 0
        self._step(None)

    @property
    def waiting(self) -> int:
        """Bytes received that no parser has asked for yet."""
        return len(self._buffer)

    def receive(self, data: bytes) -> None:
        """Feed what arrived. Raises whatever the parser raises, and `office.pc-protocol` after its end."""
        if self.ended:
            raise malformed("bytes after the end")
        self._buffer += data
        pos = 0
        try:
            while len(self._buffer) - pos >= self._wanted:
                end = pos + self._wanted
                piece = bytes(memoryview(self._buffer)[pos:end])
                pos = end
                self._step(piece)
        finally:
            del self._buffer[:pos]

    def resume(self) -> None:
        """Go on after a `PAUSE`."""
        if self._wanted == PAUSE:
            self._wanted = 0
            self.receive(b"")  # what came meanwhile, too

    def _step(self, piece: bytes | None) -> None:
        try:
            self._wanted = next(self._parser) if piece is None else self._parser.send(piece)
        except StopIteration:
            self._end()
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        self.ended, self._wanted = True, PAUSE

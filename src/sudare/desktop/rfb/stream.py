"""
Bytes in, exact pieces out: what lets a parser be written as straight-line code and still be cut anywhere.

A parser is a generator that yields how many bytes it wants next and is sent exactly that many; or `UpTo` so many, and
is sent what is there of it without a copy, lent until it asks again.
INVARIANT: no more is held than the piece asked for plus the chunk just received; a parser asks for at most `PIECE`.
"""

from collections.abc import Generator
from typing import Self, TypeAlias, TypeVar, cast

from sudare.base.errors import SudareError

T = TypeVar("T")
Parser: TypeAlias = Generator[int, bytes, T]

PIECE = 1 << 18  # bytes; the most one decoder asks for at once
PAUSE = 1 << 62  # yielded to wait for `Feed.resume` instead of for bytes


class UpTo(int):
    """So many bytes in as many pieces as they come, each a whole number of units."""

    unit: int

    def __new__(cls, size: int, unit: int) -> Self:
        """`size` is a whole number of units."""
        wanted = super().__new__(cls, size)
        wanted.unit = unit
        return wanted


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
        self._wanted: int = 0
        self._step(None)

    @property
    def _least(self) -> int:
        return self._wanted.unit if isinstance(self._wanted, UpTo) else self._wanted

    @property
    def waiting(self) -> int:
        """Bytes received that no parser has asked for yet."""
        return len(self._buffer)

    @property
    def missing(self) -> int:
        """Bytes that will certainly come: what the piece asked for still lacks."""
        return 0 if self._wanted == PAUSE else max(0, self._wanted - len(self._buffer))

    def receive(self, data: bytes | memoryview) -> None:
        """Feed what arrived. Raises whatever the parser raises, and `office.pc-protocol` after its end."""
        if self.ended:
            raise malformed("bytes after the end")
        view, pos = memoryview(data), 0
        try:
            while True:
                if self._buffer:  # the beginning of a piece, or what came during a pause
                    need = max(0, self._least - len(self._buffer))
                    if need > len(view) - pos:
                        break
                    self._buffer += view[pos : pos + need]
                    pos += need
                    piece = bytes(memoryview(self._buffer)[: self._least])
                    del self._buffer[: self._least]
                elif self._least > len(view) - pos:
                    break
                elif isinstance(self._wanted, UpTo):
                    size = min(self._wanted, (len(view) - pos) // self._least * self._least)
                    piece = cast("bytes", view[pos : pos + size])
                    pos += size
                else:
                    piece = bytes(view[pos : pos + self._least])
                    pos += self._least
                self._step(piece)
        finally:
            self._buffer += view[pos:]

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

"""
Tiles both sides remember, so that going back to a window costs a few bytes a tile.

The sender says which tiles of the framebuffer to remember (STORE) and which remembered ones to show (CACHE); which slot
a stored tile takes is a rule, not a message: the next unused one, else the one least recently stored or shown.
INVARIANT: after the same STORE and CACHE ops both sides hold the same tiles in the same slots.

The sender keeps a digest of each tile instead of its pixels: SHA-256, cut to 128 bits. Two different tiles with one
digest would show wrong pixels; to make such a pair on purpose takes 2^64 work, and 2^40 tiles hold one by chance with
odds of 2^-49. A fast checksum would do against chance, but whoever draws on the screen (a web page) could make pairs.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Final, Generic, TypeVar

from sudare.pixels import tiles
from sudare.pixels.frames import Frame
from sudare.pixels.grid import Grid
from sudare.pixels.ops import Box, Cache, Store

_DIGEST: Final = 16  # bytes
T = TypeVar("T")


class Slots(Generic[T]):
    """At most `count` values in numbered slots."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._held: dict[int, T] = {}  # the least recently used slot first

    def put(self, value: T) -> tuple[int, T | None]:
        """Keep a value: its slot, and what had to go for it."""
        if len(self._held) < self._count:
            slot, old = len(self._held), None
        else:
            slot = next(iter(self._held))
            old = self._held.pop(slot)
        self._held[slot] = value
        return slot, old

    def use(self, slot: int) -> T:
        """The value of a slot, now the most recently used. Raises KeyError."""
        value = self._held[slot] = self._held.pop(slot)
        return value


class TileCache:
    """The sender's side: digests of what the client holds."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._slots: Slots[bytes] = Slots(count)
        self._found: dict[bytes, int] = {}

    @property
    def empty(self) -> bool:
        """Whether the client holds nothing yet."""
        return not self._found

    def knows(self, key: bytes) -> bool:
        """Whether the client holds this tile."""
        return key in self._found

    def store(self, shadow: Frame, indexes: Iterable[int], grid: Grid) -> list[Store]:
        """Have the client remember these tiles as it shows them, where that is new."""
        fresh: list[int] = []
        for index in indexes:
            box = grid.box(index)
            if tiles.solid(shadow, box) is not None:
                continue
            key = digest(box, tiles.pack(shadow, box))
            if key in self._found:
                continue
            slot, old = self._slots.put(key)
            if old is not None:
                del self._found[old]
            self._found[key] = slot
            fresh.append(index)
        return [Store(first, count) for first, count in _runs(fresh, lambda a, b: b == a + 1)]

    def show(self, wanted: Iterable[tuple[int, bytes]]) -> list[Cache]:
        """Ops that show remembered tiles: (index, digest), every digest known."""
        pairs = [(index, self._found[key]) for index, key in wanted]
        for _, slot in pairs:
            self._slots.use(slot)
        runs = _runs(pairs, lambda a, b: b[0] == a[0] + 1 and b[1] == a[1] + 1)
        return [Cache(index, slot, count) for (index, slot), count in runs]


def digest(box: Box, pixels: bytes) -> bytes:
    """What stands for a tile; tiles at the right and lower edge are smaller and must not be taken for others."""
    return sha256(pixels).digest()[:_DIGEST] + bytes((box[2], box[3]))


R = TypeVar("R")


def _runs(found: Iterable[R], follows: Callable[[R, R], bool]) -> list[tuple[R, int]]:
    out: list[tuple[R, int]] = []
    before: R | None = None
    for one in found:
        if before is not None and follows(before, one):
            out[-1] = out[-1][0], out[-1][1] + 1
        else:
            out.append((one, 1))
        before = one
    return out

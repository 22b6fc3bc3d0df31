"""The 64x64 tiles of a framebuffer, numbered row by row; those at the right and lower edge are smaller."""

from dataclasses import dataclass

from sudare.pixels.frames import TILE
from sudare.pixels.ops import Box


@dataclass(frozen=True, slots=True)
class Grid:
    """The tiles of a w*h framebuffer."""

    w: int
    h: int

    @property
    def cols(self) -> int:
        """Tiles in a row."""
        return -(-self.w // TILE)

    @property
    def count(self) -> int:
        """All tiles."""
        return self.cols * -(-self.h // TILE)

    def box(self, index: int) -> Box:
        """The area of a tile."""
        x, y = index % self.cols * TILE, index // self.cols * TILE
        return x, y, min(TILE, self.w - x), min(TILE, self.h - y)

    def index(self, box: Box) -> int:
        """The tile in which a box begins."""
        return box[1] // TILE * self.cols + box[0] // TILE

    def parts(self, box: Box) -> list[tuple[int, Box]]:
        """A box cut along the tiles: (tile, part)."""
        x, y, w, h = box
        out: list[tuple[int, Box]] = []
        for top in range(y // TILE * TILE, y + h, TILE):
            for left in range(x // TILE * TILE, x + w, TILE):
                part_x, part_y = max(x, left), max(y, top)
                part = part_x, part_y, min(x + w, left + TILE) - part_x, min(y + h, top + TILE) - part_y
                out.append((self.index(part), part))
        return out

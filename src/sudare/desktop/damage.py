"""
What changed since it was last asked for, in few rectangles.

INVARIANT: at most `limit` rectangles and `limit` copies are held; more are merged, never dropped.
INVARIANT: applying the copies in order and then reading the rectangles gives the picture. A copy whose source or
destination touches an earlier rectangle is therefore told as a plain rectangle only. Every copy's destination is
also among the rectangles, so a reader that ignores copies stays right.
"""

from sudare.desktop.source import CopyHint, Cursor, Damage, Rect


def _touch(a: Rect, b: Rect) -> bool:
    return a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h


def _union(a: Rect, b: Rect) -> Rect:
    x, y = min(a.x, b.x), min(a.y, b.y)
    return Rect(x, y, max(a.x + a.w, b.x + b.w) - x, max(a.y + a.h, b.y + b.h) - y)


def _waste(a: Rect, b: Rect) -> int:
    union = _union(a, b)
    return union.w * union.h - a.w * a.h - b.w * b.h


class Gathering:
    """Damage as it comes in."""

    __slots__ = ("_copies", "_cursor", "_fresh", "_limit", "_rects", "_resized")

    def __init__(self, limit: int = 64) -> None:
        self._limit = limit
        self._clear()

    def _clear(self) -> None:
        self._rects: list[Rect] = []
        self._fresh: list[Rect] = []  # pixels that did not come from a copy: copies may not reach over them
        self._copies: list[CopyHint] = []
        self._cursor: Cursor | None = None
        self._resized = False

    @property
    def empty(self) -> bool:
        """Whether nothing changed."""
        return not (self._rects or self._cursor or self._resized)

    def rect(self, rect: Rect) -> None:
        """New pixels in `rect`."""
        if rect.w > 0 and rect.h > 0:
            self._add(self._rects, rect)
            self._add(self._fresh, rect)

    def copy(self, hint: CopyHint) -> None:
        """The source moved an area."""
        source = Rect(hint.sx, hint.sy, hint.w, hint.h)
        target = Rect(hint.dx, hint.dy, hint.w, hint.h)
        told = len(self._copies) < self._limit and not any(_touch(r, source) or _touch(r, target) for r in self._fresh)
        if not told:
            self.rect(target)
            return
        self._copies.append(hint)
        self._add(self._rects, target)

    def cursor(self, cursor: Cursor) -> None:
        """Another pointer image."""
        self._cursor = cursor

    def resize(self, w: int, h: int) -> None:
        """Another picture size: everything before is void."""
        cursor = self._cursor
        self._clear()
        self._cursor, self._resized = cursor, True
        self.rect(Rect(0, 0, w, h))

    def take(self) -> Damage:
        """Everything so far; starts again from nothing."""
        out = Damage(resized=self._resized, copies=self._copies, rects=self._rects, cursor=self._cursor)
        self._clear()
        return out

    def _add(self, rects: list[Rect], rect: Rect) -> None:
        for i, old in enumerate(rects):
            union = _union(old, rect)
            area = old.w * old.h + rect.w * rect.h
            if union.w * union.h <= area + area // 4:  # wastes little: one rectangle is cheaper than two
                rects[i] = union
                return
        if len(rects) >= self._limit:
            best = min(range(len(rects)), key=lambda i: _waste(rects[i], rect))
            rects[best] = _union(rects[best], rect)
        else:
            rects.append(rect)

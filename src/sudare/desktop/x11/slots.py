"""
Characters no key of the server's keyboard gives: an unused keycode is made to mean one, pressed, and used again.

A program looks up what a keycode means when it reads the event, not when the key was pressed. So a keycode may get
another meaning only when every program has read what was typed with it.
INVARIANT: between `code_for` giving a keycode and `settle`, that keycode keeps its meaning.
"""

from collections.abc import Callable, Collection, Iterable


class Slots:
    """Unused keycodes and what they mean now."""

    def __init__(self, codes: Iterable[int], bind: Callable[[int, int], None]) -> None:
        self._bind = bind
        self._free = list(codes)
        self._bound: dict[int, int] = {}  # keysym -> keycode; what was used last stands last
        self._fresh: set[int] = set()  # used since the last settling

    def code_for(self, keysym: int, held: Collection[int] = ()) -> int | None:
        """A keycode that means this keysym; None: wait until what was typed is read."""
        code = self._bound.pop(keysym, None)
        if code is None:
            code = self._room(held)
            if code is None:
                return None
            self._bind(code, keysym)
        self._bound[keysym] = code
        self._fresh.add(code)
        return code

    def _room(self, held: Collection[int]) -> int | None:
        if self._free:
            return self._free.pop()
        read = [(keysym, code) for keysym, code in self._bound.items() if code not in self._fresh]
        for keysym, code in sorted(read, key=lambda one: one[1] in held):  # one that is held only where no other is
            del self._bound[keysym]
            return code
        return None

    @property
    def usable(self) -> bool:
        """Whether there is any keycode to use."""
        return bool(self._free or self._bound)

    def settle(self) -> None:
        """What was typed so far has been read."""
        self._fresh.clear()

    def clear(self) -> None:
        """Give back what no program may still look up."""
        for keysym, code in list(self._bound.items()):
            if code not in self._fresh:
                self._bind(code, 0)
                del self._bound[keysym]
                self._free.append(code)

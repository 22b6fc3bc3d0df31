"""
Keys, pointer, wheel and text as events of an X server, and what must be let go of at the end.

INVARIANT: after `release` the server holds no key and no button of ours.
INVARIANT: what was asked for is done in that order: while a character waits for a keycode, what follows waits too.
INVARIANT: at most `LIMIT` steps wait; more is dropped, but never a key or a button going up.
"""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sudare.desktop.x11.keys import CONTROL, KEYCODES, MODIFIERS, Keymap, keysym_of
from sudare.desktop.x11.slots import Slots

LIMIT: Final = 4096
_PRESS, _RELEASE, _BUTTON_PRESS, _BUTTON_RELEASE, _MOTION = 2, 3, 4, 5, 6  # X11 protocol, 11: as XTEST wants them
_UP: Final = frozenset({_RELEASE, _BUTTON_RELEASE})
_BUTTONS: Final = {1: 1, 2: 2, 4: 3, 8: 8, 16: 9}  # ours -> left, middle, right, back, forward
_WHEEL_UP, _WHEEL_DOWN, _WHEEL_LEFT, _WHEEL_RIGHT = 4, 5, 6, 7
_NOTCH, _MAX_NOTCHES = 120, 20  # of one call; a stuck device must not flood the PC


class Line(Protocol):
    """Where input goes: the shim."""

    def fake(self, kind: int, detail: int, x: int, y: int) -> None:
        """One event of keyboard or pointer."""

    def bind(self, keycode: int, keysym: int) -> None:
        """Make a keycode mean this; 0: nothing."""

    def ask(self) -> None:
        """Ask whether all input so far was read; `Input.settled` is called with the answer."""


@dataclass(frozen=True, slots=True)
class _Event:
    kind: int
    detail: int
    x: int = 0
    y: int = 0


@dataclass(frozen=True, slots=True)
class _Sign:
    """A keysym for which a keycode has to be found: typed, or pressed and held under `name`."""

    keysym: int
    name: tuple[str, int] | None = None


def _clamp(value: int) -> int:
    return max(0, min(value, 0x7FFF))


class Input:
    """What is held down, what waits, and how changes are said."""

    def __init__(self, line: Line, keysyms: Sequence[int]) -> None:
        self._line = line
        self._steps: deque[_Event | _Sign] = deque()
        self._asked = False
        self._held: dict[tuple[str, int], int] = {}  # our name for the key -> its keycode, in the order pressed
        self._buttons = self._x = self._y = 0
        self._rest_x = self._rest_y = 0
        self.learn(keysyms)

    def learn(self, keysyms: Sequence[int]) -> None:
        """The server's keyboard is another one now."""
        self._keymap = Keymap(keysyms)
        self._slots = Slots(self._keymap.spare(), self._line.bind)

    @property
    def waiting(self) -> bool:
        """Whether something waits until what was typed is read."""
        return bool(self._steps)

    def key(self, *, down: bool, scancode: int, extended: bool, keysym: int) -> None:
        """One key, by its place on the keyboard; one without a place by what it means."""
        code = KEYCODES.get((scancode, extended))
        name = ("key", scancode << 1 | extended) if code is not None else ("sym", keysym)
        if code is None and not 0 < keysym <= 0xFFFFFFFF:
            return
        if code is None:
            code = self._keymap.plain(keysym)
        if not down:
            self._up(name)
        elif code is None:
            self._add(_Sign(keysym, name))
        else:
            self._down(name, code)

    def _down(self, name: tuple[str, int], code: int) -> None:
        if name in self._held:
            if code in MODIFIERS:
                return  # held is held
            self._add(_Event(_RELEASE, code))  # the browser repeats; the server's own repetition is off
        if self._add(_Event(_PRESS, code)):
            self._held[name] = code

    def _up(self, name: tuple[str, int]) -> None:
        code = self._held.pop(name, None)
        if code is not None:
            self._add(_Event(_RELEASE, code))
        else:
            self._only_type({name})

    def pointer(self, x: int, y: int, buttons: int) -> None:
        """Position, then each button that changed."""
        x, y = _clamp(x), _clamp(y)
        if (x, y) != (self._x, self._y) or buttons == self._buttons:
            self._add(_Event(_MOTION, 0, x, y))
        self._x, self._y = x, y
        for bit, button in _BUTTONS.items():
            if (self._buttons ^ buttons) & bit:
                added = self._add(_Event(_BUTTON_PRESS if buttons & bit else _BUTTON_RELEASE, button))
                self._buttons ^= bit if added else 0

    def wheel(self, x: int, y: int, dx: int, dy: int) -> None:
        """Whole notches as presses of the wheel's buttons; parts of a notch are kept for later."""
        self.pointer(x, y, self._buttons)
        self._rest_x, right = _notches(self._rest_x + dx)
        self._rest_y, down = _notches(self._rest_y + dy)
        self._turn(right, _WHEEL_RIGHT, _WHEEL_LEFT)
        self._turn(down, _WHEEL_DOWN, _WHEEL_UP)

    def _turn(self, notches: int, positive: int, negative: int) -> None:
        button = positive if notches > 0 else negative
        for _ in range(abs(notches)):
            if self._add(_Event(_BUTTON_PRESS, button)):
                self._add(_Event(_BUTTON_RELEASE, button))

    def text(self, text: str) -> None:
        """Each character as the press and release of a key that means it."""
        for character in text.replace("\r\n", "\n"):
            code = CONTROL.get(character)
            if code is None:
                if character >= " ":
                    self._add(_Sign(keysym_of(character)))
            elif self._add(_Event(_PRESS, code)):
                self._add(_Event(_RELEASE, code))

    def release(self) -> None:
        """Everything up."""
        self._only_type({step.name for step in self._steps if isinstance(step, _Sign)})
        for name in list(reversed(self._held)):
            self._up(name)
        if self._buttons:
            self.pointer(self._x, self._y, 0)

    def _only_type(self, names: Collection[tuple[str, int] | None]) -> None:
        """What waits to be pressed and was let go of meanwhile is not held when its turn comes."""
        steps = (_Sign(s.keysym) if isinstance(s, _Sign) and s.name in names else s for s in self._steps)
        self._steps = deque(steps)

    def settled(self) -> None:
        """What was typed so far has been read: go on."""
        self._asked = False
        self._slots.settle()
        self._go_on()

    def end(self) -> None:
        """No more input comes: everything up, and keycodes mean nothing again where that is safe."""
        self.release()
        for step in self._steps:
            if isinstance(step, _Event):
                self._line.fake(step.kind, step.detail, step.x, step.y)
        self._steps.clear()
        self._slots.clear()

    def _add(self, step: _Event | _Sign) -> bool:
        """Return whether there was room."""
        up = isinstance(step, _Event) and step.kind in _UP
        if len(self._steps) >= LIMIT and not up:
            return False
        self._steps.append(step)
        self._go_on()
        return True

    def _go_on(self) -> None:
        while self._steps:
            step = self._steps[0]
            if isinstance(step, _Sign):
                code = self._slots.code_for(step.keysym, self._held.values())
                if code is None and self._slots.usable:
                    self._wait()
                    return
                if code is not None:
                    self._press(step, code)
            else:
                self._line.fake(step.kind, step.detail, step.x, step.y)
            self._steps.popleft()

    def _press(self, sign: _Sign, code: int) -> None:
        for name in [name for name, held in self._held.items() if held == code]:
            del self._held[name]  # all keycodes are held; waiting for this one could be for ever
            self._line.fake(_RELEASE, code, 0, 0)
        self._line.fake(_PRESS, code, 0, 0)
        if sign.name is None:
            self._line.fake(_RELEASE, code, 0, 0)
        else:
            self._held[sign.name] = code

    def _wait(self) -> None:
        if not self._asked:
            self._asked = True
            self._line.ask()


def _notches(amount: int) -> tuple[int, int]:
    count = int(amount / _NOTCH)  # towards zero
    return amount - count * _NOTCH, max(-_MAX_NOTCHES, min(count, _MAX_NOTCHES))

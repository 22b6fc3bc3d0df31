"""
Pointer, wheel and keys as RDP says them (MS-RDPBCGR 2.2.8.1.1.3), and what must be let go of at the end.

INVARIANT: after `release` the PC holds no key and no button of ours.
"""

from typing import Protocol

_MOVE = 0x0800
_DOWN = 0x8000
_BUTTONS = {1: 0x1000, 2: 0x4000, 4: 0x2000}  # ours -> left, middle, right
_EXTENDED = {8: 0x0001, 16: 0x0002}  # back, forward
_WHEEL, _HWHEEL, _NEGATIVE = 0x0200, 0x0400, 0x0100
_MAX_TURN = 20 * 120  # of one call; a stuck device must not flood the PC


class Line(Protocol):
    """Where input goes: the shim."""

    def key(self, scancode: int, *, extended: bool, down: bool) -> None:
        """A scancode."""

    def unicode(self, unit: int, *, down: bool) -> None:
        """A UTF-16 code unit."""

    def mouse(self, flags: int, x: int, y: int) -> None:
        """A mouse event."""

    def mouse_extended(self, flags: int, x: int, y: int) -> None:
        """An extended mouse event."""


def _clamp(value: int) -> int:
    return max(0, min(value, 0xFFFF))


class Input:
    """What is held down, and how changes are said."""

    __slots__ = ("_buttons", "_keys", "_line", "_x", "_y")

    def __init__(self, line: Line) -> None:
        self._line = line
        self._keys: dict[tuple[int, bool], None] = {}  # in the order pressed
        self._buttons = self._x = self._y = 0

    def key(self, scancode: int, *, extended: bool, down: bool) -> None:
        """One key by its place on the keyboard; scancode 0 is nothing."""
        if not 0 < scancode <= 0x7F:
            return
        if down:
            self._keys[scancode, extended] = None
        else:
            self._keys.pop((scancode, extended), None)
        self._line.key(scancode, extended=extended, down=down)

    def pointer(self, x: int, y: int, buttons: int) -> None:
        """Position, then each button that changed."""
        x, y = _clamp(x), _clamp(y)
        if (x, y) != (self._x, self._y) or buttons == self._buttons:
            self._line.mouse(_MOVE, x, y)
        self._x, self._y = x, y
        changed, self._buttons = self._buttons ^ buttons, buttons
        for bit, flag in _BUTTONS.items():
            if changed & bit:
                self._line.mouse(flag | (_DOWN if buttons & bit else 0), x, y)
        for bit, flag in _EXTENDED.items():
            if changed & bit:
                self._line.mouse_extended(flag | (_DOWN if buttons & bit else 0), x, y)

    def wheel(self, x: int, y: int, dx: int, dy: int) -> None:
        """Movement in 120ths of a notch; RDP takes at most 255 at a time, and turns up for positive."""
        self._x, self._y = _clamp(x), _clamp(y)
        self._turn(_WHEEL, -dy)
        self._turn(_HWHEEL, dx)

    def text(self, text: str) -> None:
        """UTF-16 units, pressed and released; a line break is the Enter key."""
        for character in text.replace("\r\n", "\n"):
            if character in "\n\r\t\b":
                scancode = {"\t": 0x0F, "\b": 0x0E}.get(character, 0x1C)
                self._line.key(scancode, extended=False, down=True)
                self._line.key(scancode, extended=False, down=False)
                continue
            units = character.encode("utf-16-le", "replace")
            for at in range(0, len(units), 2):
                unit = units[at] | units[at + 1] << 8
                self._line.unicode(unit, down=True)
                self._line.unicode(unit, down=False)

    def release(self) -> None:
        """Everything up."""
        for scancode, extended in reversed(self._keys):
            self._line.key(scancode, extended=extended, down=False)
        self._keys.clear()
        if self._buttons:
            self.pointer(self._x, self._y, 0)

    def _turn(self, wheel: int, amount: int) -> None:
        amount = max(-_MAX_TURN, min(amount, _MAX_TURN))
        while amount:
            step = max(-120, min(amount, 120))
            # Nine bits, two's complement, the sign in bit 8.
            self._line.mouse(wheel | (step & 0xFF if step > 0 else _NEGATIVE | (step & 0xFF)), self._x, self._y)
            amount -= step

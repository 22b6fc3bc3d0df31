"""
Keys, pointer, wheel and text as RFB messages, and what must be let go of at the end.

INVARIANT: after `release()` the server holds no key and no button of ours.
Buttons in RFB: bit 0 left, 1 middle, 2 right, 3..6 wheel up, down, left, right, 7 back; forward has no bit.
"""

from sudare.desktop.rfb import messages

_WHEEL_UP, _WHEEL_DOWN, _WHEEL_LEFT, _WHEEL_RIGHT = 8, 16, 32, 64
_MAX_NOTCHES = 20  # of one call; a stuck device must not flood the PC
_NOTCH = 120
_CONTROL = {"\n": 0xFF0D, "\r": 0xFF0D, "\t": 0xFF09, "\b": 0xFF08, "\x1b": 0xFF1B, "\x7f": 0xFFFF}


def keysym_of(character: str) -> int:
    """The X11 keysym that types this character."""
    code = ord(character)
    if character in _CONTROL:
        return _CONTROL[character]
    if 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xFF:  # Latin-1 keysyms are the code points themselves
        return code
    return 0x01000000 + code


def _clamp(value: int) -> int:
    return max(0, min(value, 0xFFFF))


class Input:
    """What is held down, and the bytes that say so."""

    __slots__ = ("_keys", "_mask", "_rest_x", "_rest_y", "_x", "_y")

    def __init__(self) -> None:
        self._keys: dict[int, None] = {}  # in the order pressed
        self._mask = self._x = self._y = 0
        self._rest_x = self._rest_y = 0

    def key(self, keysym: int, *, down: bool) -> bytes:
        """One key; keysym 0 (unknown to the browser) is nothing."""
        if not 0 < keysym <= 0xFFFFFFFF:
            return b""
        if down:
            self._keys[keysym] = None
        else:
            self._keys.pop(keysym, None)
        return messages.key(keysym, down=down)

    def pointer(self, x: int, y: int, buttons: int) -> bytes:
        """Position and buttons as `DesktopSource.pointer` counts them."""
        self._x, self._y = _clamp(x), _clamp(y)
        self._mask = (buttons & 7) | (128 if buttons & 8 else 0)
        return messages.pointer(self._mask, self._x, self._y)

    def wheel(self, x: int, y: int, dx: int, dy: int) -> bytes:
        """Whole notches as presses of the wheel's buttons; parts of a notch are kept for later."""
        self._x, self._y = _clamp(x), _clamp(y)
        self._rest_x, right = self._notches(self._rest_x + dx)
        self._rest_y, down = self._notches(self._rest_y + dy)
        return self._press(right, _WHEEL_RIGHT, _WHEEL_LEFT) + self._press(down, _WHEEL_DOWN, _WHEEL_UP)

    def text(self, text: str) -> bytes:
        """Press and release of each character's keysym."""
        syms = [keysym_of(c) for c in text.replace("\r\n", "\n")]
        return b"".join(messages.key(s, down=down) for s in syms for down in (True, False))

    def release(self) -> bytes:
        """Everything up."""
        out = b"".join(messages.key(k, down=False) for k in reversed(self._keys))
        self._keys.clear()
        if self._mask:
            self._mask = 0
            out += messages.pointer(0, self._x, self._y)
        return out

    @staticmethod
    def _notches(amount: int) -> tuple[int, int]:
        count = int(amount / _NOTCH)  # towards zero
        rest = amount - count * _NOTCH
        return rest, max(-_MAX_NOTCHES, min(count, _MAX_NOTCHES))

    def _press(self, notches: int, positive: int, negative: int) -> bytes:
        button = positive if notches > 0 else negative
        one = messages.pointer(self._mask | button, self._x, self._y) + messages.pointer(self._mask, self._x, self._y)
        return one * abs(notches)

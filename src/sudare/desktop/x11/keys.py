"""
Where the keys of a PC keyboard are on an X server (XKB's `evdev` keycodes: Linux's own number and eight).

The scancodes are those of docs/wire/screen.md: PC/AT set 1, extended ones with their own table.
"""

from collections.abc import Sequence
from typing import Final

_OFFSET: Final = 8
# Linux numbered its keys after set 1: up to 0x58 they are the same, but for 0x54 and 0x55, which no keyboard sends.
_PLAIN: Final = {code: code for code in range(1, 0x59) if code not in {0x54, 0x55}} | {
    0x70: 93,  # katakana/hiragana
    0x71: 123,  # Lang2
    0x72: 122,  # Lang1
    0x73: 89,  # ro
    0x79: 92,  # henkan
    0x7B: 94,  # muhenkan
    0x7D: 124,  # yen
}
_EXTENDED: Final = {
    0x1C: 96, 0x1D: 97, 0x35: 98, 0x37: 99, 0x38: 100, 0x47: 102, 0x48: 103, 0x49: 104, 0x4B: 105, 0x4D: 106, 0x4F: 107,
    0x50: 108, 0x51: 109, 0x52: 110, 0x53: 111, 0x5B: 125, 0x5C: 126, 0x5D: 127,
}  # fmt: skip
KEYCODES: Final = {(code, False): linux + _OFFSET for code, linux in _PLAIN.items()} | {
    (code, True): linux + _OFFSET for code, linux in _EXTENDED.items()
}
MODIFIERS: Final = frozenset(
    KEYCODES[key]
    for key in [(0x1D, False), (0x1D, True), (0x2A, False), (0x36, False), (0x38, False), (0x38, True), (0x5B, True),
                (0x5C, True), (0x3A, False), (0x45, False), (0x46, False)]
)  # fmt: skip
CONTROL: Final = {"\n": 36, "\r": 36, "\t": 23, "\b": 22, "\x1b": 9, "\x7f": 119}
_LEVELS: Final = 4


def keysym_of(character: str) -> int:
    """The keysym of this character (X11 protocol, appendix A: Latin-1 by its number, the rest by Unicode's)."""
    code = ord(character)
    return code if 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xFF else 0x01000000 + code


def _left_over(row: Sequence[int]) -> bool:
    """What an earlier session bound and did not take back: see `sx_bind`."""
    return row[0] == row[1] and row[0] >= 0x01000000 and not any(row[2:])


class Keymap:
    """What the server's keys mean: keysyms by keycode, four levels each."""

    def __init__(self, keysyms: Sequence[int]) -> None:
        self._rows = [tuple(keysyms[at : at + _LEVELS]) for at in range(0, len(keysyms), _LEVELS)]

    def spare(self) -> list[int]:
        """Keycodes that mean nothing, so that they may come to mean a character."""
        known = set(KEYCODES.values())
        rows = enumerate(self._rows)
        return [
            code for code, row in rows if code >= _OFFSET and code not in known and (not any(row) or _left_over(row))
        ]

    def plain(self, keysym: int) -> int | None:
        """The keycode that gives this keysym without Shift."""
        return next((code for code, row in enumerate(self._rows) if code >= _OFFSET and row[0] == keysym), None)

"""
The X11 client: `DesktopSource` over the C shim. The driver watches `fd` and calls `wake()` when it is readable.

INVARIANT: `frame` only changes inside `take_damage`; pixels come from the server when they were taken, one round at a
time, and not at all while held.
Sound, clipboard and files are not spoken of: only what is on the screen comes, only input goes.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.desktop.damage import Gathering
from sudare.desktop.source import Cursor, Damage, Frame, Phase, Rect
from sudare.desktop.x11._native._x11 import ffi, lib
from sudare.desktop.x11.input import Input

LAYOUTS: Final = ("jp", "us")  # of XKB
_MIN_SIDE, _MAX_SIDE, _MAX_PIXELS = 200, 8192, 33_554_432
_OPENING: Final = {
    # A server that wants another cookie and one that hangs up look the same; neither is the person's fault.
    lib.SX_REFUSED: ("office.pc-protocol", "x11: the display refused the connection or its cookie"),
    lib.SX_LACKS: ("office.pc-protocol", "x11: not 24 bits deep, or no MIT-SHM 1.2, DAMAGE, XFIXES or XTEST"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """One session."""

    cookie: Secret[bytes] | None  # MIT-MAGIC-COOKIE-1
    layout: str  # "jp" | "us"
    deltas: bool = False  # another level of damage reports, to be measured (bench/damage.py)


class _Line:
    """The shim's input functions. A server that takes no input has none to lose."""

    def __init__(self, display: Any) -> None:  # noqa: ANN401 - cffi has no types
        self._display = display

    def fake(self, kind: int, detail: int, x: int, y: int) -> None:
        lib.sx_fake(self._display, kind, detail, x, y)

    def bind(self, keycode: int, keysym: int) -> None:
        lib.sx_bind(self._display, keycode, keysym)

    def ask(self) -> None:
        lib.sx_ask(self._display)


def _side(value: int) -> int:
    return max(_MIN_SIDE, min(value, _MAX_SIDE))


class X11Desktop:
    """One display on a connected socket, which is the desktop's from here on. Waits for the server: not in the loop."""

    def __init__(self, line: int, settings: Settings) -> None:
        self._frame: Frame = np.zeros((0, 0, 4), np.uint8)
        self._damage = Gathering()
        self._lost = False
        secret = settings.cookie.reveal() if settings.cookie is not None else b""
        cookie = ffi.new("uint8_t[]", max(1, len(secret)))
        ffi.memmove(cookie, secret, len(secret))
        layout = ffi.new("char[]", settings.layout.encode() if settings.layout in LAYOUTS else b"us")
        config = ffi.new("sx_config *")
        config.line, config.cookie, config.cookie_length = line, cookie, len(secret)
        config.layout = layout
        config.deltas, config.max_side, config.max_pixels = settings.deltas, _MAX_SIDE, _MAX_PIXELS
        out = ffi.new("sx_display **")
        ending = lib.sx_open(config, out)
        ffi.memmove(cookie, bytes(len(secret)), len(secret))
        if ending != lib.SX_OK:
            raise SudareError(*_OPENING.get(ending, ("bug.unexpected", "x11: no memory")))
        self._display: Any = out[0]
        self._rects = ffi.new("sx_rect[]", lib.SX_MAX_RECTS)
        self._cursor = ffi.new("sx_cursor *")
        self._rgba = ffi.new("uint8_t[]", lib.SX_MAX_CURSOR * lib.SX_MAX_CURSOR * 4)
        self._input = Input(_Line(self._display), self._keysyms())

    @property
    def fd(self) -> int:
        """Readable when something happened; -1 once closed."""
        return -1 if self._display is None else int(lib.sx_fd(self._display))

    @property
    def typing(self) -> bool:
        """Whether text waits for the program in front; `typed` goes on without its answer."""
        return self._display is not None and self._input.waiting

    @property
    def rounds(self) -> int:
        """How often pixels were asked for."""
        return 0 if self._display is None else int(lib.sx_rounds(self._display))

    def wake(self) -> bool:
        """Take note of what the server said; whether there is anything to take, or it is over."""
        if self._display is None:
            return False
        news = lib.sx_advance(self._display)
        if news & lib.SX_KEYMAP:
            self._input.learn(self._keysyms())
        if news & lib.SX_ANSWERED:
            self.typed()
        if news & lib.SX_CLOSED:
            self._lost = True
        return bool(news & (lib.SX_PICTURE | lib.SX_CURSOR | lib.SX_CLOSED))

    def typed(self) -> None:
        """The program in front has read all input, or will not say so."""
        if self._display is not None:
            self._input.settled()
            lib.sx_flush(self._display)

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        return Phase.CLOSED if self._display is None or self._lost else Phase.ACTIVE

    @property
    def failure(self) -> str | None:
        """Error code once the server or the line ended it; None after our own `close`."""
        return "office.pc-closed" if self._lost else None

    @property
    def frame(self) -> Frame:
        """Picture as of the last `take_damage`."""
        return self._frame

    def take_damage(self) -> Damage:
        """Copy what was fetched into `frame` and say where."""
        if self._display is not None and not self._lost:
            self._grab()
            self._take_cursor()
        return self._damage.take()

    def key(self, *, down: bool, scancode: int, extended: bool, keysym: int) -> None:
        """One key, by its place on the keyboard; a key without one by what it means."""
        if self._display is not None:
            self._input.key(down=down, scancode=scancode, extended=extended, keysym=keysym)
            lib.sx_flush(self._display)

    def pointer(self, x: int, y: int, buttons: int) -> None:
        """Pointer and buttons."""
        if self._display is not None:
            self._input.pointer(x, y, buttons)
            lib.sx_flush(self._display)

    def wheel(self, x: int, y: int, dx: int, dy: int) -> None:
        """Wheel."""
        if self._display is not None:
            self._input.wheel(x, y, dx, dy)
            lib.sx_flush(self._display)

    def text(self, text: str) -> None:
        """Type any Unicode."""
        if self._display is not None:
            self._input.text(text)
            lib.sx_flush(self._display)

    def release(self) -> None:
        """Every key and button up."""
        if self._display is not None:
            self._input.release()
            lib.sx_flush(self._display)

    def resize(self, w: int, h: int, scale: int) -> None:
        """Ask RandR for the nearest size the server has room for; `scale` becomes its density."""
        if self._display is not None:
            lib.sx_resize(self._display, _side(w), _side(h), scale)

    def hold(self, held: bool) -> None:  # noqa: FBT001
        """Stop asking for pixels, or go on; what is damaged meanwhile the server remembers."""
        if self._display is not None:
            lib.sx_hold(self._display, held)

    def close(self) -> None:
        """Let go of everything held, and leave."""
        if self._display is None:
            return
        if not self._lost:
            self._input.end()
        display, self._display = self._display, None
        lib.sx_close(display)

    def _keysyms(self) -> list[int]:
        out = ffi.new("uint32_t[]", lib.SX_KEYCODES * lib.SX_KEYSYMS)
        lib.sx_keysyms(self._display, out)
        return list(out)

    def _fit(self) -> None:
        w, h = ffi.new("int32_t *"), ffi.new("int32_t *")
        lib.sx_get_size(self._display, w, h)
        self._frame = np.zeros((h[0], w[0], 4), np.uint8)
        self._damage.resize(w[0], h[0])

    def _grab(self) -> None:
        height, width = self._frame.shape[:2]
        picture = ffi.from_buffer("uint8_t[]", self._frame)
        count = lib.sx_take(self._display, picture, width, height, self._rects)
        if count < 0:
            self._fit()
            self._grab()
            return
        for rect in self._rects[0:count]:
            self._damage.rect(Rect(rect.x, rect.y, rect.w, rect.h))

    def _take_cursor(self) -> None:
        lib.sx_take_cursor(self._display, self._cursor, self._rgba)
        c = self._cursor
        if c.kind == lib.SX_CURSOR_IMAGE:
            rgba = bytes(ffi.buffer(self._rgba, c.w * c.h * 4))
            self._damage.cursor(Cursor(c.hot_x, c.hot_y, c.w, c.h, rgba))
        elif c.kind == lib.SX_CURSOR_HIDDEN:
            self._damage.cursor(Cursor(0, 0, 0, 0, b""))
        elif c.kind == lib.SX_CURSOR_DEFAULT:
            self._damage.cursor(Cursor(0, 0, 0, 0, None))

"""
The RDP client: `DesktopSource` over the C shim. The driver watches `fd` and calls `wake()` when it is readable.

INVARIANT: `frame` only changes inside `take_damage`, so it is always one moment of the PC's screen.
A wrong password without NLA cannot be told from a right one: xrdp shows its own login dialog, which is a picture like
any other (its session information never says who is logged on). The person sees it and can type there.
INVARIANT: `Settings.pin` None (first use) is a choice of the caller, who must keep `certificate` for the next time.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.desktop.damage import Gathering
from sudare.desktop.rdp._native._rdp import ffi, lib
from sudare.desktop.rdp.failure import Ending, code_of
from sudare.desktop.rdp.input import Input
from sudare.desktop.source import CopyHint, Cursor, Damage, Frame, Phase, Rect

LAYOUTS = {"jp": 0x411, "us": 0x409}
_MIN_SIDE, _MAX_SIDE, _MAX_PIXELS = 200, 8192, 33_554_432  # MS-RDPEDISP 2.2.2.2.1 for the sides
_PHASES = {0: Phase.CONNECTING, 1: Phase.ACTIVE, 2: Phase.CLOSED}


@dataclass(frozen=True, slots=True)
class Settings:
    """One session."""

    host: str  # the PC's name, for network level authentication; the line is already there
    user: str
    domain: str
    password: Secret[str]
    w: int
    h: int
    scale: int
    layout: int
    pin: str | None  # SHA-256 in hex
    folder: str  # libfreerdp wants a folder it may write to, and leaves two empty ones there
    sound: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """What the shim knows."""

    phase: Phase
    ending: Ending
    certificate: str | None
    channels: tuple[str, ...]
    logged_on: bool
    resizable: bool


class _Line:
    """The shim's input functions. A full queue drops: a PC that takes no input has none to lose."""

    def __init__(self, session: Any) -> None:  # noqa: ANN401 - cffi has no types
        self._session = session

    def key(self, scancode: int, *, extended: bool, down: bool) -> None:
        lib.sd_key(self._session, scancode, extended, down)

    def unicode(self, unit: int, *, down: bool) -> None:
        lib.sd_unicode(self._session, unit, down)

    def mouse(self, flags: int, x: int, y: int) -> None:
        lib.sd_mouse(self._session, flags, x, y)

    def mouse_extended(self, flags: int, x: int, y: int) -> None:
        lib.sd_mouse_extended(self._session, flags, x, y)


def _side(value: int) -> int:
    return max(_MIN_SIDE, min(value, _MAX_SIDE))


def _scale(value: int) -> int:
    return max(100, min(value, 500))


class RDPDesktop:
    """One RDP session on a connected socket, given by its descriptor; the caller may close its own at once."""

    def __init__(self, line: int, settings: Settings) -> None:
        self._frame: Frame = np.zeros((0, 0, 4), np.uint8)
        self._damage = Gathering()
        self._final: Status | None = None
        self._closed_by_us = False
        self._wanted: tuple[int, int, int] | None = None  # a resize asked for before the PC could
        names = (settings.host, settings.user, settings.domain, settings.folder)
        strings = [ffi.new("char[]", _text(name)) for name in names]
        password = ffi.new("char[]", _text(settings.password.reveal()))
        pin = ffi.NULL if settings.pin is None else ffi.new("char[]", _text(settings.pin))
        config = ffi.new("sd_config *")
        config.host, config.user, config.domain, config.folder = strings
        config.password, config.pin, config.line = password, pin, line
        config.width, config.height = _side(settings.w), _side(settings.h)
        config.scale, config.layout = _scale(settings.scale), settings.layout
        config.max_side, config.max_pixels = _MAX_SIDE, _MAX_PIXELS
        config.sound = settings.sound
        self._session = lib.sd_new(config)
        ffi.memmove(password, bytes(len(password)), len(password))
        if self._session == ffi.NULL:
            raise SudareError("bug.unexpected", "rdp: no session could be made")
        self._input = Input(_Line(self._session))
        self._changes = ffi.new("sd_change[]", lib.SD_MAX_CHANGES)
        self._cursor = ffi.new("sd_cursor *")
        self._packets = ffi.new("sd_packet[]", lib.SD_MAX_SOUND)
        self._rgba = ffi.new("uint8_t[]", lib.SD_MAX_CURSOR * lib.SD_MAX_CURSOR * 4)
        if lib.sd_start(self._session):
            lib.sd_free(self._session)
            self._session = None
            raise SudareError("bug.unexpected", "rdp: no thread could be started")

    @property
    def fd(self) -> int:
        """Readable when something happened; -1 once closed."""
        return -1 if self._session is None else int(lib.sd_event_fd(self._session))

    def wake(self) -> None:
        """Take note of `fd` (it stops being readable)."""
        if self._session is None:
            return
        lib.sd_drain(self._session)
        if self._wanted is not None and self.status.resizable:
            lib.sd_resize(self._session, *self._wanted)
            self._wanted = None

    @property
    def status(self) -> Status:
        """What the shim knows now."""
        if self._session is None:
            if self._final is None:
                raise SudareError("bug.unexpected", "rdp: closed without a status")
            return self._final
        raw = ffi.new("sd_status *")
        lib.sd_get_status(self._session, raw)
        shown = ffi.string(raw.certificate).decode()
        channels = ffi.string(raw.channels).decode("ascii", "replace")
        return Status(
            phase=_PHASES[raw.state],
            ending=Ending(
                error_name=ffi.string(raw.error_name).decode("ascii", "replace"),
                was_active=bool(raw.was_active),
                certificate_seen=bool(shown),
                certificate_refused=bool(raw.certificate_refused),
                network_level=bool(raw.network_level),
            ),
            certificate=f"sha256:{shown}" if shown else None,
            channels=tuple(channels.split(",")) if channels else (),
            logged_on=bool(raw.logged_on),
            resizable=bool(raw.resizable),
        )

    @property
    def certificate(self) -> str | None:
        """`sha256:<hex>` of what the PC showed."""
        return self.status.certificate

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        return Phase.CLOSED if self._session is None else self.status.phase

    @property
    def failure(self) -> str | None:
        """Error code once the PC or the line ended it; None after our own `close`."""
        if self._closed_by_us:
            return None
        status = self.status
        return code_of(status.ending) if status.phase is Phase.CLOSED else None

    @property
    def frame(self) -> Frame:
        """Picture as of the last `take_damage`."""
        return self._frame

    def take_damage(self) -> Damage:
        """Copy what changed into `frame` and say where."""
        if self._session is not None:
            self._grab()
            self._take_cursor()
        return self._damage.take()

    def take_sound(self) -> list[bytes]:
        """The newest Opus packets of 20 ms, in order; what nobody took in time is gone."""
        if self._session is None:
            return []
        count = lib.sd_take_sound(self._session, self._packets)
        return [bytes(ffi.buffer(p.data, p.length)) for p in self._packets[0:count]]

    def key(self, *, down: bool, scancode: int, extended: bool, keysym: int) -> None:  # noqa: ARG002
        """One key, by scancode: the PC's own layout decides what it means."""
        if self._session is not None:
            self._input.key(scancode, extended=extended, down=down)

    def pointer(self, x: int, y: int, buttons: int) -> None:
        """Pointer and buttons."""
        if self._session is not None:
            self._input.pointer(x, y, buttons)

    def wheel(self, x: int, y: int, dx: int, dy: int) -> None:
        """Wheel."""
        if self._session is not None:
            self._input.wheel(x, y, dx, dy)

    def text(self, text: str) -> None:
        """Unicode input; xrdp drops characters its keymap lacks, Windows takes them all."""
        if self._session is not None:
            self._input.text(text)

    def release(self) -> None:
        """Every key and button up."""
        if self._session is not None:
            self._input.release()

    def resize(self, w: int, h: int, scale: int) -> None:
        """Ask through Display Control; kept until the PC has opened that channel."""
        if self._session is None:
            return
        self._wanted = (_side(w), _side(h), _scale(scale))
        if self.status.resizable:
            lib.sd_resize(self._session, *self._wanted)
            self._wanted = None

    def hold(self, held: bool) -> None:  # noqa: FBT001
        """Nothing to stop: damage accumulates in the shim and is copied out only when taken."""

    def close(self) -> None:
        """Let go of everything held, end the session and join its thread."""
        if self._session is None:
            return
        self._closed_by_us = self.status.phase is not Phase.CLOSED
        self._input.release()
        lib.sd_stop(self._session)
        self._final = self.status
        session, self._session = self._session, None
        lib.sd_free(session)

    def _grab(self) -> None:
        height, width = self._frame.shape[:2]
        count = lib.sd_grab(self._session, ffi.from_buffer("uint8_t[]", self._frame), width, height, self._changes)
        if count < 0:
            status = ffi.new("sd_status *")
            lib.sd_get_status(self._session, status)
            self._frame = np.zeros((status.height, status.width, 4), np.uint8)
            self._damage.resize(status.width, status.height)
            self._grab()
            return
        for change in self._changes[0:count]:
            if change.kind == lib.SD_COPY:
                self._damage.copy(CopyHint(change.sx, change.sy, change.w, change.h, change.x, change.y))
            else:
                self._damage.rect(Rect(change.x, change.y, change.w, change.h))

    def _take_cursor(self) -> None:
        lib.sd_take_cursor(self._session, self._cursor, self._rgba)
        c = self._cursor
        if c.kind == lib.SD_CURSOR_IMAGE:
            rgba = bytes(ffi.buffer(self._rgba, c.w * c.h * 4))
            self._damage.cursor(Cursor(c.hot_x, c.hot_y, c.w, c.h, rgba))
        elif c.kind == lib.SD_CURSOR_HIDDEN:
            self._damage.cursor(Cursor(0, 0, 0, 0, b""))
        elif c.kind == lib.SD_CURSOR_DEFAULT:
            self._damage.cursor(Cursor(0, 0, 0, 0, None))


def _text(value: str) -> bytes:
    if "\0" in value:
        raise SudareError("caller.malformed", "rdp: a zero byte in a name or password")
    return value.encode()

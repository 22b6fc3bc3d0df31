"""
What every desktop gives the worker, whatever protocol it speaks.

INVARIANT: `frame` is the newest complete picture; damage accumulates until `take_damage`.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

import numpy as np
import numpy.typing as npt

Frame = npt.NDArray[np.uint8]  # (height, width, 4), BGRX, C-contiguous; X is undefined


@dataclass(frozen=True, slots=True)
class Rect:
    """x, y, w, h in pixels."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class CopyHint:
    """The source itself moved the area (sx, sy, w, h) to (dx, dy) before the damage that follows it."""

    sx: int
    sy: int
    w: int
    h: int
    dx: int
    dy: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """Pointer image, RGBA with straight alpha; `rgba` empty means hidden, None means the default arrow."""

    hot_x: int
    hot_y: int
    w: int
    h: int
    rgba: bytes | None


class Phase(Enum):
    """Life of a source."""

    CONNECTING = "connecting"
    ACTIVE = "active"
    CLOSED = "closed"


@dataclass(slots=True)
class Damage:
    """Everything that changed since the last `take_damage`."""

    resized: bool = False
    copies: list[CopyHint] = field(default_factory=list)
    rects: list[Rect] = field(default_factory=list)
    cursor: Cursor | None = None


class DesktopSource(Protocol):
    """One office PC. Methods never block; the worker waits on `wake` of the driver that owns the source."""

    @property
    def phase(self) -> Phase:
        """Where it stands; after CLOSED `failure` says why."""
        ...

    @property
    def failure(self) -> str | None:
        """Error code (base.errors) once CLOSED by a failure."""
        ...

    @property
    def frame(self) -> Frame:
        """Newest picture; the array is replaced on resize."""
        ...

    def take_damage(self) -> Damage:
        """What changed since the last call; for RDP this also copies the damaged pixels into `frame`."""
        ...

    def key(self, *, down: bool, scancode: int, extended: bool, keysym: int) -> None:
        """One key; a source uses scancode (RDP) or keysym (VNC)."""
        ...

    def pointer(self, x: int, y: int, buttons: int) -> None:
        """Pointer position and the buttons held (1 left, 2 middle, 4 right, 8 back, 16 forward)."""
        ...

    def wheel(self, x: int, y: int, dx: int, dy: int) -> None:
        """Wheel movement, 120 = one notch; positive = right, down."""
        ...

    def text(self, text: str) -> None:
        """Type this text as Unicode where the protocol can."""
        ...

    def release(self) -> None:
        """Every key and button up."""
        ...

    def resize(self, w: int, h: int, scale: int) -> None:
        """Ask for another desktop size, where the protocol can."""
        ...

    def hold(self, held: bool) -> None:  # noqa: FBT001
        """Back-pressure: stop asking for pictures, or go on; damage meanwhile accumulates at the PC or here."""
        ...

    def close(self) -> None:
        """End it; idempotent."""
        ...

"""A `DesktopSource` in memory: a test paints, and looks at what was asked of the PC."""

import numpy as np

from sudare.desktop.source import Cursor, Damage, Phase, Rect


class PaintedSource:
    """An office PC of paper. While it is held its picture changes unseen, as a real PC's does."""

    def __init__(self, w=640, h=480, on_change=lambda: None):
        self.picture = np.zeros((h, w, 4), np.uint8)
        self.frame = self.picture.copy()
        self.phase, self.failure = Phase.ACTIVE, None
        self.on_change = on_change
        self.held = False
        self.holds = []
        self.asked = []
        self._damage = Damage(rects=[Rect(0, 0, w, h)])

    def paint(self, picture, x=0, y=0):
        """Put a picture on the PC's screen."""
        h, w = picture.shape[:2]
        self.picture[y : y + h, x : x + w] = picture
        self._show()

    def become(self, w, h):
        """The desktop takes another size."""
        self.picture = np.zeros((h, w, 4), np.uint8)
        self.frame = self.picture.copy()
        self._damage = Damage(resized=True, rects=[Rect(0, 0, w, h)], cursor=self._damage.cursor)
        self.on_change()

    def point(self, cursor):
        """The pointer takes another shape."""
        self._damage.cursor = cursor
        self.on_change()

    def die(self, failure="office.pc-closed"):
        """The PC ends the session."""
        self.phase, self.failure = Phase.CLOSED, failure
        self.on_change()

    def _show(self):
        if not self.held:
            self.frame[:] = self.picture
            self._damage.rects.append(Rect(0, 0, self.frame.shape[1], self.frame.shape[0]))
            self.on_change()

    # --- DesktopSource ---

    def take_damage(self):
        taken, self._damage = self._damage, Damage()
        return taken

    def key(self, *, down, scancode, extended, keysym):
        self.asked.append(("key", down, scancode, extended, keysym))

    def pointer(self, x, y, buttons):
        self.asked.append(("pointer", x, y, buttons))

    def wheel(self, x, y, dx, dy):
        self.asked.append(("wheel", x, y, dx, dy))

    def text(self, text):
        self.asked.append(("text", text))

    def release(self):
        self.asked.append(("release",))

    def resize(self, w, h, scale):
        self.asked.append(("resize", w, h, scale))

    def hold(self, held):
        self.held = held
        self.holds.append(held)
        self._show()

    def close(self):
        self.phase = Phase.CLOSED
        self.asked.append(("close",))


ARROW = Cursor(1, 2, 2, 2, bytes(range(16)))


def noise(w=640, h=480, seed=1):
    """A picture nothing compresses."""
    return np.random.default_rng(seed).integers(0, 256, (h, w, 4), np.uint8)

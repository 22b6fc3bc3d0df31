"""An X display as a test sees it: paint a known picture, read the framebuffer back, hear what was typed."""

import time

import numpy as np
from Xlib import X, display


class Screen:
    """One full-screen window on an X server."""

    def __init__(self, name):
        self.name = name
        self.x = display.Display(name)
        self.root = self.x.screen().root
        self.w, self.h = self._size()
        self.window = self.root.create_window(
            0, 0, self.w, self.h, 0, self.x.screen().root_depth, X.InputOutput, X.CopyFromParent,
            override_redirect=True, background_pixel=0x203040,
            event_mask=X.KeyPressMask | X.KeyReleaseMask | X.ButtonPressMask | X.ButtonReleaseMask | X.ExposureMask,
        )  # fmt: skip
        self.gc = self.window.create_gc(graphics_exposures=False)
        self.window.map()
        self.window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self.x.sync()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.x.close()

    def _size(self):
        g = self.root.get_geometry()
        return g.width, g.height

    def size(self):
        """Width and height of the display now (RandR changes it)."""
        return self._size()

    def cover(self):
        """Fit the window to the display again after a resize."""
        self.w, self.h = self._size()
        self.window.configure(width=self.w, height=self.h)
        self.x.sync()

    def paint(self, picture, x=0, y=0):
        """Put a BGRX picture."""
        h, w = picture.shape[:2]
        rows = max(1, 200_000 // (w * 4))
        for at in range(0, h, rows):
            band = np.ascontiguousarray(picture[at : at + rows])
            self.window.put_image(self.gc, x, y + at, w, band.shape[0], X.ZPixmap, 24, 0, band.tobytes())
        self.x.sync()

    def fill(self, colour, x, y, w, h):
        """Fill a rectangle."""
        self.gc.change(foreground=colour)
        self.window.fill_rectangle(self.gc, x, y, w, h)
        self.x.sync()

    def scroll(self, dy):
        """Move the whole picture up by `dy` rows, the way a terminal does."""
        self.window.copy_area(self.gc, self.window, 0, dy, self.w, self.h - dy, 0, 0)
        self.x.sync()

    def grab(self):
        """The framebuffer, BGR."""
        w, h = self._size()
        data = self.root.get_image(0, 0, w, h, X.ZPixmap, 0xFFFFFFFF).data
        return np.frombuffer(data, np.uint8).reshape(h, w, 4)[:, :, :3]

    def events(self, seconds=0.0):
        """Input events so far."""
        until = time.monotonic() + seconds
        out = []
        while True:
            while self.x.pending_events():
                event = self.x.next_event()
                if event.type in (X.KeyPress, X.KeyRelease, X.ButtonPress, X.ButtonRelease):
                    out.append(event)
            if out or time.monotonic() >= until:
                return out
            time.sleep(0.005)

    def keysym(self, event):
        """Keysym of a key event, group 0, by its shift state."""
        return self.x.keycode_to_keysym(event.detail, event.state & X.ShiftMask)


def known_picture(w, h, seed=1):
    """Something every encoding must work for: gradients, flat areas, two-colour text-like dots and noise."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((h, w, 4), np.uint8)
    picture[:, :, 0] = np.linspace(0, 255, w, dtype=np.uint8)
    picture[:, :, 1] = np.linspace(0, 255, h, dtype=np.uint8)[:, None]
    picture[:, :, 2] = seed * 37 % 256
    picture[: h // 2, : w // 3] = (240, 250, 255, 0)
    dots = rng.random((h // 2, w // 3)) < 0.12
    picture[: h // 2, : w // 3][dots] = (40, 30, 20, 0)
    palette = rng.integers(0, 256, (9, 4), np.uint8)
    picture[h // 2 :, : w // 3] = palette[rng.integers(0, 9, (h - h // 2, w // 3)) // (1 + rng.integers(0, 3))]
    picture[h // 2 :, -w // 4 :] = rng.integers(0, 256, (h - h // 2, w - (w - w // 4), 4), np.uint8)
    return picture

"""
What is on the office PC's screen in `bench.cpu`: one window, drawn from pixmaps, so that drawing costs next to nothing.

    python -m bench.desk DISPLAY     orders on standard input: idle | type | scroll | wide | quit; each is answered

idle    nothing changes.
type    every key draws the next character of a text.
scroll  a page of 600x736 moves by 24 rows, 30 times a second, up and down; all of it is painted anew from a pixmap, as
        browsers and office programs do it: no copy inside the window that a server could pass on.
wide    the same over the whole 1280x800.
"""

import select
import sys
import time

import numpy as np
from Xlib import X, display

from bench import pictures

W, H = 1280, 800
PAGES = {"scroll": (16, 16, 600, 736), "wide": (0, 0, W, H)}
STEP, RATE = 24, 30
ROWS = 7200  # of the page; it is never seen twice within the cache's memory of a short run
CELL = 20, 28


def page(width):
    """A long document."""
    writer, paper = pictures.Writer(3), np.full((ROWS, width, 4), 255, np.uint8)
    for y in range(8, ROWS - 32, pictures.LINE):
        if writer.rng.random() < 0.9:
            writer.draw(paper, 8, y, writer.words(int(writer.rng.integers(24, (width - 16) // 16))))
    return paper


class Desk:
    """The window."""

    def __init__(self, name):
        self.x = display.Display(name)
        screen = self.x.screen()
        self.depth = screen.root_depth
        mask = X.KeyPressMask | X.ExposureMask
        self.window = screen.root.create_window(
            0, 0, W, H, 0, self.depth, X.InputOutput, X.CopyFromParent,
            override_redirect=1, background_pixel=0x2C5478, event_mask=mask,
        )  # fmt: skip
        self.gc = self.window.create_gc(graphics_exposures=False)
        self.text = page(PAGES["wide"][2])
        self.page = self._upload(self.text)
        self.mode, self.row, self.way, self.typed = "idle", 0, 1, 0
        self.window.map()
        self.window.configure(stack_mode=X.Above)
        self.window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self._paint()

    def _upload(self, picture):
        pixmap = self.window.create_pixmap(picture.shape[1], picture.shape[0], self.depth)
        rows = 200_000 // (picture.shape[1] * 4)
        for y in range(0, picture.shape[0], rows):
            band = np.ascontiguousarray(picture[y : y + rows])
            size = picture.shape[1], band.shape[0]
            pixmap.put_image(self.gc, 0, y, *size, X.ZPixmap, self.depth, 0, band.tobytes())
        return pixmap

    def _paint(self):
        x, y, w, h = PAGES.get(self.mode, PAGES["scroll"])
        self.window.copy_area(self.gc, self.page, 0, self.row, w, h, x, y)
        self.x.flush()

    def _type(self):
        x, y, w, h = PAGES["scroll"]
        column, line = self.typed % (w // CELL[0]), self.typed // (w // CELL[0]) % (h // CELL[1])
        at = column * CELL[0], line * CELL[1]
        self.window.copy_area(self.gc, self.page, at[0], ROWS // 2 + at[1], *CELL, x + at[0], y + at[1])
        self.typed += 1
        self.x.flush()

    def _scroll(self):
        height = PAGES[self.mode][3]
        if not 0 <= self.row + STEP * self.way <= ROWS - height:
            self.way = -self.way
        self.row += STEP * self.way
        self._paint()

    def run(self):
        """Until `quit` or the end of the orders."""
        print("ready", flush=True)
        due = time.monotonic()
        while True:
            while self.x.pending_events():
                event = self.x.next_event()
                if event.type == X.KeyPress and self.mode == "type":
                    self._type()
                elif event.type == X.Expose and event.count == 0:
                    self._paint()
            wait = None
            if self.mode in PAGES:
                if time.monotonic() >= due:
                    self._scroll()
                    due = max(due + 1 / RATE, time.monotonic() - 0.1)
                wait = max(0.0, due - time.monotonic())
            ready, _, _ = select.select([sys.stdin, self.x], [], [], wait)
            if sys.stdin in ready and not self._order(sys.stdin.readline().strip()):
                return

    def _order(self, order):
        if order in {"", "quit"}:
            return False
        self.mode = order
        self.x.sync()
        print(order, flush=True)
        return True


if __name__ == "__main__":
    Desk(sys.argv[1]).run()

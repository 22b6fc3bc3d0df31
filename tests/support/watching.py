"""Waiting for what a desktop does: one event for `on_change`, conditions with a deadline."""

import asyncio
from pathlib import Path


class Watch:
    """Give `watch.changed` as `on_change`; then `await watch.until(lambda: ...)`."""

    def __init__(self):
        self._event = asyncio.Event()
        self.calls = 0

    def changed(self):
        self.calls += 1
        self._event.set()

    async def until(self, condition, seconds=10.0):
        """Look now, after every change, and ten times a second; the last value."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not (value := condition()) and loop.time() < end:
            try:
                await asyncio.wait_for(self._event.wait(), 0.1)
            except TimeoutError:
                continue
            self._event.clear()
        return value


def same(desktop, screen):
    """Whether the desktop's picture is the X server's framebuffer, bit for bit."""
    desktop.take_damage()
    shown = screen.grab()
    return desktop.frame.shape[:2] == shown.shape[:2] and bool((desktop.frame[:, :, :3] == shown).all())


def open_descriptors():
    """How many this process holds."""
    return len(list(Path("/proc/self/fd").iterdir()))


def running_threads():
    """How many this process runs, C's included."""
    return len(list(Path("/proc/self/task").iterdir()))

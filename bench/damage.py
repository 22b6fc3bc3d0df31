"""
Which level of DAMAGE reports the X11 source asks for: NonEmpty and fetching the region, or DeltaRectangles.

    python -m bench.damage

`answer`: from a small rectangle drawn to its pixels in the frame, as a key is answered. Then two programs, taken thirty
times a second, as flow control does: `terminal` prints as fast as it can, `specks` draws small squares all over the
screen, one request each. In one run, each level in turns.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.support.displays import xvfb
from tests.support.screens import Screen
from tests.support.watching import Watch

from sudare.connector.worker.x11 import WatchedX11Desktop
from sudare.desktop.x11.client import Settings

ANSWERS, WORK_S, TURNS = 400, 4.0, 3
SPECKS = """
import random, sys
from Xlib import X, display
d = display.Display(sys.argv[1])
w = d.screen().root.create_window(0, 0, 1280, 800, 0, 24, override_redirect=True, background_pixel=0)
w.map()
gc = w.create_gc(foreground=0xFFFFFF)
while True:
    for _ in range(500):
        w.fill_rectangle(gc, random.randrange(1270), random.randrange(790), 6, 9)
    d.sync()
"""
LEVELS = {"NonEmpty": False, "DeltaRectangles": True}


def cpu_of(pid):
    """Seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def opened(display, deltas, watch):
    desktop = WatchedX11Desktop(display.line().detach(), Settings(None, "us", deltas))
    desktop.watch(watch.changed)
    assert await watch.until(lambda: desktop.take_damage().rects)
    return desktop


async def answer(deltas):
    """Milliseconds from drawing to pixels, median and 95th."""
    took, watch = [], Watch()
    with xvfb(size=(1280, 800)) as display, Screen(display.name) as screen:
        desktop = await opened(display, deltas, watch)
        for number in range(ANSWERS):
            began = time.perf_counter()
            screen.gc.change(foreground=number + 1)
            screen.window.fill_rectangle(screen.gc, 40 + number % 7 * 60, 300, 9, 18)
            screen.x.flush()
            assert await watch.until(lambda: desktop.take_damage().rects)
            took.append((time.perf_counter() - began) * 1000)
        desktop.close()
    took.sort()
    return statistics.median(took), took[len(took) * 95 // 100]


def program(name, display):
    terminal = ["xterm", "-geometry", "140x50+0+0", "-e", "while :; do ls -lR /usr/share; done"]
    command = terminal if name == "terminal" else [sys.executable, "-c", SPECKS, display]
    return subprocess.Popen(command, env={**os.environ, "DISPLAY": display}, stderr=subprocess.DEVNULL)


async def work(deltas, name):
    """What it costs while a program draws."""
    watch = Watch()
    with xvfb(size=(1280, 800)) as display:
        desktop = await opened(display, deltas, watch)
        drawing = program(name, display.name)
        try:
            assert await watch.until(lambda: len(desktop.take_damage().rects) > 0)
            await asyncio.sleep(1)
            ours, theirs, rounds = time.process_time(), cpu_of(display.process.pid), desktop.rounds
            began, pixels = time.perf_counter(), 0
            while time.perf_counter() - began < WORK_S:
                pixels += sum(r.w * r.h for r in desktop.take_damage().rects)
                await asyncio.sleep(1 / 30)
            took = time.perf_counter() - began
            ours, theirs = time.process_time() - ours, cpu_of(display.process.pid) - theirs
            rounds = desktop.rounds - rounds
        finally:
            drawing.kill()
            drawing.wait()
        desktop.close()
    return (
        f"{name}: {ours / took * 100:.1f} % of a core, server {theirs / took * 100:.0f} %, "
        f"{rounds / took:.0f} rounds/s, {pixels / took / 1e6:.1f} Mpx/s"
    )


async def main():
    for turn in range(TURNS):
        for name, deltas in LEVELS.items():
            median, late = await answer(deltas)
            costs = [await work(deltas, program) for program in ("terminal", "specks")]
            print(turn, name, f"answer: p50 {median:.2f} p95 {late:.2f} ms", *costs, sep=" | ")


if __name__ == "__main__":
    asyncio.run(main())

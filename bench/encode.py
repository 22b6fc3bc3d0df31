"""
What the encoder makes of office work: `python -m bench.encode` prints the tables of docs/decisions/0001 and 0006.

Bytes are whole UPDATE records, header included; CPU is this process's, encoding only; every run ends pixel-exact.
"""

import time
from statistics import mean

import numpy as np

from bench import pictures
from sudare.pixels.encoder import Encoder
from sudare.pixels.ops import Caps
from sudare.pixels.tiles import NATIVE

LIMIT = 8_000
HEADER = 15
AREA = (310, 120, 1300, pictures.H - 160)  # the paper of the document


class Run:
    """One session; measures each update separately."""

    def __init__(self, level, window_log, tiles):
        self.encoder = Encoder(pictures.W, pictures.H, caps=Caps(tiles), level=level, window_log=window_log)
        self.figures = {}
        self.now = 0.0

    def update(self, name, frame, rects, copies=()):
        self.encoder.note(rects, copies)
        self.now += 1
        start, size = time.process_time(), 0
        while (unit := self.encoder.encode(frame, limit=LIMIT, now=self.now)) is not None:
            size += len(unit.body) + HEADER
        self.figures.setdefault(name, []).append((size, (time.process_time() - start) * 1000))
        assert np.array_equal(self.encoder._shadow[:, :, :3], frame[:, :, :3])  # noqa: SLF001


def typing(run, writer, frame):
    """A word is composed key by key over a candidate list, then committed."""
    x, y = 360, 140 + 20 * pictures.LINE
    frame[y - 2 : y + 24, 350:1600, :3] = 255
    run.update("prepare", frame, [(350, y - 2, 1250, 26)])
    for _ in range(10):
        word = writer.words(4)
        behind = frame[y + 26 : y + 206, x : x + 180].copy()
        for i in range(4):
            writer.draw(frame, x + i * 16, y, word[i])
            frame[y + 22, x : x + (i + 1) * 16, :3] = 0
            rects = [(x, y, 80, 24)]
            if i == 2:
                frame[y + 26 : y + 206, x : x + 180, :3] = 245
                for row in range(7):
                    writer.draw(frame, x + 8, y + 30 + row * 24, writer.words(5))
                rects.append((x, y + 26, 180, 180))
            run.update("typing", frame, rects)
        frame[y + 22, x : x + 64, :3] = 255
        frame[y + 26 : y + 206, x : x + 180] = behind
        run.update("typing", frame, [(x, y, 80, 24), (x, y + 26, 180, 180)])
        x += 64


def scrolling(run, writer, frame, *, hint):
    """Three lines a step over lines never seen before."""
    x, y, w, h = AREA
    step = 3 * pictures.LINE
    name = "scroll, hint" if hint else "scroll, no hint"
    for _ in range(20):
        frame[y : y + h - step, x : x + w] = frame[y + step : y + h, x : x + w].copy()
        frame[y + h - step : y + h, x : x + w, :3] = 255
        for i in range(3):
            writer.draw(frame, 360, y + h - step + i * pictures.LINE, writer.words(72))
        if hint:
            run.update(name, frame, [(x, y + h - step, w, step)], [(x, y + step, w, h - step, x, y)])
        else:
            run.update(name, frame, [AREA])


def play(level, window_log, tiles, scenes):
    run, writer = Run(level, window_log, tiles), pictures.Writer()
    whole = [(0, 0, pictures.W, pictures.H)]
    document, sheet, mail = scenes
    run.update("first view", document, whole)
    frame = document.copy()
    typing(run, writer, frame)
    scrolling(run, writer, frame, hint=True)
    run.update("switch, first", sheet, whole)
    run.update("switch, first", mail, whole)
    run.update("switch, back", sheet, whole)
    run.update("switch, back", frame, whole)
    scrolling(run, writer, frame, hint=False)
    return run.figures


def main():
    writer = pictures.Writer(1)
    scenes = [pictures.document(writer), pictures.sheet(writer), pictures.mail(writer)]
    names = ["first view", "typing", "scroll, hint", "scroll, no hint", "switch, first", "switch, back"]
    print(f"C extension: {NATIVE}; KB and CPU ms per update, mean")
    print("| level, window, tiles | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    seen = {}
    for level, window_log, tiles in ((3, 21, 0), (3, 21, 4096), (3, 23, 0), (1, 21, 0), (6, 21, 0)):
        figures = seen[level, window_log, tiles] = play(level, window_log, tiles, scenes)
        cells = [f"{mean(s for s, _ in figures[n]) / 1024:.2f} / {mean(t for _, t in figures[n]):.1f}" for n in names]
        print(f"| {level}, 2^{window_log}, {tiles} | " + " | ".join(cells) + " |")
    size = {key: {n: mean(s for s, _ in found[n]) for n in names} for key, found in seen.items()}
    plain, cached = size[3, 21, 0], size[3, 21, 4096]
    assert cached["switch, back"] <= min(5 * 1024, plain["switch, back"] / 100)
    assert cached["typing"] <= 0.75 * plain["typing"]
    assert all(cached[n] <= 1.02 * plain[n] for n in names)


if __name__ == "__main__":
    main()

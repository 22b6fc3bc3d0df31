"""
What the encoder makes of office work: `python -m bench.encode` prints the tables of docs/decisions/0001, 0006 and 0008.

Bytes are whole UPDATE records, header included; CPU is this process's, encoding and marking only; every run ends
pixel-exact.
"""

import time
from statistics import mean

import numpy as np

from bench import pictures
from sudare.connector.watermark import drawn
from sudare.pixels.encoder import Encoder
from sudare.pixels.mark import Marked
from sudare.pixels.ops import Caps
from sudare.pixels.tiles import NATIVE
from sudare.wire.ticket.codec import Ticket

LIMIT = 8_000
HEADER = 15
TICKET = Ticket(kid="", jti="", iat=1_785_312_000, exp=1_785_312_060, con="c1", tgt="pc", knd="screen", ten="t1",
                per="p1", acc="yamada", nam="山田 花子", dev="", ses="s1", rgt={"watermark": True}, cnf="")  # fmt: skip
AREA = (310, 120, 1300, pictures.H - 160)  # the paper of the document


class Run:
    """One session; measures each update separately."""

    def __init__(self, level, window_log, tiles, mark):
        self.encoder = Encoder(pictures.W, pictures.H, caps=Caps(tiles), level=level, window_log=window_log)
        self.stage = Marked(mark, pictures.W, pictures.H) if mark else None
        self.figures = {}
        self.now = 0.0

    def update(self, name, frame, rects, copies=()):
        self.now += 1
        start, size = time.process_time(), 0
        if self.stage is not None:
            look = self.stage.look(frame, rects, copies)
            frame, rects, copies = self.stage.frame, look.boxes, look.moves
        self.encoder.note(rects, copies)
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


def play(level, window_log, tiles, mark, scenes):
    run, writer = Run(level, window_log, tiles, mark), pictures.Writer()
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


def readable(frame, mark):
    """Bytes until a picture never seen before is there in ramp pixels."""
    encoder = Encoder(pictures.W, pictures.H, caps=Caps(ramp=True), marked=mark is not None)
    if mark is not None:
        stage = Marked(mark, pictures.W, pictures.H)
        stage.look(frame, [(0, 0, pictures.W, pictures.H)], [])
        frame = stage.frame
    size = 0
    while (unit := encoder.encode(frame, limit=LIMIT, now=1.0, crisp=0)) is not None:
        size += len(unit.body) + HEADER
        if unit.last:
            return size
    raise AssertionError


def main():
    writer = pictures.Writer(1)
    scenes = [pictures.document(writer), pictures.sheet(writer), pictures.mail(writer)]
    names = ["first view", "typing", "scroll, hint", "scroll, no hint", "switch, first", "switch, back"]
    print(f"C extension: {NATIVE}; KB and CPU ms per update, mean")
    mark = drawn(TICKET)
    print("| level, window, tiles | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    seen = {}
    rows = [(3, 21, 0), (3, 21, 4096), (3, 23, 0), (1, 21, 0), (6, 21, 0), (3, 21, 0, mark), (3, 21, 4096, mark)]
    for level, window_log, tiles, *marked in rows:
        figures = play(level, window_log, tiles, *(marked or [None]), scenes)
        seen[level, window_log, tiles, bool(marked)] = figures
        cells = [f"{mean(s for s, _ in figures[n]) / 1024:.2f} / {mean(t for _, t in figures[n]):.1f}" for n in names]
        print(f"| {level}, 2^{window_log}, {tiles}{', marked' * bool(marked)} | " + " | ".join(cells) + " |")
    print("\n| readable first, KB | document | sheet | mail |")
    print("|---" * 4 + "|")
    first = [[readable(scene, one) for scene in scenes] for one in (None, mark)]
    for name, found in zip(("plain", "marked"), first, strict=True):
        print(f"| {name} | " + " | ".join(f"{one / 1024:.1f}" for one in found) + " |")
    assert all(b <= 1.5 * a for a, b in zip(*first, strict=True))
    size = {key: {n: mean(s for s, _ in found[n]) for n in names} for key, found in seen.items()}
    plain, cached, marked = size[3, 21, 0, False], size[3, 21, 4096, False], size[3, 21, 4096, True]
    assert cached["switch, back"] <= min(5 * 1024, plain["switch, back"] / 100)
    assert cached["typing"] <= 0.75 * plain["typing"]
    assert all(cached[n] <= 1.02 * plain[n] for n in names)
    assert all(marked[n] <= 1.5 * cached[n] for n in ("scroll, hint", "scroll, no hint"))
    assert marked["typing"] <= 2.2 * 1024
    assert marked["switch, back"] <= 5 * 1024


if __name__ == "__main__":
    main()

"""
What recording a session costs: `python -m bench.recording` prints the table of docs/decisions/0007.

A minute of each kind of work at the recorder's own pace of five pictures a second, 1920x1080. CPU is this process's:
copying the damage, encoding, sealing. Bytes are sealed segments, snapshot included; what is sealed plays to the pixel.
"""

import resource
import secrets
import time

import numpy as np

from bench import pictures
from sudare.connector.worker.recorder import Noted, Pace, Reel
from sudare.pixels.decoder import Client
from sudare.pixels.tiles import NATIVE
from sudare.wire.recording.segment import unseal
from sudare.wire.screen import records as r

SECONDS = 60
PACE = 5
KEY = secrets.token_bytes(32)
PAPER = (310, 120, 1300, pictures.H - 160)


class Minute:
    """One recording, fed at its pace."""

    def __init__(self, frame):
        self.frame, self.reel, self.pace, self.rects = frame, Reel("0", KEY), Pace(0.0), []
        self.at_ms, self.cpu, self.slowest, self.sealed = 0, 0.0, 0.0, []
        self.pictures = 0
        self.picture([(0, 0, pictures.W, pictures.H)])
        self.first = self.reel.made

    def picture(self, rects):
        self.rects += rects
        if self.at_ms / 1000 + 0.01 >= self.pace.next_at:  # the pace is the beat of this bench
            self.take()
        self.at_ms += 1000 // PACE

    def take(self):
        start, rects, self.rects = time.process_time(), self.rects, []
        self.reel.copy(self.frame, rects, whole=not self.at_ms)
        self.sealed += self.reel.picture(self.at_ms, Noted(whole=not self.at_ms, rects=rects))
        took = time.process_time() - start
        self.cpu += took
        self.slowest = max(self.slowest, took)
        self.pictures += 1
        self.pace.taken(self.at_ms / 1000)
        self.pace.made(self.at_ms / 1000, took, self.reel.made)

    def end(self):
        if self.rects:
            self.take()
        self.sealed += self.reel.cut()
        client = Client()
        for body in self.sealed:
            for entry in unseal(body, KEY, "0"):
                (record,) = r.decode(entry.record)
                if isinstance(record.body, r.Resize):
                    client.reset()
                    client.resize(record.body.w, record.body.h)
                else:
                    client.update(record.body.body)
        assert np.array_equal(client.frame[:, :, :3], self.frame[:, :, :3])


def idle(minute, _):
    """A caret that blinks once a second."""
    for tick in range(SECONDS * PACE - 1):
        if tick % PACE:
            minute.at_ms += 1000 // PACE
            continue
        minute.frame[400:420, 700:702, :3] ^= 255
        minute.picture([(700, 400, 2, 20)])


def rest(minute, _):
    """Nothing at all."""
    minute.at_ms = SECONDS * 1000


def typing(minute, writer):
    """Five characters a second, over and over a page of lines."""
    for tick in range(SECONDS * PACE - 1):
        x, y = 360 + tick % 70 * 16, 140 + tick // 70 * pictures.LINE
        writer.draw(minute.frame, x, y, writer.words(1))
        minute.picture([(x, y, 24, 24)])


def scrolling(minute, writer):
    """Three lines a picture, always new ones; the source does not say that it scrolled."""
    x, y, w, h = PAPER
    step = 3 * pictures.LINE
    for _ in range(SECONDS * PACE - 1):
        paper = minute.frame[y : y + h, x : x + w]
        paper[: h - step] = paper[step:].copy()
        paper[h - step :, :, :3] = 255
        for line in range(3):
            writer.draw(minute.frame, 360, y + h - step + line * pictures.LINE, writer.words(72))
        minute.picture([PAPER])


def switching(minute, writer):
    """Another window every three seconds, three of them in turn."""
    scenes = [pictures.document(writer), pictures.sheet(writer), pictures.mail(writer)]
    for tick in range(SECONDS * PACE - 1):
        if tick % (3 * PACE):
            minute.at_ms += 1000 // PACE
            continue
        minute.frame[:] = scenes[tick // (3 * PACE) % 3]
        minute.picture([(0, 0, pictures.W, pictures.H)])


def video(minute, _):
    """A video of 640x360 in a page, every pixel another in every picture, as a camera's noise makes it."""
    rng = np.random.default_rng(3)
    ramp = np.add.outer(np.arange(360), np.arange(640))
    for tick in range(SECONDS * PACE - 1):
        base = (np.sin((ramp + tick * 12) / 60) * 90 + 120)[:, :, None]
        minute.frame[300:660, 500:1140, :3] = np.clip(base + rng.normal(0, 3, (360, 640, 3)), 0, 255)
        minute.picture([(500, 300, 640, 360)])


def main():
    print(f"C extension: {NATIVE}")
    print("| a minute of | KB | MB an hour | pictures | CPU ms | % of a core | slowest picture ms | segments |")
    print("|---" * 8 + "|")
    for work in (rest, idle, typing, scrolling, switching, video):
        writer = pictures.Writer(1)
        minute = Minute(pictures.document(writer).copy())
        work(minute, writer)
        minute.end()
        size = sum(map(len, minute.sealed))
        hour = size if minute.pictures == 1 else size * 60  # at rest nothing follows the first picture
        share = minute.cpu / SECONDS * 100
        print(
            f"| {work.__name__} | {size / 1024:.0f} | {hour / 2**20:.1f} | {minute.pictures} |"
            f" {minute.cpu * 1000:.0f} | {share:.1f} | {minute.slowest * 1000:.0f} | {len(minute.sealed)} |",
            flush=True,
        )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    many = [Minute(pictures.document(pictures.Writer(1)).copy()) for _ in range(8)]
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / len(many)
    beside = grown / 1024 - pictures.W * pictures.H * 4 / 2**20
    print(f"\nmemory of one recording: {beside:.0f} MiB beside the source's own picture")


if __name__ == "__main__":
    main()

"""
Windows seen for the first time, and again, on a line in virtual time; `python -m bench.flow` prints it.

The real encoder, the flow machine and the reference client with a first-in-first-out line between them; a record counts
with its header, seal and frame. The clock starts when the office PC has drawn, so half a round trip is in every figure;
time for encoding and decoding is not. The line is known: another window was shown on it before.
"""

from dataclasses import dataclass

import numpy as np
from tests.pixels.pictures import photograph
from tests.wire.screen.link import Link

from bench import pictures
from sudare.pixels.decoder import UPDATE, Client
from sudare.pixels.encoder import Encoder
from sudare.pixels.ops import Caps
from sudare.wire.screen.flow import Flow

OVERHEAD = 15 + 16 + 4  # header, seal, WebSocket frame
OLD, NEW = Caps(), Caps(tiles=4096, ramp=True, jpeg=True)
PHOTO = np.s_[300:840, 700:1660, :3]
LINES = ((1_000, 150), (2_000, 150), (10_000, 40), (50_000, 20))
NAMES = ("opening", "sheet", "mail", "back")


@dataclass
class Sight:
    """One change: when it was readable all over, when exact, and its bytes until then."""

    readable_s: float = 0.0
    readable_db: float = 0.0  # PSNR of the photograph then
    exact_s: float = 0.0
    readable_bytes: int = 0
    exact_bytes: int = 0


class Session:
    """Worker and browser; at most one change under way."""

    def __init__(self, kbit, rtt_ms, caps):
        self.link = Link(kbit * 125, rtt_ms / 1000)
        self.flow = Flow(0.0)
        self.encoder = Encoder(pictures.W, pictures.H, caps=caps)
        self.client = Client(caps.tiles)
        self.client.resize(pictures.W, pictures.H)
        self.seq = self.size = 0

    def show(self, frame):
        """Draw a window and wait until all is at rest."""
        self.frame, self.began, self.size = frame, self.link.now, 0
        self.sight = Sight()
        self.encoder.note([(0, 0, pictures.W, pictures.H)])
        self.pump()
        self.link.run(self.began + 60)
        assert np.array_equal(self.client.frame[:, :, :3], frame[:, :, :3])
        self.link.now = self.began + 60
        return self.sight

    def pump(self):
        now = self.link.now
        while self.encoder.pending(now) and self.flow.may_send(now):
            unit = self.encoder.encode(
                self.frame, limit=self.flow.unit_limit(now), now=now, crisp=self.flow.crisp_limit()
            )
            if unit is None:
                break
            self.seq += 1
            size = len(unit.body) + OVERHEAD
            self.size += size
            self.flow.sent(self.seq, size, now)
            self.link.carry(size, lambda seq=self.seq, unit=unit, total=self.size: self.arrived(seq, unit, total))

        if not self.encoder.pending(now):
            self.flow.ran_out(now)

    def arrived(self, seq, unit, total):
        self.client.apply(UPDATE, 0, unit.body)
        since, sight = self.link.now - self.began, self.sight
        if unit.last and not sight.readable_s:
            sight.readable_s, sight.readable_bytes, sight.readable_db = since, total, self.psnr()
        sight.exact_s, sight.exact_bytes = since, total
        self.link.at(self.link.now + self.link.rtt / 2, lambda: self.acked(seq))

    def psnr(self):
        off = self.client.frame[PHOTO].astype(np.float32) - self.frame[PHOTO]
        return float(10 * np.log10(255**2 / max(1e-9, (off**2).mean())))

    def acked(self, seq):
        self.flow.acked(seq, 0, self.link.now)
        self.pump()


def played(kbit, rtt_ms, caps, scenes):
    """First view, first sight of two more windows, back to the first."""
    session = Session(kbit, rtt_ms, caps)
    return dict(zip(NAMES, [session.show(scenes[i]) for i in (0, 1, 2, 0)], strict=True))


def album(writer):
    """A window with a photograph over a quarter of the screen."""
    frame = pictures.mail(writer)
    frame[PHOTO] = photograph(960, 540)[:, :, :3]
    return frame


def photographs(scene, kbit, rtt_ms):
    """The same with and without images."""
    out = []
    for caps in (NEW, Caps(tiles=4096, ramp=True), OLD):
        session = Session(kbit, rtt_ms, caps)
        blank = np.zeros_like(scene)
        session.show(blank)
        out.append(session.show(scene))
    return out


def main():
    writer = pictures.Writer(1)
    scenes = [pictures.document(writer), pictures.sheet(writer), pictures.mail(writer)]
    print("| line | window | exact only: s, KB | readable s, KB | exact s, KB |")
    print("|---|---|---|---|---|")
    for kbit, rtt_ms in LINES:
        before, now = (played(kbit, rtt_ms, caps, scenes) for caps in (OLD, NEW))
        for name in NAMES:
            new = now[name]
            cells = [
                f"{seconds:.2f}, {size / 1024:.0f}"
                for seconds, size in (
                    (before[name].exact_s, before[name].exact_bytes),
                    (new.readable_s, new.readable_bytes),
                    (new.exact_s, new.exact_bytes),
                )
            ]
            print(f"| {kbit} kbit/s, {rtt_ms} ms | {name} | {' | '.join(cells)} |")
        judge(kbit, before, now)
    print()
    print("| line | a photograph in a window | readable s, KB, dB | exact s, KB |")
    print("|---|---|---|---|")
    scene = album(writer)
    for kbit, rtt_ms in LINES[1:3]:
        sights = photographs(scene, kbit, rtt_ms)
        for name, sight in zip(("image, exact", "ramp, exact", "exact"), sights, strict=True):
            readable = f"{sight.readable_s:.2f}, {sight.readable_bytes / 1024:.0f}, {min(99, sight.readable_db):.0f}"
            print(
                f"| {kbit} kbit/s, {rtt_ms} ms | {name} | {readable} | "
                f"{sight.exact_s:.2f}, {sight.exact_bytes / 1024:.0f} |"
            )
        assert sights[0].readable_db >= sights[1].readable_db + 3
        assert sights[0].readable_s <= 0.5 * sights[2].exact_s


def judge(kbit, before, now):
    """What the decision page promises."""
    for name in ("sheet", "mail"):
        if kbit <= 2_000:
            assert now[name].readable_s <= 0.5 * before[name].exact_s
            assert now[name].exact_s <= 1.5 * before[name].exact_s
        if kbit == 2_000:
            assert now[name].readable_s <= 0.61
            assert now[name].exact_s <= 2.2
    assert before["back"].exact_bytes >= 50 * now["back"].exact_bytes


if __name__ == "__main__":
    main()

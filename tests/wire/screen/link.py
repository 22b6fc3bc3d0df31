"""
A line in virtual time: first in, first out, a given rate and round trip, a queue as deep as it gets.

The load is a moving picture that wants more than the line carries, and a key every 200 ms whose echo is 1,200 bytes.
"""

import heapq
import itertools
import math
from dataclasses import dataclass, field

from sudare.wire.screen.flow import Flow

FRAME_BYTES, FRAMES_S, ECHO_BYTES, KEY_EVERY_S = 12_000, 30, 1_200, 0.2


@dataclass
class Link:
    """Events in order of time, and the wire between."""

    rate: float  # bytes/s
    rtt: float
    shows_every_s: float = 0.0  # the client shows what arrived, and acknowledges it, only so often
    now: float = 0.0
    free_at: float = 0.0
    events: list = field(default_factory=list)
    ids: itertools.count = field(default_factory=itertools.count)

    def at(self, when, call):
        heapq.heappush(self.events, (when, next(self.ids), call))

    def carry(self, size, arrived):
        self.free_at = max(self.free_at, self.now) + size / self.rate
        at = self.free_at + self.rtt / 2
        self.at(math.ceil(at / self.shows_every_s) * self.shows_every_s if self.shows_every_s else at, arrived)

    def run(self, until):
        while self.events and self.events[0][0] <= until:
            self.now, _, call = heapq.heappop(self.events)
            call()


class Worker:
    """What both policies share: keys come in, pictures come up, echoes are timed."""

    frame_bytes = FRAME_BYTES

    def __init__(self, link):
        self.link = link
        self.keys = []
        self.echo_s = []
        self.frames = 0
        self.seq = 0
        self.wake = lambda: None

    def load(self, seconds):
        for i in range(int((seconds - 2) / KEY_EVERY_S)):
            pressed = 1 + i * KEY_EVERY_S
            self.link.at(pressed + self.link.rtt / 2, lambda pressed=pressed: self.key(pressed))
        for i in range(int(seconds * FRAMES_S)):
            self.link.at(i / FRAMES_S, self.frame)

    def key(self, pressed):
        self.keys.append(pressed)
        self.wake()

    def shown(self, pressed):
        self.echo_s += [self.link.now - key for key in pressed]

    def send(self, size, pressed, *, ends_frame=False):
        self.seq += 1
        self.link.carry(size, lambda seq=self.seq: self.arrived(seq, pressed, ends_frame))

    def arrived(self, seq, pressed, ends_frame):
        self.shown(pressed)
        self.frames += ends_frame
        self.link.at(self.link.now + self.link.rtt / 2, lambda: self.acked(seq))


class Push(Worker):
    """Every picture is sent as it comes; a gate closes at 2 s of unacknowledged pictures."""

    last_ack = 0

    def frame(self):
        if self.seq - self.last_ack > 2 * FRAMES_S:
            return
        keys, self.keys = self.keys, []
        self.send(self.frame_bytes + ECHO_BYTES * len(keys), keys, ends_frame=True)

    def acked(self, seq):
        self.last_ack = seq


class Ours(Worker):
    """The flow machine in charge."""

    def __init__(self, link):
        super().__init__(link)
        self.flow = Flow(0.0)
        self.rest = 0
        self.fresh = False
        self.most_in_flight = 0
        self.wake = self.pump

    def frame(self):
        self.fresh = True
        self.pump()

    def acked(self, seq):
        self.flow.acked(seq, 0, self.link.now)
        self.pump()

    def pump(self):
        now = self.link.now
        while True:
            if self.keys and self.flow.may_send_express(ECHO_BYTES, now):
                keys, self.keys = self.keys, []
                self.put(ECHO_BYTES * len(keys), keys)
            elif self.flow.may_send(now) and (self.rest or self.fresh):
                if not self.rest:
                    self.rest, self.fresh = self.frame_bytes, False
                size = min(self.rest, self.flow.unit_limit(now))
                self.rest -= size
                self.put(size, [], ends_frame=not self.rest)
            else:
                break
        if not (self.rest or self.fresh):
            self.flow.ran_out(now)

    def put(self, size, keys, *, ends_frame=False):
        self.send(size, keys, ends_frame=ends_frame)
        self.flow.sent(self.seq, size, self.link.now)
        self.most_in_flight = max(self.most_in_flight, self.flow.in_flight)


def played(policy, *, kbit, rtt_ms, seconds=20, shows_every_s=0.0, frame_bytes=FRAME_BYTES):
    """A worker of this policy after that many seconds on that line."""
    link = Link(kbit * 125, rtt_ms / 1000, shows_every_s)
    worker = policy(link)
    worker.frame_bytes = frame_bytes
    worker.load(seconds)
    link.run(seconds + 30)
    return worker


def quantile(values, share):
    return sorted(values)[int(share * (len(values) - 1))]

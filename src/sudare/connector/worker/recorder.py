"""
Records one session: pictures of the source at its own pace, sealed into segments (docs/wire/recording.md).

It has an encoder of its own, in a thread: what is recorded does not depend on the browser's line, and recording does
not make the browser wait. At most five pictures a second, a quarter of a core, and half a MiB a second in the long
run; a screen at rest costs nothing.
INVARIANT: a picture is taken between two looks at the source, whole: never half of one and half of the next.
INVARIANT: what was noted is taken with the next picture or the last; the newest state wins, nothing queues.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sudare.base.encoding import unb64
from sudare.connector.worker.job import Record
from sudare.desktop.source import Damage, Frame
from sudare.pixels.encoder import LIMIT_MAX, Encoder
from sudare.pixels.passes import MOVES_MAX
from sudare.wire.recording.segment import Entry, Span, seal
from sudare.wire.screen import records as r

PICTURE_S: Final = 0.2
REST: Final = 3  # after a picture that took t, at least 3 t of rest
BYTES_S: Final = 512 << 10  # in the long run: 1.8 GiB an hour, whatever moves
BURST: Final = 4 << 20  # what office work may write at once before that counts
SEGMENT_S: Final = 10.0
SNAPSHOT_MS: Final = 60_000
SEGMENT_BYTES: Final = 4 << 20
BACKLOG: Final = 16 << 20  # bytes the connector has not taken yet; above that no pictures are taken
RECTS_MAX: Final = 512
Box = tuple[int, int, int, int]
Move = tuple[int, int, int, int, int, int]


@dataclass(slots=True)
class Noted:
    """What changed since the last picture."""

    whole: bool = True
    rects: list[Box] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether anything did."""
        return self.whole or bool(self.rects) or bool(self.moves)


@dataclass(slots=True)
class Pace:
    """When the next picture may be taken; seconds."""

    next_at: float
    _owed: float = 0.0  # bytes written and not yet waited for
    _at: float = 0.0

    def taken(self, now: float) -> None:
        """A picture is being made."""
        self.next_at = now + PICTURE_S

    def made(self, now: float, took_s: float, size: int) -> None:
        """It is made: it took so long, and so many bytes."""
        self._owed = max(0.0, self._owed - (now - self._at) * BYTES_S) + size
        self._at = now
        self.next_at = max(self.next_at, now + REST * took_s, now + (self._owed - BURST) / BYTES_S)


@dataclass(slots=True)
class _Open:
    """The segment that is not yet finished."""

    start_ms: int
    snapshot: bool
    entries: list[Entry] = field(default_factory=list)
    size: int = 0


class Recorder:
    """One recording. `wake()` asks the loop to look at the source; the loop answers with `saw`."""

    def __init__(
        self, order: Record, writer: asyncio.StreamWriter, *, now: Callable[[], float], wake: Callable[[], None]
    ) -> None:
        self._reel = Reel(order.id, unb64(order.key))
        self._writer = writer
        writer.transport.set_write_buffer_limits(high=BACKLOG, low=BACKLOG // 2)
        self._now = now
        self._wake = wake
        self._began = now()
        self._noted = Noted()
        self._taken: tuple[int, Noted] | None = None
        self._busy = False
        self._pace = Pace(self._began)
        self._over = False
        self._seen: Frame | None = None
        self._rest: Frame | None = None  # a last picture, when the session or its size ended while one was being made
        self._news = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def saw(self, frame: Frame, damage: Damage) -> None:
        """The loop took what changed; when it is time, this is the next picture."""
        if damage.resized and self._seen is not None and self._seen.shape != frame.shape:
            self._last(self._seen)  # the source has another array now: this one stays as it stood
        self._seen = frame
        noted = self._noted
        noted.whole |= damage.resized or len(noted.rects) + len(damage.rects) > RECTS_MAX
        if not noted.whole:
            noted.rects += [(c.x, c.y, c.w, c.h) for c in damage.rects]
            noted.rects += [(c.dx, c.dy, c.w, c.h) for c in damage.copies]
            noted.moves += [(c.sx, c.sy, c.w, c.h, c.dx, c.dy) for c in damage.copies]
        if noted and not self._busy and not self._over and frame.size:
            if self._now() >= self._pace.next_at:
                self._take(frame)
            else:
                self._later()

    def end(self, frame: Frame | None) -> None:
        """The session is over; what is still to be seen is the last picture."""
        if self._over:
            return
        self._over = True
        self._seen = None
        if frame is not None:
            self._last(frame.copy() if self._busy else frame)
        if self._timer is not None:
            self._timer.cancel()
        self._news.set()

    async def run(self) -> None:
        """Until the end. Raises OSError when the connector does not take it."""
        while not (self._over and self._taken is None):
            await self._until_news()
            taken, self._taken = self._taken, None
            if taken is not None:
                began = self._now()
                sealed = await asyncio.to_thread(self._reel.picture, *taken)
                self._pace.made(self._now(), self._now() - began, self._reel.made)
                await self._hand_over(sealed)
                self._busy = False
                self._go_on()
            elif self._reel.due(self._ms()):
                await self._hand_over(self._reel.cut())
        self._writer.transport.set_write_buffer_limits(high=0)  # nothing may be left here when we are gone
        await self._hand_over([*self._reel.cut(), b""])

    def _go_on(self) -> None:
        """A picture is made: the loop may show the next, or the last one waits."""
        rest, self._rest = self._rest, None
        if rest is not None:
            self._take(rest)
            self._noted.whole = not self._over  # what came after it is another picture
        elif not self._over:
            self._wake()

    async def _until_news(self) -> None:
        deadline = self._reel.deadline_ms
        wait_s = None if deadline is None else max(0.0, (deadline - self._ms()) / 1000)
        try:
            async with asyncio.timeout(wait_s):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()

    def _last(self, frame: Frame) -> None:
        """A picture after which nothing like it comes: it is taken whatever the pace."""
        if not self._noted or not frame.size:
            return
        if self._busy:
            self._rest = frame
        else:
            self._take(frame)

    def _take(self, frame: Frame) -> None:
        noted, self._noted = self._noted, Noted(whole=False)
        if len(noted.moves) > MOVES_MAX:
            noted.moves.clear()
        if not self._reel.copy(frame, noted.rects, whole=noted.whole):
            noted.whole = True
        self._busy = True
        self._pace.taken(self._now())
        self._taken = self._ms(), noted
        self._news.set()

    def _later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(
                max(0.001, self._pace.next_at - self._now()), self._again
            )

    def _again(self) -> None:
        self._timer = None
        self._wake()

    def _ms(self) -> int:
        return int((self._now() - self._began) * 1000)

    async def _hand_over(self, sealed: list[bytes]) -> None:
        for segment in sealed:
            self._writer.write(len(segment).to_bytes(4, "little") + segment)
        if sealed:
            await self._writer.drain()


class Reel:
    """Pictures to sealed segments. `copy` in the loop, `picture` in a thread; never both at once."""

    def __init__(self, recording: str, key: bytes) -> None:
        self._recording = recording
        self._key = key
        self._frame: Frame = np.zeros((0, 0, 4), np.uint8)
        self._encoder: Encoder | None = None
        self._open: _Open | None = None
        self._index = 0
        self._seq = 0
        self.made = 0  # bytes of the last picture's records
        self._epoch = 0
        self._snapshot_ms = 0
        self._size: tuple[int, ...] = ()

    @property
    def deadline_ms(self) -> int | None:
        """When the open segment has to be finished."""
        return None if self._open is None else self._open.start_ms + int(SEGMENT_S * 1000)

    def due(self, at_ms: int) -> bool:
        """Whether that is now."""
        return self.deadline_ms is not None and at_ms >= self.deadline_ms

    def copy(self, frame: Frame, rects: list[Box], *, whole: bool) -> bool:
        """Keep this picture; False when all of it had to be taken."""
        if whole or frame.shape != self._frame.shape:
            self._frame = frame.copy()
            return False
        for x, y, w, h in rects:
            self._frame[y : y + h, x : x + w] = frame[y : y + h, x : x + w]
        return True

    def picture(self, at_ms: int, noted: Noted) -> list[bytes]:
        """The kept picture as records of the open segment; the segments finished by it."""
        fresh = self._encoder is None or self._size != self._frame.shape
        snapshot = fresh or at_ms - self._snapshot_ms >= SNAPSHOT_MS
        made = [] if fresh else self._changes(noted)
        out = self.cut() if self.due(at_ms) or (snapshot and (fresh or made)) else []
        if snapshot and (fresh or made):
            made = self._everything()
            self._snapshot_ms = at_ms
        self.made = sum(map(len, made))
        for record in made:
            if self._open is None:
                self._open = _Open(at_ms, snapshot=snapshot and record is made[0])
            self._open.entries.append(Entry(at_ms, record))
            self._open.size += len(record)
            if self._open.size >= SEGMENT_BYTES:
                out += self.cut()
        return out

    def cut(self) -> list[bytes]:
        """Finish the open segment, if there is one."""
        done, self._open = self._open, None
        if done is None:
            return []
        self._index += 1
        span = Span(self._index, done.start_ms, done.entries[-1].at_ms, done.snapshot)
        return [seal(span, done.entries, self._key, self._recording)]

    def _changes(self, noted: Noted) -> list[bytes]:
        """What became different."""
        if self._encoder is None:
            return []
        if noted.whole:
            height, width = self._frame.shape[:2]
            self._encoder.note([(0, 0, width, height)])
        self._encoder.note(noted.rects, noted.moves)
        return self._updates(self._encoder)

    def _everything(self) -> list[bytes]:
        """From nothing: what playing can start with."""
        height, width = self._frame.shape[:2]
        # A new one rather than a reset one: it is bit-exact whatever it was told before, and the size may be another.
        self._encoder = Encoder(width, height)
        self._size = self._frame.shape
        self._epoch += 1
        return [self._record(r.Resize(width, height), r.Flag.RESET), *self._updates(self._encoder)]

    def _updates(self, encoder: Encoder) -> list[bytes]:
        out = []
        # A client that promised nothing: exact pixels only, no images and no memory of tiles.
        while (update := encoder.encode(self._frame, limit=LIMIT_MAX, now=0.0)) is not None:
            out.append(self._record(r.Update(update.body), r.Flag.LAST if update.last else r.NONE))
        return out

    def _record(self, body: r.Body, flags: r.Flag) -> bytes:
        self._seq += 1
        return r.encode(r.Record(body, self._seq, 0, self._epoch, 0, flags))

"""
What goes down to the browser: headers, sequence numbers, flow control, and the small records beside the pixels.

INVARIANT: encoded pixels are never queued: a unit is encoded at the moment it may be sent.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sudare.desktop.source import Cursor
from sudare.wire.screen import records as r
from sudare.wire.screen.flow import Flow

CURSORS_MAX: Final = 64
LINE_EVERY_S: Final = 1.0


@dataclass(slots=True)
class Lag:
    """Key to pixel: from an input's arrival to the acknowledgement of the first picture after it."""

    asked_at: float | None = None
    answer: int | None = None  # seq of that picture
    value_ms: int = 0

    def forget(self) -> None:
        """Whoever asked will not see the answer; the last value stands."""
        self.asked_at = self.answer = None

    def asked(self, now: float) -> None:
        """A key or click arrived."""
        if self.asked_at is None:
            self.asked_at, self.answer = now, None

    def painted(self, seq: int) -> None:
        """A picture left."""
        if self.asked_at is not None and self.answer is None:
            self.answer = seq

    def acked(self, seq: int, now: float) -> None:
        """It was shown."""
        if self.asked_at is not None and self.answer is not None and seq >= self.answer:
            self.value_ms = round((now - self.asked_at) * 1000)
            self.asked_at = self.answer = None


@dataclass(slots=True)
class Outbox:
    """The down direction of one session; survives its lines."""

    send: Callable[[bytes], None]
    flow: Flow
    lag: Lag = field(default_factory=Lag)
    in_seq: int = 0
    _seq: int = 0
    _epoch: int = 0
    _line_at: float = 0.0
    _reset: bool = True
    _cursors: dict[bytes, int] = field(default_factory=dict)

    def forget(self, now: float) -> None:
        """The client forgot everything, or is another one: the next record carries `reset`."""
        self.flow.forget(now)
        self.lag.forget()
        self._cursors.clear()
        self._reset = True

    def record(self, body: r.Body, now: float, *, flags: r.Flag = r.NONE) -> None:
        """Send one record at once."""
        self._seq += 1
        if self._reset:
            flags |= r.Flag.RESET
            self._reset = False
        data = self._encode(body, now, flags)
        if line := self._line(now):
            self._seq += 1
            data += self._encode(line, now, r.NONE)
        self.flow.sent(self._seq, len(data), now)
        self.send(data)

    def _encode(self, body: r.Body, now: float, flags: r.Flag) -> bytes:
        epoch, t_ms = self._epoch & 0xFFFF, int(now * 1000) & 0xFFFF
        return r.encode(r.Record(body, self._seq, self.in_seq, epoch, t_ms, flags))

    def update(self, body: bytes, now: float, *, flags: r.Flag) -> None:
        """Send one unit of pixels."""
        self.lag.painted(self._seq + 1)
        self.record(r.Update(body), now, flags=flags)

    def resize(self, w: int, h: int, now: float) -> None:
        """The framebuffer's new size."""
        self._epoch += 1
        self.record(r.Resize(w, h), now)

    def cursor(self, cursor: Cursor, now: float) -> None:
        """The pointer's image; one sent before goes as its number."""
        if cursor.rgba is None:
            self.record(r.CursorArrow(), now, flags=r.Flag.EXPRESS)
        elif not cursor.rgba:
            self.record(r.CursorHidden(), now, flags=r.Flag.EXPRESS)
        else:
            key = b"%d %d %d %d " % (cursor.hot_x, cursor.hot_y, cursor.w, cursor.h) + cursor.rgba
            known = self._cursors.get(key)
            if known is not None:
                self.record(r.CursorCached(known), now, flags=r.Flag.EXPRESS)
                return
            number = len(self._cursors)
            if number >= CURSORS_MAX:
                self._cursors.clear()
                number = 0
            self._cursors[key] = number
            image = r.CursorImage(number, cursor.hot_x, cursor.hot_y, cursor.w, cursor.h, cursor.rgba)
            self.record(image, now, flags=r.Flag.EXPRESS)

    def pong(self, n: int) -> None:
        """Answer a ping; needs no acknowledgement."""
        self.send(r.encode(r.Record(r.Pong(n))))

    def _line(self, now: float) -> r.Line | None:
        if now - self._line_at < LINE_EVERY_S or not self.flow.rtt_ms:
            return None
        self._line_at = now
        return r.Line(self.flow.rtt_ms, self.flow.btl_kbit, self.lag.value_ms)

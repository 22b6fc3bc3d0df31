"""
What goes down to the browser: headers, sequence numbers, flow control, and the small records beside the pixels.

INVARIANT: encoded pixels are never queued: a unit is encoded at the moment it may be sent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sudare.connector.worker.lagmeter import LagMeter
from sudare.desktop.source import Cursor
from sudare.wire.screen import records as r
from sudare.wire.screen.flow import Flow

CURSORS_MAX: Final = 64
LINE_EVERY_S: Final = 1.0
COARSE_S: Final = 10.0  # so long a picture that was readable first is worth a word


@dataclass(slots=True)
class Outbox:
    """The down direction of one session; survives its lines."""

    send: Callable[[bytes], None]
    flow: Flow
    lag: LagMeter = field(default_factory=LagMeter)
    in_seq: int = 0
    _seq: int = 0
    _epoch: int = 0
    _line_at: float = 0.0
    _lag_at: float = 0.0
    _keys: int = 0  # of the last word on lag
    _coarse_at: float = float("-inf")
    _reset: bool = True
    _cursors: dict[bytes, int] = field(default_factory=dict)

    def forget(self, now: float) -> None:
        """The client forgot everything, or is another one: the next record carries `reset`."""
        self.flow.forget(now)
        self.lag.forget()
        self._cursors.clear()
        self._keys = 0
        self._reset = True

    def record(self, body: r.Body, now: float, *, flags: r.Flag = r.NONE, beside: Sequence[r.Body] = ()) -> None:
        """Send one record at once; what stands `beside` it has no number of its own."""
        self._seq += 1
        if self._reset:
            flags |= r.Flag.RESET
            self._reset = False
        data = self._encode(body, now, flags)
        if line := self._line(now):
            self._seq += 1
            data += self._encode(line, now, r.NONE)
        # Numbered, they would be missed by a client that skips them: it acknowledges what it knows.
        data += r.encode_all([r.Record(one, in_seq=self.in_seq) for one in (*beside, *self._lags(now))])
        self.flow.sent(self._seq, len(data), now)
        self.send(data)

    def _encode(self, body: r.Body, now: float, flags: r.Flag) -> bytes:
        epoch, t_ms = self._epoch & 0xFFFF, int(now * 1000) & 0xFFFF
        return r.encode(r.Record(body, self._seq, self.in_seq, epoch, t_ms, flags))

    def update(self, body: bytes, now: float, *, flags: r.Flag) -> None:
        """Send one unit of pixels."""
        if flags & r.Flag.LOSSY:
            self._coarse_at = now
        answered = self.lag.left(self._seq + 1, now, express=bool(flags & r.Flag.EXPRESS))
        self.record(r.Update(body), now, flags=flags, beside=[] if answered is None else [r.Answer(answered)])

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

    def _lags(self, now: float) -> list[r.Lag]:
        """The last keys, when there are new ones among them."""
        keys = self.lag.lags.count
        if keys == self._keys or now - self._lag_at < LINE_EVERY_S or (recent := self.lag.lags.recent) is None:
            return []
        self._lag_at, self._keys = now, keys
        ms = recent.total, recent.device, recent.line, recent.gateway, recent.connector, recent.office
        return [r.Lag(recent.cause, now - self._coarse_at < COARSE_S, *ms)]

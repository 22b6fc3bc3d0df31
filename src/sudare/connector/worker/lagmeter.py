"""
Where the time between a key and its picture goes, as far as the worker sees it; docs/wire/screen.md, "Lag".

A key is asked, its first damage is seen, its answer leaves: those are lengths on this clock. The browser tells the
others (SHOWN), the connector what its own way and the gateway's takes (`way`); together they are a `Split`.

INVARIANT: a key is measured only when nothing before it is still to be answered: on a slow PC the first damage after it
would answer an earlier one. What came before counts as answered after one and a quarter times what the PC took last.
INVARIANT: one key is measured at a time, and `LEFT_MAX` answers wait for their SHOWN; memory is bounded.
INVARIANT: nothing of what was typed is kept; a key is its number.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sudare.pixels.ops import Box
from sudare.wire.screen import inputs as i
from sudare.wire.screen.lag import Figures, Lags, Split

GIVES_WAY_S: Final = 1.0
FORGOTTEN_S: Final = 10.0
MOVING, MOVING_S = 6, 0.5  # changes in so long: a video, a scroll
PROBE_S: Final = 0.01
_SURELY: Final = 1.25
_HARDLY_LESS: Final = 0.8  # a chance change looks like a quick PC: it is believed step by step
_CARET_PX: Final = 4_096
TOLD_EVERY_S: Final = 5.0
LEFT_MAX: Final = 32
_MODIFIERS: Final = {*range(0xFFE1, 0xFFEF), 0xFE03, 0xFF7F, 0xFF14}  # X11: Shift_L to Hyper_R, AltGr, the locks


@dataclass(slots=True)
class _Key:
    """One key on its way."""

    in_seq: int
    asked_at: float
    moving: bool  # the picture moved by itself when it came
    damaged_at: float | None = None
    where: Sequence[Box] = ()
    full_at: float | None = None  # since when there is no room for the answer
    shared: bool = False  # on the office's own line: the person's would have some
    full_s: float = 0.0
    shared_s: float = 0.0
    late_s: float = 0.0
    seq: int = 0  # of the answer
    left_at: float = 0.0


@dataclass(slots=True)
class LagMeter:
    """The keys of one session."""

    lags: Lags = field(default_factory=Lags)
    on_figures: Callable[[Figures], None] = lambda _: None
    value_ms: int = 0  # of the last key, from its arrival here to the acknowledgement of its answer
    way_ms: tuple[int, int] = (0, 0)  # what the gateway with its connection here, and the connector's own loop, take
    _key: _Key | None = None
    _left: dict[int, _Key] = field(default_factory=dict)
    _given_at: float = float("-inf")  # the last input that may change the picture
    _quiet_at: float = float("-inf")  # when everything before is answered
    _office_s: float = 0.0  # what the PC took last
    _changes: deque[float] = field(default_factory=lambda: deque(maxlen=MOVING))
    _by_itself: Sequence[Box] = ()  # what changed last without being asked, if it is small: a caret may blink there
    _answered: Sequence[Box] = ()  # where the last answer was, if it is small: the caret went there
    _told_at: float = float("-inf")
    _told: int = 0

    def forget(self) -> None:
        """Whoever asked will not see the answer; what was measured stands."""
        self._key = None
        self._left.clear()

    def asked(self, item: i.Input, now: float) -> bool:
        """An input was given to the PC; whether it is being measured from here on."""
        if isinstance(item, i.Key) and (not item.down or item.keysym in _MODIFIERS):
            return False
        before, self._given_at = self._given_at, now
        quiet = now >= self._quiet_at if self._key is None else now - before >= GIVES_WAY_S
        self._quiet_at = max(self._quiet_at, now + self._surely)
        if not quiet or not isinstance(item, i.Key | i.Text):
            return False
        moving = len(self._changes) == MOVING and now - self._changes[0] < MOVING_S
        self._key = _Key(item.in_seq, now, moving)
        return True

    @property
    def _surely(self) -> float:
        return min(GIVES_WAY_S, _SURELY * self._office_s)

    def probed(self, in_seq: int, late_s: float) -> None:
        """While this key waits the worker came that late to what it wanted to do: so late it saw the damage, too."""
        if self._key is not None and self._key.in_seq == in_seq and self._key.damaged_at is None:
            self._key.late_s = max(0.0, late_s)

    def damaged(self, now: float, where: Sequence[Box]) -> None:
        """The picture changed. Where it moves by itself, the last change before the answer left is what it answers."""
        self._changes.append(now)
        key = self._key
        if key is None:
            self._by_itself = _small(where)
        elif _within(where, (*self._by_itself, *self._answered)):
            return
        elif key.damaged_at is None or (key.moving and key.full_at is None):
            key.damaged_at, key.full_s, key.shared_s = now, 0.0, 0.0
            key.where = _small(where)

    def looks(self, now: float) -> None:
        """The worker looks what it may send."""
        key = self._key
        if key is not None and key.full_at is not None:
            waited, key.full_at = now - key.full_at, None
            if key.shared:
                key.shared_s += waited
            else:
                key.full_s += waited

    def looked(self, now: float, *, pending: bool, room: bool, shared: bool = False) -> None:
        """
        It sent what it could: whether something is left, and whether an answer still has `room`.

        `shared`: what is left waits for this session's share of the office's line.
        """
        key = self._key
        if key is None:
            return
        if not pending:
            key.damaged_at = None  # damage that changed nothing answers nothing
        elif key.damaged_at is not None and not (key.moving and room):
            key.full_at, key.shared = now, shared

    def left(self, seq: int, now: float, *, express: bool) -> int | None:
        """A picture leaves; the number of the key it answers, if it does."""
        key = self._key
        if key is None or key.damaged_at is None or (key.moving and not express):
            return None
        self._key = None
        self._answered = key.where
        self._office_s = max(key.damaged_at - key.asked_at, _HARDLY_LESS * self._office_s)
        self._quiet_at = now if self._given_at == key.asked_at else self._given_at + self._surely
        if now - key.asked_at > FORGOTTEN_S:
            return None
        key.seq, key.left_at = seq, now
        if len(self._left) >= LEFT_MAX:
            del self._left[next(iter(self._left))]
        self._left[key.in_seq] = key
        return key.in_seq

    def acked(self, seq: int, now: float) -> None:
        """Pictures up to this one were shown."""
        for key in self._left.values():
            if key.seq and key.seq <= seq:
                self.value_ms = round((now - key.asked_at) * 1000)
                key.seq = 0

    def shown(self, told: i.Shown, now: float, rtt_ms: int) -> None:
        """The browser's part; a number nobody asked about is nothing."""
        key = self._left.pop(told.in_seq, None)
        if key is None or key.damaged_at is None:
            return
        self.lags.add(_split(key, key.damaged_at, told, *self.way_ms), now, rtt_ms)
        if now - self._told_at >= TOLD_EVERY_S:
            self._told_at = now
            self.tell()

    def tell(self) -> None:
        """Report what was not reported yet."""
        if self.lags.count > self._told:
            self._told = self.lags.count
            self.on_figures(self.lags.figures)


def _small(where: Sequence[Box]) -> Sequence[Box]:
    return where if sum(w * h for _, _, w, h in where) <= _CARET_PX else ()


def _within(where: Sequence[Box], places: Sequence[Box]) -> bool:
    """Whether all of it, and there is some, lies in one of these places."""

    def inside(box: Box, place: Box) -> bool:
        (x, y, w, h), (px, py, pw, ph) = box, place
        return px <= x and py <= y and x + w <= px + pw and y + h <= py + ph

    return bool(where) and all(any(inside(box, place) for place in places) for box in where)


def _split(key: _Key, damaged_at: float, told: i.Shown, gateway_ms: int, connector_ms: int) -> Split:
    here = (key.left_at - key.asked_at) * 1000
    office = max(0.0, damaged_at - key.asked_at - key.late_s) * 1000
    full, shared = key.full_s * 1000, key.shared_s * 1000
    on_its_way = max(0.0, told.wait_ms - here)
    gateway = min(on_its_way, gateway_ms)
    pumped = min(on_its_way - gateway, connector_ms)
    return Split(
        device=told.out_ms + told.in_ms,
        line=on_its_way - gateway - pumped + full,
        gateway=gateway + shared,
        connector=max(0.0, here - office - full - shared) + pumped,
        office=office,
    )

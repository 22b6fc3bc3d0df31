"""
Flow control of one screen: when may the worker encode, and how much.

Nothing encoded is ever queued. The machine knows what was sent and not yet acknowledged, measures the delivery rate and
the smallest round trip, and lets the worker fill the pipe but not the buffers behind it:

    budget = g * btl * (minrtt + delay + 5 ms)   at least 4,000 bytes; twice btl * minrtt while starting up
    g      falls when every packet of a round waited over 25 ms (beyond delay), rises when one waited under 12 ms
             (the minimum of a round: a stall behind one lost packet is not congestion)
    btl    the largest delivery rate of the last 2 s or more of load; it does not fall for what was measured while there
             was nothing to send or nothing waited on the way, nor while the line delivers what g lets it
    probe  half of btl * minrtt for 1.5 minrtt (200 ms at least) of every 5 s of load: the smallest round trip is seen
             again, and what waits then waits for the client, not for the line: delay. Without it a client that shows
             20 pictures a second would look like a full line, and a smaller budget only like a smaller line, for ever

INVARIANT: `in_flight` is the sum of what was sent and not acknowledged; the budget is never below 4,000 bytes.
INVARIANT: memory is bounded by `RECORDS_MAX` records in flight and the samples of the last 10 s.
Times are seconds; `now` comes from one clock that never goes back.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from sudare.base.errors import SudareError
from sudare.wire.screen.allowance import Allowance
from sudare.wire.screen.extremes import Extreme

BUDGET_MIN: Final = 4_000
EXPRESS_RESERVE: Final = 8_000
EXPRESS_LIMIT: Final = 4_096
UNIT_MIN, UNIT_MAX, UNIT_S = 1_300, 8_000, 0.010
RECORDS_MAX: Final = 4_096
CRISP_S: Final = 0.25
STALLED_S: Final = 1.0
RESYNC_S: Final = 4.0
RTT_WINDOW_S: Final = 10.0
_QUEUEING_HIGH_S, _QUEUEING_LOW_S = 0.025, 0.012
_STARTUP_QUEUEING_S: Final = 0.050
_STARTUP_RATE: Final = 125_000.0  # bytes/s believed before anything was measured: 1 Mbit/s
_STARTUP_BUDGET: Final = 16_000
_STARTUP_ROUNDS: Final = 6
_PROBE_FIRST_S, _PROBE_EVERY_S, _PROBE_S = 1.0, 5.0, 0.2
_GAIN_MIN, _GAIN_MAX = 0.6, 1.10
_SLACK_S: Final = 0.005
_DELAY_MAX_S: Final = 0.1
_AS_ALLOWED: Final = 0.9


@dataclass(frozen=True, slots=True)
class _Sent:
    seq: int
    size: int
    at: float
    delivered: int  # bytes acknowledged when it left
    delivered_at: float
    idle: bool  # the line was not full when it left: its rate is the desktop's, not the line's
    alone: bool  # the line was half empty when it left: what it waited for was not its like


class Flow:
    """State of one session's line."""

    def __init__(self, now: float) -> None:
        self.allowance = Allowance()  # of the office's own line, which its sessions share
        self._last_sent = 0
        self._sent: deque[_Sent] = deque()
        self.forget(now)

    def forget(self, now: float) -> None:
        """Start over, as at a resync: nothing is in flight, and what was learnt about the line may be wrong."""
        self._sent.clear()
        self._in_flight = 0
        self._acked = self._last_sent
        self._backlog = 0
        self._delivered = 0
        self._delivered_at = now
        self._idle_until = 0  # bytes delivered by when what was in flight at the last idle moment has arrived
        self._heard_at = now  # last ACK, or the first send after everything was acknowledged
        self._seen_at = now  # the newest `now` of any call
        self._rtts = Extreme(largest=False)
        self._rates = Extreme(largest=True)
        self._starting = True
        self._best_rate = 0.0
        self._flat_acks = self._late_acks = 0
        self._delay = 0.0  # what records wait for at the client, or anywhere but in a queue of ours
        self._alone: list[float] = []
        self._gain = 1.0
        self._round_min: float | None = None
        self._round_at = now
        self._probe_at = now

    def sent(self, seq: int, size: int, now: float) -> None:
        """A record left."""
        if seq <= self._last_sent:
            raise ValueError(f"seq {seq} after {self._last_sent}")
        if not self._sent:
            # A pause: neither silence nor a slow delivery, and the first record starts a new burst.
            self._heard_at = now
            self._delivered_at = now
            self._idle_until = self._delivered
        self._seen_at = max(self._seen_at, now)
        self._last_sent = seq
        idle = self._delivered <= self._idle_until
        alone = self._probing(now) and now - self._probe_at - _PROBE_EVERY_S > 0.5 * (self._rtts.value or 0)
        self._sent.append(_Sent(seq, size, now, self._delivered, self._delivered_at, idle, alone))
        self._in_flight += size
        self.allowance.sent(size, now)

    def ran_out(self, now: float) -> None:
        """Nothing is left to send. If there is room, what leaves before all in flight has arrived measures nothing."""
        if self.may_send(now):
            self._idle_until = self._delivered + self._in_flight

    def acked(self, seq: int, backlog: int, now: float) -> None:
        """Everything up to `seq` arrived. Raises `caller.malformed` for a seq that was never sent."""
        if seq > self._last_sent:
            raise SudareError("caller.malformed", f"ack of {seq}, sent {self._last_sent}")
        self._backlog = backlog
        if seq <= self._acked:
            return
        self._acked = seq
        newest: _Sent | None = None
        while self._sent and self._sent[0].seq <= seq:
            newest = self._sent.popleft()
            self._in_flight -= newest.size
            self._delivered += newest.size
        if newest is None:
            return
        self._heard_at = self._seen_at = now
        self._measure(newest, now)
        self._delivered_at = now

    @property
    def in_flight(self) -> int:
        """Bytes sent and not acknowledged."""
        return self._in_flight

    @property
    def backlog(self) -> int:
        """Records the client had received and not yet shown at its last ACK."""
        return self._backlog

    @property
    def rtt_ms(self) -> int:
        """Smallest round trip of the last 10 s; 0 = not known."""
        return round((self._rtts.value or 0) * 1000)

    @property
    def btl_kbit(self) -> int:
        """Largest delivery rate lately, in kbit/s, but no more than is allowed; 0 = not known."""
        known, allowed = round((self._rates.value or 0) * 8 / 1000), self.allowance.kbit
        return known if allowed is None else min(known, allowed)

    def budget(self, now: float) -> int:
        """Bytes that may be in flight."""
        self._seen_at = max(self._seen_at, now)
        minrtt = self._rtts.value
        if minrtt is None:
            return _STARTUP_BUDGET
        if self._starting:
            return max(BUDGET_MIN, int(2 * self._rate * minrtt))
        if self._probing(now):
            return max(BUDGET_MIN, int(0.5 * self._rate * minrtt))
        return max(BUDGET_MIN, int(self._gain * self._rate * (minrtt + self._delay + _SLACK_S)))

    def may_send(self, now: float) -> bool:
        """Whether the next unit of the screen may be encoded and sent now."""
        open_ = not self.stalled(now) and len(self._sent) < RECORDS_MAX and self._in_flight < self.budget(now)
        return open_ and self.allowance.may_send(now)

    def may_send_express(self, size: int, now: float) -> bool:
        """Whether a small answer to input, a cursor or the like may overtake now."""
        if size > EXPRESS_LIMIT or len(self._sent) >= RECORDS_MAX or self.resync_wanted(now):
            return False
        return self._in_flight < self.budget(now) + EXPRESS_RESERVE

    def unit_limit(self, now: float) -> int:
        """Size to cut the next unit to: what the line carries in 10 ms."""
        del now  # the rate is as of the last ACK; the argument keeps the door the same for a machine that decays
        return max(UNIT_MIN, min(UNIT_MAX, int(self._allowed_rate * UNIT_S)))

    def crisp_limit(self) -> int:
        """Bytes the line carries in 0.25 s: a picture that takes more is to be sent readable first and exact after."""
        return int(self._allowed_rate * CRISP_S)

    def stalled(self, now: float) -> bool:
        """Bytes are in flight and no ACK came for 1 s: bulk stops."""
        self._seen_at = max(self._seen_at, now)
        return bool(self._sent) and now >= self._heard_at + STALLED_S

    def resync_wanted(self, now: float) -> bool:
        """No ACK for 4 s: the client is to be told to forget everything once it is back."""
        self._seen_at = max(self._seen_at, now)
        return bool(self._sent) and now >= self._heard_at + RESYNC_S

    def next_deadline(self) -> float | None:
        """When an answer changes without any event; None when none will."""
        allowed = self.allowance.next_at()
        if not self._sent:
            return allowed
        times = [allowed] if allowed is not None else []
        times += [self._heard_at + STALLED_S, self._heard_at + RESYNC_S]
        if self._probing(self._seen_at):
            times.append(self._probe_at + _PROBE_EVERY_S + self._probe_s)
        return min((t for t in times if t > self._seen_at), default=None)

    @property
    def _rate(self) -> float:
        return self._rates.value or _STARTUP_RATE

    @property
    def _allowed_rate(self) -> float:
        allowed = self.allowance.kbit
        return self._rate if allowed is None else min(self._rate, allowed * 1000 / 8)

    def _probing(self, now: float) -> bool:
        return not self._starting and 0 <= now - self._probe_at - _PROBE_EVERY_S < self._probe_s

    @property
    def _probe_s(self) -> float:
        return max(_PROBE_S, 1.5 * (self._rtts.value or 0))

    def _measure(self, record: _Sent, now: float) -> None:
        rtt = max(now - record.at, 0.0005)
        self._rtts.add(rtt, now, RTT_WINDOW_S)
        waited = rtt - (self._rtts.value or rtt)
        self._measure_delay(record, waited)
        queueing = max(0.0, waited - self._delay)
        self._measure_rate(record, queueing, now)
        if self._starting:
            self._start_up(record, queueing, now)
        self._round(queueing, now)
        if now - self._probe_at >= _PROBE_EVERY_S + self._probe_s:
            self._probe_at = now

    def _measure_delay(self, record: _Sent, waited: float) -> None:
        if record.alone:
            self._alone.append(waited)
        elif self._alone:
            mean = sum(self._alone) / len(self._alone)
            self._delay = min(_DELAY_MAX_S, max(0.0, mean - UNIT_S))  # a unit waits for itself, too
            self._alone = []

    def _measure_rate(self, record: _Sent, queueing: float, now: float) -> None:
        rate = (self._delivered - record.delivered) / max(now - record.delivered_at, 0.001)
        if rate <= self._rate:
            if record.idle or record.alone or queueing < _QUEUEING_LOW_S:
                return
            if self._gain > _GAIN_MIN and rate >= _AS_ALLOWED * min(1.0, self._gain) * self._rate:
                rate = self._rate  # no less than we sent: what was known still holds
        self._rates.add(rate, now, max(2.0, 10 * (self._rtts.value or 0)))

    def _start_up(self, record: _Sent, queueing: float, now: float) -> None:
        if self._rate > 1.25 * self._best_rate:
            self._best_rate = self._rate
            self._flat_acks = 0
        elif not record.idle:
            self._flat_acks += 1
        self._late_acks = self._late_acks + 1 if queueing > _STARTUP_QUEUEING_S else 0
        if max(self._flat_acks, self._late_acks) >= _STARTUP_ROUNDS:
            self._starting = False
            self._probe_at = now - _PROBE_EVERY_S + _PROBE_FIRST_S

    def _round(self, queueing: float, now: float) -> None:
        self._round_min = queueing if self._round_min is None else min(self._round_min, queueing)
        if now - self._round_at <= max(0.050, 1.5 * (self._rtts.value or 0)):
            return
        if self._round_min > _QUEUEING_HIGH_S:
            self._gain = max(_GAIN_MIN, self._gain * 0.90)
        elif self._round_min < _QUEUEING_LOW_S:
            self._gain = min(_GAIN_MAX, self._gain + 0.04)
        self._round_min = None
        self._round_at = now

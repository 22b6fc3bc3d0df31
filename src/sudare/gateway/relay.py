"""
The streams of this node: a device's leg waits for the connector's dial-back, then bytes only pass.

INVARIANT: a stream id is good once and for 10 seconds; a ticket once (here and, decisively, at the connector).
INVARIANT: a line opened before its ticket waits `READY_S` for it, is nobody's until then, and carries nothing.
INVARIANT: a ticket made before its session, person, device or connector was cut opens nothing after it.
INVARIANT: nothing of what passes is parsed; a ticket that comes late is the first frame, and does not pass.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import Counter, Gauge

from sudare.base.encoding import b64
from sudare.base.errors import SudareError
from sudare.runtime.logs import get_logger
from sudare.runtime.splice import Leg
from sudare.wire.ticket.codec import LIFE_S, MAX_LENGTH, SKEW_S, Ticket, verify
from sudare.wire.ticket.replay import ReplayMemory
from sudare.wire.tunnel import messages as m
from sudare.wire.tunnel.head import Head, close_frame, plain_answer, upgrade_answer, websocket_accept
from sudare.wire.tunnel.late import ticket_frame

PATIENCE_S = 10.0
READY_S = 30.0
SUBPROTOCOL = "sudare-1"
_opened = Counter("sudare_streams_opened", "Streams joined", ["kind"])
_refused = Counter("sudare_streams_refused", "Streams refused", ["code"])
_bytes = Counter("sudare_stream_bytes", "Bytes passed", ["way"])
_live = Gauge("sudare_streams_live", "Streams joined now")


@dataclass(eq=False, slots=True)
class Stream:
    """One stream: waiting while `office` is None."""

    id: str
    ticket: Ticket
    device: Leg
    opened: float
    timer: asyncio.TimerHandle | None = None
    office: Leg | None = None


class Relay:
    """The splice table."""

    def __init__(
        self,
        *,
        origin: str,
        ticket_keys: dict[str, bytes],
        ask: Callable[[str, m.Open], bool],
        now: Callable[[], float],
        stream_id: Callable[[], bytes],
        vouched: Callable[[Leg], None],
    ) -> None:
        self._origin = origin
        self._keys = ticket_keys
        self._ask = ask
        self._now = now
        self._stream_id = stream_id
        self._vouched = vouched
        self._used = ReplayMemory()
        self._taken_back: dict[tuple[str, str], float] = {}  # (claim, value) to when
        self._waiting: dict[str, Stream] = {}
        self._streams: set[Stream] = set()
        self._log = get_logger()

    def device(self, leg: Leg, head: Head, rest: bytes) -> None:
        """A browser asks for `/relay/v1/stream`, with its ticket or before it."""
        key = head.headers.get("sec-websocket-key", "")
        offered = head.protocols()
        if not head.wants("websocket") or not key or offered[:1] != [SUBPROTOCOL] or len(offered) > 2:
            leg.write(plain_answer(426, "Upgrade Required"))
            leg.hold()
            leg.close()
            return
        # The 101 comes first: only a close frame can tell a browser why.
        leg.write(upgrade_answer("websocket", Sec_WebSocket_Accept=websocket_accept(key), **_SPOKEN))
        if head.headers.get("origin") != self._origin:
            self._refuse(leg, "denied.origin")
        elif len(offered) == 2:
            self._show(leg, offered[1], rest)
        else:
            self._ready(leg, rest)

    def _ready(self, leg: Leg, rest: bytes) -> None:
        """No ticket yet: a bad line takes a second over its handshakes, and they may be over before anybody asks."""
        heard = bytearray()
        timer = asyncio.get_running_loop().call_later(READY_S, leg.close)
        leg.on_close = timer.cancel

        def hear(_leg: Leg, data: bytes) -> None:
            heard.extend(data)
            try:
                shown = ticket_frame(heard, MAX_LENGTH)
            except SudareError as failure:
                timer.cancel()
                leg.hold()
                if failure.code == "link.lost":
                    leg.close()
                else:
                    self._refuse(leg, failure.code)
                return
            if shown is not None:
                timer.cancel()
                text, length = shown
                self._show(leg, text, bytes(heard[length:]))

        leg.redirect(hear)
        hear(leg, rest)

    def _show(self, leg: Leg, text: str, rest: bytes) -> None:
        try:
            self._wait(leg, self._admit(text), text, rest)
        except SudareError as failure:
            self._refuse(leg, failure.code)
            return
        self._vouched(leg)

    def _admit(self, text: str) -> Ticket:
        ticket = verify(text, self._keys, now=self._now())
        for claim in _CUT_BY:
            at = self._taken_back.get((claim, getattr(ticket, claim)))
            if at is not None and ticket.iat <= at:
                raise SudareError("denied.ticket-expired", "taken back")
        self._used.use(ticket, self._now())
        return ticket

    def _wait(self, leg: Leg, ticket: Ticket, text: str, rest: bytes) -> None:
        stream = Stream(b64(self._stream_id()), ticket, leg, self._now())
        leg.hold(rest)
        if not self._ask(ticket.con, m.Open(stream.id, text)):
            raise SudareError("office.connector-away")
        self._waiting[stream.id] = stream
        leg.on_close = lambda: self._ended(stream)
        stream.timer = asyncio.get_running_loop().call_later(
            PATIENCE_S, self.refused, stream.id, "office.connector-slow"
        )

    def office(self, leg: Leg, head: Head, rest: bytes) -> None:
        """A connector dials back for `/tunnel/v1/data`: joined when it is awaited."""
        wanted = head.headers.get("sudare-stream", "") if head.wants(SUBPROTOCOL) else ""
        stream = self._waiting.pop(wanted, None)
        if stream is None:
            leg.write(plain_answer(403, "Forbidden"))
            leg.hold()
            leg.close()
            return
        if stream.timer is not None:
            stream.timer.cancel()
        leg.write(upgrade_answer(SUBPROTOCOL))
        leg.hold(rest)
        stream.office = leg
        self._streams.add(stream)
        _opened.labels(stream.ticket.knd).inc()
        _live.inc()
        leg.join(stream.device)
        self._vouched(leg)

    def refused(self, stream_id: str, code: str) -> None:
        """The connector will not dial back, or did not in time."""
        stream = self._waiting.pop(stream_id, None)
        if stream is None:
            return
        if stream.timer is not None:
            stream.timer.cancel()
        self._refuse(stream.device, code)

    def _refuse(self, leg: Leg, code: str) -> None:
        failure = SudareError(code)
        _refused.labels(failure.code).inc()
        self._log.warning("stream-refused", code=failure.code)
        leg.write(close_frame(failure.close_code, failure.code))
        leg.hold()
        leg.close()

    def _ended(self, stream: Stream) -> None:
        self._waiting.pop(stream.id, None)
        if stream.timer is not None:
            stream.timer.cancel()
        if stream not in self._streams or stream.office is None:
            return
        self._streams.discard(stream)
        _live.dec()
        _bytes.labels("up").inc(stream.device.received)
        _bytes.labels("down").inc(stream.office.received)
        self._log.info(
            "stream-ended",
            session_id=stream.ticket.ses,
            person_id=stream.ticket.per,
            connector_id=stream.ticket.con,
            target_id=stream.ticket.tgt,
            duration_s=round(self._now() - stream.opened, 1),
            bytes_up=stream.device.received,
            bytes_down=stream.office.received,
        )

    def cut(self, *, session: str = "", person: str = "", device: str = "", connector: str = "") -> int:
        """End the streams that match any given one, and their tickets that are still on the way; how many streams."""
        given = zip(_CUT_BY, (session, person, device, connector), strict=True)
        wanted = {claim: value for claim, value in given if value}
        self._take_back(wanted)
        chosen = [
            stream
            for stream in (*self._streams, *self._waiting.values())
            if any(getattr(stream.ticket, claim) == value for claim, value in wanted.items())
        ]
        for stream in chosen:
            stream.device.abort()
        return len(chosen)

    def _take_back(self, wanted: dict[str, str]) -> None:
        now = self._now()
        for old in [key for key, at in self._taken_back.items() if at + LIFE_S + SKEW_S < now]:
            del self._taken_back[old]
        self._taken_back.update(dict.fromkeys(wanted.items(), now))

    def __len__(self) -> int:
        """Streams joined now."""
        return len(self._streams)


_SPOKEN = {"Sec_WebSocket_Protocol": SUBPROTOCOL}
_CUT_BY = ("ses", "per", "dev", "con")  # the ticket's claims for session, person, device, connector

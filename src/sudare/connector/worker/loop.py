"""
The screen loop of one session: source -> encoder -> flow control -> line, and inputs back (docs/wire/screen.md).

Woken by the source, the browser, room on the line and flow control's own deadlines; at rest nothing runs.
INVARIANT: the newest state wins: while the line is full damage accumulates, it never queues.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from sudare.base.errors import SudareError
from sudare.connector.worker.ear import Ear
from sudare.connector.worker.lagmeter import PROBE_S, LagMeter
from sudare.connector.worker.link import Link
from sudare.connector.worker.outbox import Outbox
from sudare.connector.worker.plane import Plane
from sudare.connector.worker.recorder import Recorder
from sudare.desktop.source import Cursor, DesktopSource, Frame, Phase
from sudare.pixels.encoder import Encoder
from sudare.pixels.mark import Pattern
from sudare.pixels.ops import Caps
from sudare.wire.screen import inputs as i
from sudare.wire.screen import records as r
from sudare.wire.screen.flow import EXPRESS_LIMIT, Flow
from sudare.wire.screen.lag import Figures

EXPRESS_S: Final = 0.25


class ScreenLoop:
    """
    One session; `on_ended(code)` once, when the desktop is closed or the person ends it.

    With a `mark` the picture goes through `sudare.pixels.mark` first, and only what comes out is ever encoded.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float],
        on_ended: Callable[[str], None],
        on_figures: Callable[[Figures], None] = lambda _: None,
        mark: Pattern | None = None,
    ) -> None:
        self._mark = mark
        self._now = now
        self._on_ended = on_ended
        self._may_input = False
        self._source: DesktopSource | None = None
        self._plane: Plane | None = None  # what may be seen of the source
        self._encoder: Encoder | None = None
        self._caps = Caps()
        self._link: Link | None = None
        self._recorder: Recorder | None = None
        self._ear: Ear | None = None  # none: the PC cannot be heard
        self._may_hear = False
        self._out = Outbox(self._send, Flow(now()), LagMeter(on_figures=on_figures))
        self._cursor = Cursor(0, 0, 0, 0, None)
        self._cursor_due = True
        self._size_due = True
        self._visible = True
        self._view: i.View | None = None
        self._resizes = True
        self._pointer: tuple[int, int] | None = None
        self._input_at = float("-inf")
        self._woken = False
        self._held = False
        self._ended = False
        self._timer: asyncio.TimerHandle | None = None

    # -- the parts come and go ------------------------------------------------

    def show(self, source: DesktopSource, *, resizes: bool, sound: Callable[[], list[bytes]] | None = None) -> None:
        """The desktop is open; `sound` takes what it plays, where that is wanted."""
        self._source = source
        if sound is not None:
            self._ear = Ear(sound)
            self._ear.attach(may=self._may_hear)
        self._resizes = resizes
        self.wake()

    def record(self, recorder: Recorder | None) -> None:
        """From now on what the source shows is recorded, or is no longer; whoever is there is told."""
        if self._recorder is not None:
            self._recorder.end(None)
        self._recorder = recorder
        if self._encoder is not None:
            self.say(self._active())
        self.wake()

    def limit(self, kbit: int | None) -> None:
        """What of the office's line this session may use for what can wait; None: as much as there is."""
        self._out.flow.allowance.limit(kbit, self._now())
        self.wake()

    def attach(self, link: Link, caps: Caps, *, may_input: bool, may_hear: bool = False) -> None:
        """A browser is there, with what it can show and its ticket allows; it knows nothing. An older one leaves."""
        older, self._link = self._link, link
        self._caps = caps
        if older is not None:
            older.close(SudareError("link.taken-over"))
        self._may_input, self._may_hear = may_input, may_hear
        if self._ear is not None:
            self._ear.attach(may=may_hear)
        self._out.in_seq = 0
        self._visible = True
        self._greet()
        self.wake()

    def detached(self, link: Link) -> bool:
        """A line ended; True when the session is now without any."""
        if link is not self._link:
            return False
        self._link = None
        if self._source is not None:
            self._source.release()
        self.wake()
        return True

    def say(self, state: r.State) -> None:
        """Tell the browser where the desktop stands."""
        if self._link is not None:
            self._out.record(state, self._now(), flags=r.Flag.EXPRESS)

    def _greet(self) -> None:
        """All the browser needs, from nothing."""
        now = self._now()
        self._out.forget(now)
        if self._link is None:
            return
        if self._source is None or self._encoder is None:
            self.say(r.State("connecting"))
            return
        self.say(self._active())
        self._encoder.reset(self._caps)
        self._size_due = self._cursor_due = True

    def _active(self) -> r.State:
        heard = self._ear is not None and self._ear.may
        return r.State("active", recorded=self._recorder is not None, sound=heard)

    def _send(self, data: bytes) -> None:
        if self._link is not None:
            self._link.send(data)

    # -- down -----------------------------------------------------------------

    def wake(self) -> None:
        """Look again soon; many wakes are one look."""
        if not self._woken:
            self._woken = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        """A mistake of ours ends the session with a word; a browser must not look at a picture that stands for ever."""
        self._woken = False
        try:
            self._advance()
        except Exception:
            self.end("bug.unexpected")
            raise

    def _advance(self) -> None:
        source = self._source
        if source is None or self._ended:
            return
        if source.phase is Phase.CLOSED:
            self.end(source.failure or "office.pc-closed")
            return
        self._collect(source)
        if self._ear is not None:
            room = self._link is not None and self._visible and self._link.unsent() == 0
            self._ear.pass_on(self._out, self._now(), room=room)
        if self._link is not None and self._visible:
            self._pump()
        self._regulate(source)
        self._arm()

    def _collect(self, source: DesktopSource) -> None:
        """Take what changed; it is only remembered, not encoded."""
        damage = source.take_damage()
        if self._recorder is not None:
            self._recorder.saw(source.frame, damage)
        if damage.cursor is not None:
            self._cursor, self._cursor_due = damage.cursor, True
        encoder, plane = self._encoder, self._plane
        if encoder is None or plane is None:
            self._first_picture(source)
            return
        if damage.resized:
            plane.resize(source.frame)
            encoder.resize(*plane.size)
            self._size_due = True
        rects, moves = plane.look(
            source.frame,
            [(c.x, c.y, c.w, c.h) for c in damage.rects],
            [(c.sx, c.sy, c.w, c.h, c.dx, c.dy) for c in damage.copies],
        )
        encoder.note(rects, moves, now=self._now())
        if rects or moves:
            self._out.lag.damaged(self._now(), rects)

    def _first_picture(self, source: DesktopSource) -> None:
        """The source has a framebuffer now: begin to show it."""
        height, width = source.frame.shape[:2]
        if not height or not width:
            return
        self._plane = Plane(source.frame, self._mark)
        self._encoder = Encoder(width, height, marked=self._mark is not None)
        self._greet()
        self._fit()

    def _pump(self) -> None:
        """Send while flow control lets us."""
        flow, link, encoder, plane = self._out.flow, self._link, self._encoder, self._plane
        if link is None or encoder is None or plane is None:
            return
        now = self._now()
        self._out.lag.looks(now)
        if flow.resync_wanted(now):
            self._resync(now)
        if self._size_due:
            self._size_due = False
            self._out.resize(*plane.size, now)
        if self._cursor_due and flow.may_send_express(EXPRESS_LIMIT, now):
            self._cursor_due = False
            self._out.cursor(self._cursor, now)
        while encoder.pending(self._now()) and link.unsent() == 0 and self._unit(plane.frame, encoder):
            pass
        now = self._now()
        pending = encoder.pending(now)
        if not pending:
            flow.ran_out(now)
        shared = flow.in_flight < flow.budget(now) and not flow.allowance.may_send(now)
        room = flow.may_send_express(EXPRESS_LIMIT, now)
        self._out.lag.looked(now, pending=pending, room=room, shared=shared)

    def _unit(self, frame: Frame, encoder: Encoder) -> bool:
        """Send one unit: what a person waits for, else the next of the screen; False when nothing may go or is left."""
        now, flow = self._now(), self._out.flow
        update = None
        express = now - self._input_at < EXPRESS_S and flow.may_send_express(EXPRESS_LIMIT, now)
        if express:
            limit = min(EXPRESS_LIMIT, flow.unit_limit(now))
            update = encoder.answer(frame, limit=limit, now=now, near=self._pointer)
        if update is None and flow.may_send(now):
            express = False
            limit, crisp = flow.unit_limit(now), flow.crisp_limit()
            update = encoder.encode(
                frame, limit=limit, now=now, near=self._pointer, crisp=crisp, line_kbit=flow.btl_kbit
            )
        if update is None:
            return False
        self._out.update(update.body, self._now(), flags=r.flags(express=express, last=update.last, lossy=update.lossy))
        return True

    def _regulate(self, source: DesktopSource) -> None:
        """Back-pressure: the PC draws on only for somebody who sees it and keeps up, or for the record."""
        now, flow = self._now(), self._out.flow
        seen = self._link is not None and self._visible
        held = not seen or flow.stalled(now) or flow.in_flight >= 2 * flow.budget(now)
        held = held and self._recorder is None  # the browser's pace does not decide what is recorded
        if held != self._held:
            self._held = held
            source.hold(held)

    def _resync(self, now: float) -> None:
        """The client lost its place or nothing was heard for long: begin again."""
        self._out.forget(now)
        if self._encoder is not None:
            self._encoder.reset()
        self._size_due = self._cursor_due = True

    def _arm(self) -> None:
        """Be woken when flow control changes its mind by itself."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._now()
        film = self._encoder.next_deadline() if self._encoder is not None else None
        # A film that is late waits for the line, and that wakes us.
        times = (self._out.flow.next_deadline(), film if film is None or film > now else None)
        deadline = min((at for at in times if at is not None), default=None)
        if deadline is not None and self._link is not None and self._visible:
            delay = max(0.001, deadline - now)
            self._timer = asyncio.get_running_loop().call_later(delay, self.wake)

    # -- up -------------------------------------------------------------------

    def heard(self, message: bytes) -> None:
        """One message of the browser. Raises `caller.malformed`."""
        for item in i.decode(message):
            self._take(item)
        self.wake()

    def _take(self, item: i.Input) -> None:
        now = self._now()
        match item:
            case i.Ack():
                self._out.flow.acked(item.seq, item.backlog, now)
                self._out.lag.acked(item.seq, now)
            case i.Ping():
                self._out.pong(item.n)
            case i.Shown():
                self._out.lag.shown(item, now, self._out.flow.rtt_ms)
            case i.View():
                self._look_at(item)
            case i.Resync():
                self._resync(now)
            case i.End():
                self.end("")
            case i.Hear():
                if self._ear is not None:
                    self._ear.listen(on=item.on)
            case i.Key() | i.Pointer() | i.Wheel() | i.Text() | i.Release():
                self._input(item, now)

    def _look_at(self, view: i.View) -> None:
        self._visible = view.visible
        self._view = view
        if not view.visible and self._source is not None:
            self._source.release()
        self._fit()

    def _fit(self) -> None:
        if self._source is not None and self._view is not None and self._resizes and self._view.visible:
            self._source.resize(self._view.w, self._view.h, self._view.scale)

    def _input(self, item: i.Key | i.Pointer | i.Wheel | i.Text | i.Release, now: float) -> None:
        """To the source at once; what the person may not do, or cannot aim yet, is only counted."""
        self._out.in_seq = item.in_seq
        source = self._source
        if source is None or self._encoder is None or not self._may_input or self._ended:
            return
        height, width = source.frame.shape[:2]
        match item:
            case i.Key():
                source.key(down=item.down, scancode=item.scancode, extended=item.extended, keysym=item.keysym)
                if item.down:
                    self._asked(item, now)
            case i.Pointer():
                self._pointer = min(item.x, width - 1), min(item.y, height - 1)
                source.pointer(*self._pointer, item.buttons)
                if item.buttons:
                    self._asked(item, now)
            case i.Wheel():
                source.wheel(min(item.x, width - 1), min(item.y, height - 1), item.dx, item.dy)
                self._asked(item, now)
            case i.Text():
                source.text(item.text)
                self._asked(item, now)
            case i.Release():
                source.release()

    def _asked(self, item: i.Key | i.Pointer | i.Wheel | i.Text, now: float) -> None:
        if self._encoder is not None and now - self._input_at >= EXPRESS_S:
            self._encoder.expect_answer()
        self._input_at = now
        if self._out.lag.asked(item, now):
            loop = asyncio.get_running_loop()
            due = loop.time() + PROBE_S
            loop.call_at(due, lambda: self._out.lag.probed(item.in_seq, loop.time() - due))

    def way(self, gateway_ms: int, connector_ms: int) -> None:
        """What the connector knows of the way between here and the gateway."""
        self._out.lag.way_ms = gateway_ms, connector_ms

    # -- the end --------------------------------------------------------------

    def end(self, code: str) -> None:
        """The session is over; `code` is empty when the person ended it."""
        if self._ended:
            return
        self._ended = True
        self._out.lag.tell()
        if self._timer is not None:
            self._timer.cancel()
        if self._link is not None:
            self.say(r.State("closed", code=code or None))
            self._link.close(SudareError(code) if code else None)
        if self._source is not None:
            if self._recorder is not None:
                self._recorder.end(self._source.frame)
            self._source.close()
        self._on_ended(code)

"""
Where streams become sessions: the channel's handshake, the sealed password, and the process that shows the PC.

The connector's private key is used here only; a session process gets the session's two symmetric keys.
INVARIANT: the first message decides; nothing of a stream is acted on before its channel opened with the ticket's key.
INVARIANT: one process a session, however many streams of it come at once; a session is taken up again only by the
person and device that began it.
INVARIANT: one person has at most `PER_PERSON` sessions and `API_PER_PERSON` api streams, so that nobody uses up
everybody's; what is beginning counts.
INVARIANT: a cut ends what it names in whatever state it is, beginning or running.
"""

import asyncio
import contextlib
import os
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self
from weakref import WeakValueDictionary

from cryptography.hazmat.primitives.asymmetric import ec

from sudare.base.encoding import unb64
from sudare.base.errors import SudareError
from sudare.connector import display, officepc
from sudare.connector.apidesk import APIStream
from sudare.connector.budget import Budget, Share
from sudare.connector.config import ConnectorConfig, Target
from sudare.connector.lagbook import LagBook
from sudare.connector.pins import Pins
from sudare.connector.ports import OfficeCredential, OfficeDesk
from sudare.connector.recording.recordings import Recordings, demanded
from sudare.connector.recording.shelf import Intake, Shelf
from sudare.connector.spawner import SessionWorker, Spawner
from sudare.connector.watermark import demanded as marked
from sudare.connector.watermark import drawn
from sudare.connector.worker import job
from sudare.pixels.video import CODECS
from sudare.runtime.logs import get_logger
from sudare.runtime.pump import pump
from sudare.runtime.tasks import Tasks
from sudare.runtime.websocket import first_message
from sudare.wire.channel.channel import OfficeEnd
from sudare.wire.channel.office import Credential, Hello, decode_hello
from sudare.wire.channel.secret import Binding, open_secret
from sudare.wire.ticket.codec import Ticket
from sudare.wire.tunnel.head import close_frame

HELLO_S: Final = 10.0
PER_PERSON: Final = 16
API_PER_PERSON: Final = 32
WARM_AFTER_S: Final = 1.0  # the session that just began has the processors first: its first picture is awaited
DEATH_S: Final = 1.0  # between a process's sockets closing and our knowing that it is gone
_LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(slots=True)
class Running:
    """A session that runs."""

    ticket: Ticket
    worker: SessionWorker
    share: Share
    began: bool = False
    over: bool = False  # ended as it should; whoever is there was told why

    @property
    def death(self) -> str:
        """What to call it when the process just dies: before it had its job, the cage does not work here."""
        return "office.pc-closed" if self.began else "office.sandbox"


@dataclass(slots=True)
class Beginning:
    """A session on its way there."""

    ticket: Ticket
    cut: bool = False


class Sessions:
    """All sessions of this connector; a `SessionHost`."""

    def __init__(
        self,
        config: ConnectorConfig,
        seal: ec.EllipticCurvePrivateKey,
        desk: OfficeDesk,
        shelf: Shelf | None = None,
        book: LagBook | None = None,
    ) -> None:
        self._config = config
        self._seal = seal
        self._desk = desk
        self._recordings = Recordings(shelf)
        self._book = book or LagBook()
        self._book.on_way = self._way
        self._pins = Pins(config.state)
        self._spawner = Spawner(config.worker.sandbox)
        self._running: dict[str, Running] = {}
        self._beginning: dict[str, Beginning] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._budget = Budget(config.line_kbit)
        self._tasks = Tasks("sessions")
        self._api: dict[asyncio.StreamWriter, Ticket] = {}
        self._log = get_logger()

    async def __aenter__(self) -> Self:
        """Have a spare process."""
        await self._recordings.open()
        self._tasks.start(self._spawner.warm(), name="warm")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        await asyncio.gather(*(self._end(running) for running in self._running.values()))
        self._budget.close()
        await self._recordings.close()
        await self._tasks.aclose()
        await self._spawner.close()

    async def _end(self, running: Running) -> None:
        running.over = True
        await self._recordings.end(running.ticket, running.worker)

    async def accept(
        self, ticket: Ticket, raw_ticket: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve one stream until it ends."""
        try:
            async with asyncio.timeout(HELLO_S):
                first = await first_message(reader)
            channel, plain = OfficeEnd.accept(first, self._seal, raw_ticket, unb64(ticket.cnf))
            hello = _hello(plain, ticket)
            credential = self._credential(ticket, hello.credential)
            if ticket.knd == "api":
                await self._serve_api(ticket, credential, channel, (reader, writer))
            else:
                await self._serve_screen(ticket, hello, credential, channel, (reader, writer))
        except SudareError as failure:
            self._farewell(ticket, writer, failure)
        except TimeoutError:
            self._farewell(ticket, writer, SudareError("caller.malformed", "no hello"))
        except OSError as failure:
            self._log.info("line-lost", session_id=ticket.ses, code="link.lost", detail=type(failure).__name__)

    def _farewell(self, ticket: Ticket, writer: asyncio.StreamWriter, failure: SudareError) -> None:
        self._log.info("stream-closed", session_id=ticket.ses, code=failure.code, detail=failure.detail)
        if failure.code != "link.lost":
            writer.write(close_frame(failure.close_code, failure.code))

    def _credential(self, ticket: Ticket, sent: Credential | None) -> OfficeCredential | None:
        if sent is None:
            return None
        bind = Binding(ticket.ten, ticket.per, ticket.tgt)
        try:
            sealed = unb64(sent.sealed)
        except ValueError:
            raise SudareError("denied.secret-unreadable", "not base64url") from None
        return OfficeCredential(sent.account, open_secret(sealed, self._seal, bind))

    async def _serve_api(
        self, ticket: Ticket, credential: OfficeCredential | None, channel: OfficeEnd, line: Stream
    ) -> None:
        if sum(one.per == ticket.per for one in self._api.values()) >= API_PER_PERSON:
            raise SudareError("busy.sessions", "this person's streams")
        self._api[line[1]] = ticket
        try:
            await APIStream(self._desk, ticket, credential, channel, line).serve()
        finally:
            del self._api[line[1]]

    # -- screens --------------------------------------------------------------

    async def _serve_screen(
        self, ticket: Ticket, hello: Hello, credential: OfficeCredential | None, channel: OfficeEnd, line: Stream
    ) -> None:
        client = _client(ticket, hello, channel)
        ours, theirs = socket.socketpair()
        try:
            turn = self._turns.setdefault(ticket.ses, asyncio.Lock())
            async with turn:
                running = self._running.get(ticket.ses)
                if running is not None and running.worker.alive:
                    self._take_up(running, ticket, client, theirs)
                else:
                    running = await self._begin(ticket, hello, credential, client, theirs)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        if await pump(line, ours, running.worker.gone, running.share.passed):
            await self._bury(running)

    async def _bury(self, running: Running) -> None:
        """Raises the reason when the session's process died without telling its browser."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DEATH_S):
                await running.worker.gone.wait()
        if running.worker.alive or running.over:
            return
        raise SudareError(running.death, "the session process died")

    def _take_up(self, running: Running, ticket: Ticket, client: job.Client, theirs: socket.socket) -> None:
        began = running.ticket
        if (began.per, began.dev, began.tgt) != (ticket.per, ticket.dev, ticket.tgt):
            raise SudareError("denied.not-allowed", "another person's session")
        if demanded(ticket) and not demanded(began):
            raise SudareError("denied.not-allowed", "it began before it had to be recorded")
        if marked(ticket) and not marked(began):
            raise SudareError("denied.not-allowed", "it began before it had to be marked")
        if not running.worker.send(job.parcel(job.Attach(client)), [theirs.fileno()]):
            raise SudareError("office.pc-closed", "the session process is gone")
        self._log.info("session-resumed", session_id=ticket.ses, person_id=ticket.per)

    async def _begin(
        self,
        ticket: Ticket,
        hello: Hello,
        credential: OfficeCredential | None,
        client: job.Client,
        theirs: socket.socket,
    ) -> Running:
        target = self._config.target(ticket.tgt)
        if target is None:
            raise SudareError("denied.target-not-listed", ticket.tgt)
        if credential is None and target.asks_password:
            raise SudareError("office.pc-credentials-missing")
        self._admit(ticket)
        beginning = self._beginning[ticket.ses] = Beginning(ticket)
        intake: Intake | None = None
        try:
            intake = await self._recordings.begin(ticket)
            record = intake.order if intake else None
            mark = job.Mark.of(await asyncio.to_thread(drawn, ticket)) if marked(ticket) else None
            order = job.Start(self._desktop(target, hello, credential, ticket), client, record, mark)
            worker = await self._start(target, order, [theirs, intake.theirs] if intake else [theirs])
            await self._not_cut(beginning, worker)
        except BaseException:
            if intake is not None:
                await intake.abandon()
            raise
        finally:
            del self._beginning[ticket.ses]
        share = self._budget.join(lambda kbit: worker.tell(job.parcel(job.Share(kbit))))
        running = Running(ticket, worker, share)
        self._running[ticket.ses] = running
        worker.on_report = lambda content: self._report(running, content)
        self._recordings.follow(ticket, worker, intake)
        worker.send(job.parcel(job.Way(*self._book.way)), [])
        self._tasks.start(self._watch(running), name="watch")
        self._tasks.start(self._spawner.warm(WARM_AFTER_S), name="warm")
        self._log.info("session-began", session_id=ticket.ses, person_id=ticket.per, target_id=ticket.tgt)
        return running

    def _admit(self, ticket: Ticket) -> None:
        """Return when there is room for one more. Raises `busy.sessions`."""
        people = [one.ticket.per for one in self._running.values()]
        people += [one.ticket.per for one in self._beginning.values()]
        if len(people) >= self._config.worker.limit:
            raise SudareError("busy.sessions", "this connector's")
        if people.count(ticket.per) >= PER_PERSON:
            raise SudareError("busy.sessions", "this person's")

    async def _not_cut(self, beginning: Beginning, worker: SessionWorker) -> None:
        if beginning.cut:
            await worker.stop()
            raise SudareError("link.lost", "cut while it began")

    async def _start(self, target: Target, start: job.Start, theirs: list[socket.socket]) -> SessionWorker:
        """A process at its job, with the ends that are to be its own."""
        pc = await (display.dial(target) if target.kind == "x11" else officepc.dial(target))
        try:
            worker = await self._spawner.take()
            try:
                _order(worker, start, [end.fileno() for end in (pc, *theirs)])
            except SudareError:
                await worker.stop()
                raise
        finally:
            pc.close()
        return worker

    def _desktop(
        self, target: Target, hello: Hello, credential: OfficeCredential | None, ticket: Ticket
    ) -> job.Desktop:
        password = credential.password.reveal() if credential else None
        return job.Desktop(
            kind=target.kind,
            host=target.host,
            account=credential.account if credential else "",
            domain=target.domain,
            password=display.cookie(target) if target.kind == "x11" else password,
            tls=_tls(target),
            pin="first-use" if target.certificate == "none" else self._pins.rule(target.id, target.certificate),
            layout=hello.layout,
            resize=target.resize,
            name=target.name,
            sound=ticket.rgt.get("audio", False),
        )

    def _report(self, running: Running, content: dict[str, Any]) -> None:
        ticket = running.ticket
        match job.report(content):
            case job.Began():
                running.began = True
            case job.Pinned() as pinned:
                target = self._config.target(ticket.tgt)
                if target is not None and target.certificate == "first-use":
                    self._pins.seen(ticket.tgt, pinned.fingerprint)
            case job.Lag() as lag:
                self._book.heard(ticket.ses, lag)
            case job.Ended() as ended:
                running.over = True
                self._log.info("session-ended", session_id=ticket.ses, person_id=ticket.per, code=ended.code)

    def _way(self, gateway_ms: int, connector_ms: int) -> None:
        """The way between here and the gateway changed."""
        for running in self._running.values():
            running.worker.send(job.parcel(job.Way(gateway_ms, connector_ms)), [])

    async def _watch(self, running: Running) -> None:
        """Forget a session when its process is gone."""
        session, worker = running.ticket.ses, running.worker
        await worker.gone.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await worker.process.wait()
        self._budget.leave(running.share)
        if self._running.get(session) is running:
            del self._running[session]
            self._book.over(session)
        if worker.process.returncode != os.EX_OK and not running.over:
            self._log.warning("session-process-died", session_id=session, code=running.death)
        await worker.stop()

    def cut(self, *, session: str, person: str, device: str) -> None:
        """End what matches any given one, at once."""

        def hit(ticket: Ticket) -> bool:
            return bool(
                (session and ticket.ses == session)
                or (person and ticket.per == person)
                or (device and ticket.dev == device)
            )

        for beginning in self._beginning.values():
            beginning.cut = beginning.cut or hit(beginning.ticket)
        for running in [running for running in self._running.values() if hit(running.ticket)]:
            running.over = True
            self._tasks.start(self._end(running), name="cut")
        for writer in [writer for writer, ticket in self._api.items() if hit(ticket)]:
            writer.close()


def _hello(plain: bytes, ticket: Ticket) -> Hello:
    hello = decode_hello(plain)
    if hello.knd != ticket.knd:
        raise SudareError("caller.malformed", "another kind than the ticket's")
    return hello


def _client(ticket: Ticket, hello: Hello, channel: OfficeEnd) -> job.Client:
    view = hello.view
    if view is None:
        raise SudareError("caller.malformed", "a screen needs a view")
    may_input = ticket.rgt.get("input", False)
    told = hello.caps
    video = next((codec for codec in CODECS if codec in told.video), "")
    audio = told.audio and ticket.rgt.get("audio", False)
    caps = job.Caps(told.tiles, ramp=told.ramp, jpeg=told.jpeg, video=video, audio=audio)
    return job.Client(job.Channel.of(channel.state()), view.w, view.h, view.scale, may_input, caps)


def _order(worker: SessionWorker, start: job.Start, files: list[int]) -> None:
    if not worker.send(job.parcel(start), files):
        raise SudareError("office.sandbox", "the session process did not start")


def _tls(target: Target) -> str:
    """VNC without TLS only where the configuration says so, and that only on this host."""
    return "none" if target.certificate == "none" and target.host in _LOOPBACK else "require"

"""
Where streams become sessions: the channel's handshake, the sealed password, and the process that shows the PC.

The connector's private key is used here only; a session process gets the session's two symmetric keys.
INVARIANT: the first message decides; nothing of a stream is acted on before its channel opened with the ticket's key.
INVARIANT: one process a session; a session is taken up again only by the person and device that began it.
"""

import asyncio
import contextlib
import os
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from cryptography.hazmat.primitives.asymmetric import ec

from sudare.base.encoding import unb64
from sudare.base.errors import SudareError
from sudare.connector.apidesk import APIStream
from sudare.connector.config import ConnectorConfig, Target
from sudare.connector.pins import Pins
from sudare.connector.ports import OfficeCredential, OfficeDesk
from sudare.connector.recording.shelf import Intake, Shelf
from sudare.connector.spawner import SessionWorker, Spawner
from sudare.connector.worker import job
from sudare.runtime.logs import get_logger
from sudare.runtime.pump import pump
from sudare.runtime.tasks import Tasks
from sudare.runtime.websocket import first_message
from sudare.wire.channel.channel import OfficeEnd
from sudare.wire.channel.office import Credential, Hello, decode_hello
from sudare.wire.channel.secret import Binding, open_secret
from sudare.wire.ticket.codec import Ticket
from sudare.wire.tunnel.head import close_frame

DIAL_S: Final = 10.0
HELLO_S: Final = 10.0
GRACE_S: Final = 3.0  # for a recorded session to hand over its last seconds before its process is ended
_LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(slots=True)
class Running:
    """A session that runs."""

    ticket: Ticket
    worker: SessionWorker


class Sessions:
    """All sessions of this connector; a `SessionHost`."""

    def __init__(
        self, config: ConnectorConfig, seal: ec.EllipticCurvePrivateKey, desk: OfficeDesk, shelf: Shelf | None = None
    ) -> None:
        self._config = config
        self._seal = seal
        self._desk = desk
        self._shelf = shelf
        self._recordings: set[asyncio.Task[None]] = set()
        self._pins = Pins(config.state)
        self._spawner = Spawner(config.worker.sandbox)
        self._running: dict[str, Running] = {}
        self._tasks = Tasks("sessions")
        self._api: dict[asyncio.StreamWriter, Ticket] = {}
        self._log = get_logger()

    async def __aenter__(self) -> Self:
        """Have a spare process; close the recordings an earlier run left open."""
        if self._shelf is not None:
            await asyncio.to_thread(self._shelf.mend)
        self._tasks.start(self._spawner.warm(), name="warm")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything; recordings first get their end."""
        await asyncio.gather(*(self._end(running) for running in self._running.values()))
        if self._recordings:
            await asyncio.wait(self._recordings, timeout=GRACE_S)
        await self._tasks.aclose()
        await self._spawner.close()

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
        await pump(line, ours, running.worker.gone)

    def _take_up(self, running: Running, ticket: Ticket, client: job.Client, theirs: socket.socket) -> None:
        began = running.ticket
        if (began.per, began.dev, began.tgt) != (ticket.per, ticket.dev, ticket.tgt):
            raise SudareError("denied.not-allowed", "another person's session")
        if _recorded(ticket) and not _recorded(began):
            raise SudareError("denied.not-allowed", "it began before it had to be recorded")
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
        if credential is None and target.certificate != "none":
            raise SudareError("office.pc-credentials-missing")
        if len(self._running) >= self._config.worker.limit:
            raise SudareError("busy.sessions")
        pc = await _dial(target)
        intake: Intake | None = None
        try:
            intake = await self._recording(ticket)
            worker = await self._spawner.take()
            start = job.Start(self._desktop(target, hello, credential), client, intake.order if intake else None)
            files = [pc, theirs, intake.theirs] if intake else [pc, theirs]
            _hand_over(worker, start, files)
        except BaseException:
            if intake is not None:
                await intake.abandon()
            raise
        finally:
            pc.close()
        running = Running(ticket, worker)
        self._running[ticket.ses] = running
        worker.on_report = lambda content: self._report(ticket, content)
        if intake is not None:
            intake.handed_over()
            recording = self._tasks.start(self._record(running, intake), name="record")
            self._recordings.add(recording)
            recording.add_done_callback(self._recordings.discard)
        self._tasks.start(self._watch(ticket, worker), name="watch")
        self._tasks.start(self._spawner.warm(), name="warm")
        self._log.info("session-began", session_id=ticket.ses, person_id=ticket.per, target_id=ticket.tgt)
        return running

    # -- recordings -----------------------------------------------------------

    async def _recording(self, ticket: Ticket) -> Intake | None:
        """The recording of a session that has to be recorded. Raises `office.recording`, `office.recording-full`."""
        if not _recorded(ticket):
            return None
        if self._shelf is None:
            raise SudareError("office.recording", "connector.toml has no [recording]")
        try:
            return await self._shelf.begin(ticket)
        except SudareError as failure:
            if self._shelf.required:
                raise
            self._log.warning("recording-failed", session_id=ticket.ses, code=failure.code, detail=failure.detail)
            return None

    async def _record(self, running: Running, intake: Intake) -> None:
        """Take the recording in; when it cannot go on, neither does the session, or it is told."""
        ticket, required = running.ticket, self._shelf is not None and self._shelf.required
        self._log.info("recording-began", session_id=ticket.ses, recording=intake.recording)
        try:
            await intake.serve()
        except SudareError as failure:
            self._log.warning("recording-failed", session_id=ticket.ses, code=failure.code, detail=failure.detail)
            running.worker.send(job.parcel(job.Unrecorded(failure.code if required else "")), [])
            if required:
                await self._gone(running)
                await running.worker.stop()
        else:
            self._log.info("recording-ended", session_id=ticket.ses, recording=intake.recording)

    async def _end(self, running: Running) -> None:
        """End a session from this side, now; a recorded one first hands over what it still holds."""
        if _recorded(running.ticket):
            running.worker.send(job.parcel(job.Stop()), [])
            await self._gone(running)
        await running.worker.stop()

    async def _gone(self, running: Running) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await running.worker.process.wait()

    def _desktop(self, target: Target, hello: Hello, credential: OfficeCredential | None) -> job.Desktop:
        return job.Desktop(
            kind=target.kind,
            host=target.host,
            account=credential.account if credential else "",
            domain=target.domain,
            password=credential.password.reveal() if credential else None,
            tls=_tls(target),
            pin="first-use" if target.certificate == "none" else self._pins.rule(target.id, target.certificate),
            layout=hello.layout,
            resize=target.resize,
            name=target.name,
        )

    def _report(self, ticket: Ticket, content: dict[str, Any]) -> None:
        match job.report(content):
            case job.Pinned() as pinned:
                target = self._config.target(ticket.tgt)
                if target is not None and target.certificate == "first-use":
                    self._pins.seen(ticket.tgt, pinned.fingerprint)
            case job.Ended() as ended:
                self._log.info("session-ended", session_id=ticket.ses, person_id=ticket.per, code=ended.code)

    async def _watch(self, ticket: Ticket, worker: SessionWorker) -> None:
        """Forget a session when its process is gone."""
        await worker.gone.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await worker.process.wait()
        if ticket.ses in self._running and self._running[ticket.ses].worker is worker:
            del self._running[ticket.ses]
        if worker.process.returncode is None or worker.process.returncode != os.EX_OK:
            self._log.warning("session-process-died", session_id=ticket.ses, code="office.pc-closed")
        await worker.stop()

    def cut(self, *, session: str, person: str, device: str) -> None:
        """End what matches any given one, at once."""

        def hit(ticket: Ticket) -> bool:
            return bool(
                (session and ticket.ses == session)
                or (person and ticket.per == person)
                or (device and ticket.dev == device)
            )

        for running in [running for running in self._running.values() if hit(running.ticket)]:
            self._tasks.start(self._end(running), name="cut")
        for writer in [writer for writer, ticket in self._api.items() if hit(ticket)]:
            writer.close()


def _hello(plain: bytes, ticket: Ticket) -> Hello:
    hello = decode_hello(plain)
    if hello.knd != ticket.knd:
        raise SudareError("caller.malformed", "another kind than the ticket's")
    return hello


def _hand_over(worker: SessionWorker, start: job.Start, files: list[socket.socket]) -> None:
    if not worker.send(job.parcel(start), [file.fileno() for file in files]):
        raise SudareError("office.sandbox", "the session process did not start")


def _recorded(ticket: Ticket) -> bool:
    return ticket.rgt.get("record", False)


def _client(ticket: Ticket, hello: Hello, channel: OfficeEnd) -> job.Client:
    view = hello.view
    if view is None:
        raise SudareError("caller.malformed", "a screen needs a view")
    may_input = ticket.rgt.get("input", False)
    return job.Client(job.Channel.of(channel.state()), view.w, view.h, view.scale, may_input)


def _tls(target: Target) -> str:
    """VNC without TLS only where the configuration says so, and that only on this host."""
    return "none" if target.certificate == "none" and target.host in _LOOPBACK else "require"


async def _dial(target: Target) -> socket.socket:
    """A connected socket to the office PC. Raises `office.pc-unreachable`."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(DIAL_S):
            found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            family, kind, protocol, _, address = found[0]
            sock = socket.socket(family, kind, protocol)
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                await loop.sock_connect(sock, address)
            except BaseException:
                sock.close()
                raise
            return sock
    except (OSError, TimeoutError) as failure:
        raise SudareError("office.pc-unreachable", f"{target.id}: {type(failure).__name__}") from None

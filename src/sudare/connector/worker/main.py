"""
The process of one session: waits for its one job, opens the office PC on the socket it is given, shows it.

It has no network, no files and no configuration; everything comes by parcel. It ends with the session, with the
connector, or 120 s after its last browser.
INVARIANT: single use: one person, one PC, one life.
"""

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.connector.worker import job
from sudare.connector.worker.link import Link
from sudare.connector.worker.loop import ScreenLoop
from sudare.connector.worker.rdp import open_rdp
from sudare.connector.worker.recorder import Recorder
from sudare.connector.worker.vnc import open_vnc, preference
from sudare.connector.worker.x11 import open_x11
from sudare.desktop.rdp.client import RDPDesktop
from sudare.desktop.source import DesktopSource
from sudare.pixels.mark import Pattern
from sudare.pixels.ops import Caps
from sudare.runtime.logs import get_logger
from sudare.runtime.parcel import Parcels, close_files
from sudare.runtime.tasks import Tasks
from sudare.wire.screen.lag import Figures

ALONE_S: Final = 120.0
FINISH_S: Final = 5.0  # for the last segment of a recording


class SessionProcess:
    """What runs in the process."""

    def __init__(self, pair: socket.socket, now: Callable[[], float], tasks: Tasks) -> None:
        self._now = now
        self._tasks = tasks
        self._loop: ScreenLoop | None = None
        self._recording: asyncio.Task[None] | None = None
        self._done = asyncio.Event()
        self._alone: asyncio.TimerHandle | None = None
        self._parcels = Parcels(pair, self._order, self._done.set)
        self._log = get_logger()

    async def run(self) -> None:
        """Until the session is over."""
        await self._done.wait()
        if self._loop is not None:
            self._loop.end("office.pc-closed")
        if self._recording is not None:
            await asyncio.wait([self._recording], timeout=FINISH_S)
        await asyncio.sleep(0)  # let the close frame leave
        self._parcels.close()

    def _order(self, content: dict[str, Any], files: list[int]) -> None:
        match job.order(content):
            case job.Start() as start if len(files) == 2 + (start.record is not None) and self._loop is None:
                # Before anything else: a mark that cannot be drawn is no order, and then there is no session.
                pattern = start.mark.pattern() if start.mark is not None else None
                self._tasks.start(self._begin(start, pattern, *files), name="begin")
            case job.Attach() as attach if len(files) == 1 and self._loop is not None:
                self._tasks.start(self._join(self._loop, attach.client, files[0]), name="attach")
            case job.Unrecorded() as unrecorded if not files and self._loop is not None:
                self._unrecorded(self._loop, unrecorded.code)
            case job.Way() as way if not files and self._loop is not None:
                self._loop.way(way.gateway_ms, way.connector_ms)
            case job.Share() as share if not files and self._loop is not None:
                self._loop.limit(share.kbit)
            case job.Stop():
                close_files(files)
                self._done.set()
            case _:
                close_files(files)

    async def _begin(self, start: job.Start, mark: Pattern | None, pc: int, line: int, film: int = -1) -> None:
        loop = ScreenLoop(now=self._now, on_ended=self._ended, on_figures=self._measured, mark=mark)
        self._loop = loop
        self._parcels.send(job.parcel(job.Began()))
        if start.record is not None:
            await self._record(loop, start.record, film)
        await self._join(loop, start.client, line)
        try:
            source = await self._open(start, socket.socket(fileno=pc), loop)
        except SudareError as failure:
            self._log.warning("desktop-failed", code=failure.code, detail=failure.detail)
            loop.end(failure.code)
            return
        except Exception:
            loop.end("bug.unexpected")
            raise
        if certificate := getattr(source, "certificate", None):
            self._parcels.send(job.parcel(job.Pinned(certificate)))
        sound = source.take_sound if start.desktop.sound and isinstance(source, RDPDesktop) else None
        loop.show(source, resizes=start.desktop.resize, sound=sound)

    async def _open(self, start: job.Start, sock: socket.socket, loop: ScreenLoop) -> DesktopSource:
        desktop = start.desktop
        sock.setblocking(False)
        if desktop.kind == "x11":
            cookie = Secret(bytes.fromhex(desktop.password)) if desktop.password else None
            return await open_x11(sock, cookie=cookie, layout=desktop.layout, on_change=loop.wake)
        password = Secret(desktop.password) if desktop.password is not None else None
        if desktop.kind == "vnc":
            return await open_vnc(
                sock,
                password=password,
                user=desktop.account,
                tls=desktop.tls,
                pin=desktop.pin,
                on_change=loop.wake,
                prefer=preference(sock),
            )
        if password is None:
            sock.close()
            raise SudareError("office.pc-credentials-missing")
        return await open_rdp(
            sock,
            host=desktop.host,
            user=desktop.account,
            domain=desktop.domain,
            password=password,
            w=start.client.w,
            h=start.client.h,
            scale=start.client.scale,
            layout=desktop.layout,
            pin=desktop.pin,
            on_change=loop.wake,
            sound=desktop.sound,
        )

    async def _record(self, loop: ScreenLoop, order: job.Record, film: int) -> None:
        _, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=film))
        recorder = Recorder(order, writer, now=self._now, wake=loop.wake)
        loop.record(recorder)

        async def run() -> None:
            try:
                await recorder.run()
            except OSError:
                self._log.info("recording-not-taken")  # the connector knows why, and decides
            finally:
                writer.close()

        self._recording = self._tasks.start(run(), name="record")

    def _unrecorded(self, loop: ScreenLoop, code: str) -> None:
        if code:
            loop.end(code)
        else:
            loop.record(None)

    async def _join(self, loop: ScreenLoop, client: job.Client, line: int) -> None:
        def make() -> Link:
            return Link(client.channel.state(), on_message=loop.heard, on_lost=self._lost, on_room=loop.wake)

        _, link = await asyncio.get_running_loop().create_unix_connection(make, sock=socket.socket(fileno=line))
        if self._alone is not None:
            self._alone.cancel()
            self._alone = None
        told = client.caps
        caps = Caps(told.tiles, ramp=told.ramp, jpeg=told.jpeg, video=told.video)
        loop.attach(link, caps, may_input=client.input, may_hear=told.audio)

    def _lost(self, link: Link) -> None:
        if self._loop is not None and self._loop.detached(link):
            self._alone = asyncio.get_running_loop().call_later(ALONE_S, self._loop.end, "link.lost")

    def _measured(self, figures: Figures) -> None:
        self._parcels.send(job.parcel(job.Lag(**asdict(figures))))

    def _ended(self, code: str) -> None:
        self._parcels.send(job.parcel(job.Ended(code)))
        self._done.set()


async def serve(pair_fd: int, now: Callable[[], float]) -> None:
    """Run the process of one session over its pair."""
    pair = socket.socket(fileno=os.dup(pair_fd))
    os.close(pair_fd)
    pair.setblocking(False)
    async with Tasks("session") as tasks:
        await SessionProcess(pair, now, tasks).run()

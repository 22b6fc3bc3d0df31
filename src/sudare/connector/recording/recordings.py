"""
The recordings of running sessions: begun with them, ended with them, and what happens when one cannot go on.

INVARIANT: a session whose ticket demands a recording does not begin without one, unless the configuration allows it.
"""

import asyncio
import contextlib
from typing import Final

from sudare.base.errors import SudareError
from sudare.connector.recording.shelf import Intake, Shelf
from sudare.connector.spawner import SessionWorker
from sudare.connector.worker import job
from sudare.runtime.logs import get_logger
from sudare.runtime.tasks import Tasks
from sudare.wire.ticket.codec import Ticket

GRACE_S: Final = 3.0  # for a recorded session to hand over its last seconds before its process is ended


def demanded(ticket: Ticket) -> bool:
    """Whether this ticket's session is to be recorded."""
    return ticket.rgt.get("record", False)


class Recordings:
    """Of all sessions of this connector; without a shelf those that must be recorded are refused."""

    def __init__(self, shelf: Shelf | None) -> None:
        self._shelf = shelf
        self._tasks = Tasks("recordings")
        self._running: set[asyncio.Task[None]] = set()
        self._log = get_logger()

    async def open(self) -> None:
        """Close what an earlier run left open."""
        if self._shelf is not None:
            await asyncio.to_thread(self._shelf.mend)

    async def close(self) -> None:
        """The sessions are ended: wait for their last words."""
        if self._running:
            await asyncio.wait(self._running, timeout=GRACE_S)
        await self._tasks.aclose()

    async def begin(self, ticket: Ticket) -> Intake | None:
        """The recording of a session that has to be recorded. Raises `office.recording`, `office.recording-full`."""
        if not demanded(ticket):
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

    def follow(self, ticket: Ticket, worker: SessionWorker, intake: Intake | None) -> None:
        """The process has its job: take in what it hands over."""
        if intake is None:
            return
        intake.handed_over()
        task = self._tasks.start(self._take_in(ticket, worker, intake), name="take-in")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def end(self, ticket: Ticket, worker: SessionWorker) -> None:
        """End a session from this side, now; a recorded one first hands over what it still holds."""
        if demanded(ticket):
            worker.send(job.parcel(job.Stop()), [])
            await self._gone(worker)
        await worker.stop()

    async def _take_in(self, ticket: Ticket, worker: SessionWorker, intake: Intake) -> None:
        """When a recording cannot go on, neither does its session, or the person is told."""
        required = self._shelf is not None and self._shelf.required
        self._log.info("recording-began", session_id=ticket.ses, recording=intake.recording)
        try:
            await intake.serve()
        except SudareError as failure:
            self._log.warning("recording-failed", session_id=ticket.ses, code=failure.code, detail=failure.detail)
            worker.send(job.parcel(job.Unrecorded(failure.code if required else "")), [])
            if required:
                await self._gone(worker)
                await worker.stop()
        else:
            self._log.info("recording-ended", session_id=ticket.ses, recording=intake.recording)

    async def _gone(self, worker: SessionWorker) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await worker.process.wait()

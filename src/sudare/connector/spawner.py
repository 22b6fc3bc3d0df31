"""
Session processes: one a session, one spare kept warm, none left behind.

A spare has its modules imported and waits for its one job; starting Python and numpy costs a quarter of a second that
nobody should wait for at 08:30.
INVARIANT: a process is used once; the spare knows nobody yet.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sudare.base.errors import SudareError
from sudare.connector.sandbox import command, environment
from sudare.runtime.logs import get_logger, level
from sudare.runtime.parcel import Parcels, close_files, pair

START_LIMIT = 4


class SessionWorker:
    """One process and the pair we share with it."""

    def __init__(self, process: asyncio.subprocess.Process, end: socket.socket) -> None:
        self.process = process
        self.on_report: Callable[[dict[str, Any]], None] = lambda _: None
        self.gone = asyncio.Event()
        self._parcels = Parcels(end, self._reported, self.gone.set)

    def _reported(self, content: dict[str, Any], files: list[int]) -> None:
        """No report brings files; those of a process that was taken over must not pile up here."""
        self.on_report(content)
        close_files(files)

    @property
    def alive(self) -> bool:
        """Whether it still listens."""
        return not self.gone.is_set() and self.process.returncode is None

    def send(self, content: dict[str, Any], files: list[int]) -> bool:
        """Hand over a parcel."""
        return self._parcels.send(content, files)

    def tell(self, content: dict[str, Any]) -> None:
        """Hand over a parcel without files; a process that is gone needs none."""
        self._parcels.send(content, [])

    async def stop(self) -> None:
        """End it, now."""
        self._parcels.close()
        self.gone.set()
        _kill(self.process)
        await self.process.wait()


def _kill(process: asyncio.subprocess.Process) -> None:
    """
    End it and what it has begun.

    bubblewrap's child waits for its parent before it asks to die with it: killed in between, the child waited for ever.
    """
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):
        process.send_signal(signal.SIGSTOP)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
        for child in children.split():
            os.kill(int(child), signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        process.kill()


class Spawner:
    """Starts session processes."""

    def __init__(self, sandbox: str) -> None:
        self._sandbox = sandbox
        self._starting = asyncio.Semaphore(START_LIMIT)
        self._warming = asyncio.Lock()
        self._spare: SessionWorker | None = None
        self._log = get_logger()

    async def take(self) -> SessionWorker:
        """A process ready for its job. Raises `office.sandbox`."""
        spare, self._spare = self._spare, None
        if spare is not None:
            if spare.alive:
                return spare
            await spare.stop()
        return await self._start()

    async def warm(self, after_s: float = 0.0) -> None:
        """Have a spare, so long from now, and only one however many ask at once."""
        await asyncio.sleep(after_s)
        async with self._warming:
            if self._spare is not None and not self._spare.alive:
                await self.close()
            if self._spare is None:
                self._spare = await self._start()

    async def _start(self) -> SessionWorker:
        async with self._starting:
            ours, theirs = pair()
            process = None
            try:
                process = await asyncio.create_subprocess_exec(
                    *command(self._sandbox, theirs.fileno(), level()),
                    pass_fds=(theirs.fileno(),),
                    env=environment(),
                    stdin=subprocess.DEVNULL,
                    cwd="/",
                )
            except OSError as failure:
                self._log.exception("sandbox-failed", code="office.sandbox")
                raise SudareError("office.sandbox", type(failure).__name__) from None
            else:
                return SessionWorker(process, ours)
            finally:
                theirs.close()
                if process is None:
                    ours.close()

    async def close(self) -> None:
        """End the spare."""
        spare, self._spare = self._spare, None
        if spare is not None:
            await spare.stop()

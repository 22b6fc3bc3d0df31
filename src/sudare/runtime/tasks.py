"""
Background tasks that somebody holds: named, supervised, ended together.

INVARIANT: no task outlives the `Tasks` it was started in; an unexpected failure is logged once and never lost.
"""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from sudare.base.errors import SudareError
from sudare.runtime.logs import get_logger


class Tasks:
    """
    A set of running tasks.

    Use as `async with Tasks("edge") as tasks`; leaving the block cancels what still runs and waits for it.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._running: set[asyncio.Task[Any]] = set()
        self._log = get_logger()

    def start(self, work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Run `work` in the background; a SudareError ends it quietly (debug), anything else is logged as a bug."""
        task = asyncio.get_running_loop().create_task(work, name=f"{self._name}.{name}")
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        failure = task.exception()
        if isinstance(failure, SudareError):
            self._log.debug("task-ended", task=task.get_name(), code=failure.code)
        elif failure is not None:
            self._log.error("task-failed", task=task.get_name(), code="bug.unexpected", exc_info=failure)

    def __len__(self) -> int:
        """How many are running."""
        return len(self._running)

    def cancel_all(self) -> None:
        """Ask all of them to stop, but the one that asks."""
        for task in self._others():
            task.cancel()

    def _others(self) -> list[asyncio.Task[Any]]:
        current = asyncio.current_task()
        return [task for task in self._running if task is not current]

    async def aclose(self) -> None:
        """Stop all and wait for them."""
        self.cancel_all()
        while waiting := self._others():
            await asyncio.wait(waiting)

    async def __aenter__(self) -> Self:
        """The set itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all and wait for them."""
        await self.aclose()

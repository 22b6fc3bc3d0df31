"""Processes we start and stop, each in a process group of its own; nobody else's is ever touched."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class NotReadyError(RuntimeError):
    """A server did not come up; its log's last lines are in the message."""


class Process:
    """One running program with its output in a log file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        keep: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.log = log
        self._stopped = False
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                pass_fds=list(keep),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Of the program we started."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._child.poll() is None

    def wait_until(self, ready: Callable[[], bool], seconds: float = 20) -> None:
        """Wait until it is ready; raises `NotReadyError` when it ends first or takes too long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if ready():
                return
            if not self.running:
                break
            time.sleep(0.05)
        state = "took too long" if self.running else f"ended with {self._child.returncode}"
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        raise NotReadyError(f"{self.name} {state}\n{tail}")

    def stop(self, seconds: float = 5) -> None:
        """End it and what it started; idempotent."""
        if self._stopped:
            return
        self._stopped = True  # from here on its number may belong to somebody else
        self._signal(signal.SIGTERM)
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._child.wait()
        self._signal(signal.SIGKILL)  # children that stayed behind in the group

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, number)


def free_port() -> int:
    """A TCP port nobody on loopback uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Whether somebody accepts connections on this loopback port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False

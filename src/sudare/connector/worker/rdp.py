"""
Joins the RDP client to asyncio: one descriptor to watch, one callback to call.

The worker has no network: it is given a connected socket, and the C shim uses that one.
"""

import asyncio
import contextlib
import shutil
import socket
import tempfile
from collections.abc import Callable

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.desktop.pin import Pin
from sudare.desktop.rdp.client import LAYOUTS, RDPDesktop, Settings
from sudare.desktop.source import Phase

_OPEN_TIMEOUT_S = 20.0


class WatchedRDPDesktop(RDPDesktop):
    """An `RDPDesktop` whose descriptor the event loop watches; its folder goes when it ends."""

    def __init__(self, line: int, settings: Settings, on_change: Callable[[], None]) -> None:
        super().__init__(line, settings)
        self._folder = settings.folder
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._watched = self.fd
        self.step = asyncio.Event()  # something happened; for `open_rdp`
        self._loop.add_reader(self._watched, self._readable)

    def _readable(self) -> None:
        self.wake()
        self.step.set()
        if self.phase is Phase.CLOSED:
            self._unwatch()
        self._on_change()

    def _unwatch(self) -> None:
        if self._watched >= 0:
            self._loop.remove_reader(self._watched)
            self._watched = -1

    def close(self) -> None:
        """Stop watching, end the session, leave no folder behind."""
        self._unwatch()
        super().close()
        shutil.rmtree(self._folder, ignore_errors=True)


async def open_rdp(  # noqa: D417
    sock: socket.socket | tuple[str, int],
    *,
    host: str,
    user: str,
    domain: str,
    password: Secret[str],
    w: int,
    h: int,
    scale: int,
    layout: str,
    pin: str,
    on_change: Callable[[], None],
    sound: bool = False,
    timeout_s: float = _OPEN_TIMEOUT_S,
) -> RDPDesktop:
    """
    An open RDP desktop over a connected socket (or an address, in tests); the socket is closed in any case.

    Args:
        host: the PC's name, for network level authentication only.
        layout: `jp` or `us`.
        pin: `first-use` or `sha256:<hex>`, see desktop/pin.py.

    Raises:
        SudareError: `office.pc-*`.

    """
    rule = Pin.parse(pin)
    line = await _connected(sock)
    with contextlib.closing(line):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        code = LAYOUTS.get(layout, LAYOUTS["us"])
        folder = _folder()
        settings = Settings(host, user, domain, password, w, h, scale, code, rule.sha256, folder, sound)
        try:
            desktop = WatchedRDPDesktop(line.fileno(), settings, on_change)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    try:
        async with asyncio.timeout(timeout_s):
            while desktop.phase is Phase.CONNECTING:
                await desktop.step.wait()
                desktop.step.clear()
    except TimeoutError as error:
        desktop.close()
        raise SudareError("office.pc-unreachable", "rdp: no answer in time") from error
    except BaseException:
        desktop.close()
        raise
    failure = desktop.failure
    if failure is not None:
        name = desktop.status.ending.error_name
        desktop.close()
        raise SudareError(failure, f"rdp: {name}")
    return desktop


def _folder() -> str:
    try:
        return tempfile.mkdtemp(prefix="sudare-rdp-")
    except OSError as error:
        raise SudareError("office.sandbox", "rdp: no folder to write to") from error


async def _connected(sock: socket.socket | tuple[str, int]) -> socket.socket:
    if isinstance(sock, socket.socket):
        return sock
    line = socket.socket()
    line.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(line, sock)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        line.close()
        raise SudareError("office.pc-unreachable", f"rdp: {type(error).__name__}") from error
    return line

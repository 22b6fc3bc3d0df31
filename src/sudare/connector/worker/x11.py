"""
Joins the X11 client to asyncio: one descriptor to watch, one callback to call, one deadline while text is typed.

The worker has no network and sees no file: it is given a connected socket, and pixels come through memory it shares
with the X server by descriptor.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.desktop.source import Phase
from sudare.desktop.x11.client import Settings, X11Desktop

OPEN_TIMEOUT_S: Final = 15.0
UNSAID_S: Final = 0.25  # a program that does not say that it has read its input has done so by then


class WatchedX11Desktop(X11Desktop):
    """An `X11Desktop` whose descriptor the event loop watches, from `watch` on."""

    _loop: asyncio.AbstractEventLoop | None = None
    _watched = -1
    _unsaid: asyncio.TimerHandle | None = None

    def watch(self, on_change: Callable[[], None]) -> None:
        """From now on by itself."""
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._watched = self.fd
        self._loop.add_reader(self._watched, self._readable)
        self._readable()  # what was read while it was opened

    def _readable(self) -> None:
        news = self.wake()
        self._mind()
        if self.phase is Phase.CLOSED:
            self._unwatch()
        if news:
            self._on_change()

    def typed(self) -> None:
        """The program said so, or time is up: type on, and wait anew if need be."""
        if self._unsaid is not None:
            self._unsaid.cancel()
            self._unsaid = None
        super().typed()
        self._mind()

    def text(self, text: str) -> None:
        """Type any Unicode."""
        super().text(text)
        self._mind()

    def key(self, *, down: bool, scancode: int, extended: bool, keysym: int) -> None:
        """One key."""
        super().key(down=down, scancode=scancode, extended=extended, keysym=keysym)
        self._mind()

    def _mind(self) -> None:
        if self.typing and self._unsaid is None and self._loop is not None:
            self._unsaid = self._loop.call_later(UNSAID_S, self.typed)

    def _unwatch(self) -> None:
        if self._unsaid is not None:
            self._unsaid.cancel()
            self._unsaid = None
        if self._loop is not None and self._watched >= 0:
            self._loop.remove_reader(self._watched)
            self._watched = -1

    def close(self) -> None:
        """Stop watching and leave."""
        self._unwatch()
        super().close()


async def open_x11(  # noqa: D417
    sock: socket.socket,
    *,
    cookie: Secret[bytes] | None,
    layout: str,
    on_change: Callable[[], None],
    timeout_s: float = OPEN_TIMEOUT_S,
) -> X11Desktop:
    """
    An open display over a connected socket, which is closed in any case.

    Args:
        cookie: MIT-MAGIC-COOKIE-1, for a server that asks for one.
        layout: `jp` or `us`: the keyboard the display gets.

    Raises:
        SudareError: `office.pc-*`.

    """
    loop = asyncio.get_running_loop()
    with contextlib.closing(sock):
        # xcb waits for the server's first words: in a thread, which the end of the line wakes.
        line, settings = sock.dup().detach(), Settings(cookie, layout)
        opening = loop.run_in_executor(None, WatchedX11Desktop, line, settings)
        try:
            async with asyncio.timeout(timeout_s):
                desktop = await asyncio.shield(opening)
        except BaseException as error:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            opening.add_done_callback(_discard)
            if isinstance(error, TimeoutError):
                raise SudareError("office.pc-unreachable", "x11: no answer in time") from error
            raise
    desktop.watch(on_change)
    return desktop


def _discard(opening: asyncio.Future[WatchedX11Desktop]) -> None:
    """It came too late for anybody."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()

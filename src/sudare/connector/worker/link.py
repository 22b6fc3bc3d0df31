"""
The session process's end of one browser's line: WebSocket frames, the sealed channel inside, records and inputs.

INVARIANT: nothing is queued here: what the transport cannot take at once shows in `unsent()`, and the loop waits.
INVARIANT: a browser that goes on asking (pings of either kind) and does not take the answers is let go at `UNHEARD`.
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from sudare.base.errors import SudareError
from sudare.runtime.websocket import WebSocketEnd
from sudare.wire.channel.channel import ChannelState, OfficeEnd

UNHEARD: Final = 16 << 20  # pictures wait until there is room; only answers can come to this much


class Link(asyncio.Protocol):
    """One line. `on_message(plain)`, `on_lost(link)`, `on_room()` when the transport takes more again."""

    def __init__(
        self,
        channel: ChannelState,
        *,
        on_message: Callable[[bytes], None],
        on_lost: Callable[["Link"], None],
        on_room: Callable[[], None],
    ) -> None:
        self._channel = OfficeEnd(channel)
        self._frames = WebSocketEnd()
        self._on_message = on_message
        self._on_lost = on_lost
        self._on_room = on_room
        self._transport: asyncio.Transport | None = None
        self._lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The line stands."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=1, low=0)

    def data_received(self, data: bytes) -> None:
        """Frames of the browser."""
        try:
            for message in self._frames.receive(data):
                self._on_message(self._channel.open(message))
        except SudareError as failure:
            self.close(failure)
            return
        self._flush()
        if self.unsent() > UNHEARD and self._transport is not None:
            self._transport.abort()
            self._gone()

    def send(self, plain: bytes) -> None:
        """One message of records, sealed; to a browser that has said goodbye nothing is said any more."""
        if self._lost:
            return
        try:
            self._frames.send(self._channel.seal(plain))
        except SudareError as failure:
            # Its goodbye came together with what is answered here, which counts all the same: the end of a session.
            if failure.code != "link.lost":
                raise
            return
        self._flush()

    def unsent(self) -> int:
        """Bytes the transport still holds."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def resume_writing(self) -> None:
        """The transport takes more."""
        self._on_room()

    def _flush(self) -> None:
        if (out := self._frames.data_to_send()) and self._transport is not None:
            self._transport.write(out)

    def close(self, failure: SudareError | None = None) -> None:
        """End the line; the close frame says why."""
        code, reason = (failure.close_code, failure.code) if failure is not None else (1000, "")
        self._frames.close(code, reason)
        self._flush()
        if self._transport is not None:
            self._transport.close()
        self._gone()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone."""
        del exc
        self._gone()

    def _gone(self) -> None:
        if not self._lost:
            self._lost = True
            self._on_lost(self)

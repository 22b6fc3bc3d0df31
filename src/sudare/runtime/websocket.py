"""
The server side of WebSocket frames (RFC 6455) after somebody else answered the handshake.

Binary messages only. `WebSocketEnd` does no I/O; `first_message` reads exactly one frame and not a byte more, so that
the rest of the connection can be handed to another process.
INVARIANT: memory is bounded by the message limit; a peer that breaks the protocol is told so (`caller.malformed`).
"""

import asyncio
from collections.abc import Iterator
from typing import Final

from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side, State

from sudare.base.errors import SudareError

MAX_MESSAGE: Final = 1 << 20
_FIN_BINARY: Final = 0x82


class WebSocketEnd:
    """One connection, from its first frame (or from wherever another process left it)."""

    def __init__(self, max_message: int = MAX_MESSAGE) -> None:
        self._protocol = Protocol(Side.SERVER, state=State.OPEN, max_size=max_message)
        self._parts = bytearray()

    def receive(self, data: bytes) -> Iterator[bytes]:
        """
        The messages that are now complete; to be gone through to the end.

        Raises, after the messages before that, `link.lost` when the peer closed, `caller.malformed` when it broke the
        protocol; look at `data_to_send` in both cases.
        """
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and (message := self._frame(event)) is not None:
                yield message
        if self._protocol.parser_exc is not None:
            raise SudareError("caller.malformed", f"websocket: {type(self._protocol.parser_exc).__name__}")

    def _frame(self, frame: Frame) -> bytes | None:
        match frame.opcode:
            case Opcode.BINARY | Opcode.CONT:
                self._parts += frame.data
                if not frame.fin:
                    return None
                message, self._parts = bytes(self._parts), bytearray()
                return message
            case Opcode.TEXT:
                self._protocol.fail(1003, "binary only")
                raise SudareError("caller.malformed", "websocket: text")
            case Opcode.CLOSE:
                raise SudareError("link.lost", "closed by the browser")
            case _:
                return None

    def send(self, message: bytes) -> None:
        """One binary message. Raises `link.lost` when either end said goodbye."""
        try:
            self._protocol.send_binary(message)
        except InvalidState:
            raise SudareError("link.lost", "closed") from None

    def close(self, code: int, reason: str) -> None:
        """Say goodbye, RFC 6455 5.5.1."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code, reason[:123])

    def data_to_send(self) -> bytes:
        """Bytes for the peer since the last call."""
        return b"".join(self._protocol.data_to_send())


async def first_message(reader: asyncio.StreamReader, limit: int = 65_536) -> bytes:
    """
    The first message, read frame-exactly; it must be one whole masked binary frame, as browsers send.

    Raises `caller.malformed`, or `link.lost` when the line ends first.
    """
    try:
        first, second = await reader.readexactly(2)
        length = second & 0x7F
        if first != _FIN_BINARY or not second & 0x80 or length == 127:
            raise SudareError("caller.malformed", "websocket: first frame")
        if length == 126:
            length = int.from_bytes(await reader.readexactly(2), "big")
        if length > limit:
            raise SudareError("caller.malformed", "websocket: first frame too long")
        mask = await reader.readexactly(4)
        body = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, OSError):
        raise SudareError("link.lost", "closed before the first message") from None
    return _unmask(body, mask)


def _unmask(body: bytes, mask: bytes) -> bytes:
    key = int.from_bytes((mask * (len(body) // 4 + 1))[: len(body)], "big")
    return (int.from_bytes(body, "big") ^ key).to_bytes(len(body), "big")

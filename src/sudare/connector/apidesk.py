"""
One `api` stream: requests of the portal inside the sealed channel, answered by the office desk.

INVARIANT: at most `AT_ONCE` requests are worked on at a time; the next message is not read before there is room, nor
while the browser does not read what it was sent.
"""

import asyncio
import contextlib
from typing import Final

from sudare.base.errors import SudareError
from sudare.connector.officedesk import problem
from sudare.connector.ports import OfficeCredential, OfficeDesk
from sudare.runtime.logs import get_logger
from sudare.runtime.tasks import Tasks
from sudare.runtime.websocket import WebSocketEnd
from sudare.wire.channel.channel import OfficeEnd
from sudare.wire.channel.office import Answer, Problem, Request, decode_request, encode
from sudare.wire.ticket.codec import Ticket

AT_ONCE: Final = 8
_CHUNK: Final = 65_536


class APIStream:
    """Serves one browser until it leaves."""

    def __init__(
        self,
        desk: OfficeDesk,
        ticket: Ticket,
        credential: OfficeCredential | None,
        channel: OfficeEnd,
        line: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._desk = desk
        self._ticket = ticket
        self._credential = credential
        self._channel = channel
        self._reader, self._writer = line
        self._frames = WebSocketEnd()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._log = get_logger()

    async def serve(self) -> None:
        """Until the line ends. Raises SudareError when it must end, OSError when it is lost."""
        async with Tasks("api-stream") as tasks:
            while data := await self._reader.read(_CHUNK):
                for message in self._frames.receive(data):
                    request = decode_request(self._channel.open(message))
                    await self._room.acquire()
                    tasks.start(self._answer(request), name="answer")
                self._flush()
                await self._writer.drain()

    async def _answer(self, request: Request) -> None:
        try:
            answer = Answer(request.id, ok=await self._ask(request))
        except SudareError as failure:
            self._log.info("office-refused", session_id=self._ticket.ses, code=failure.code)
            told = problem(failure)
            answer = Answer(request.id, problem=Problem(str(told["code"]), str(told.get("since", ""))))
        finally:
            self._room.release()
        self._frames.send(self._channel.seal(encode(answer)))
        self._flush()
        with contextlib.suppress(OSError):  # a browser that left; `serve` notices
            await self._writer.drain()

    async def _ask(self, request: Request) -> dict[str, object]:
        try:
            return await self._desk.answer(self._ticket, self._credential, request.op, request.args)
        except SudareError:
            raise
        except Exception as failure:  # noqa: BLE001 (one broken adapter must not end the stream)
            self._log.exception("office-bug", code="bug.unexpected", session_id=self._ticket.ses)
            raise SudareError("bug.unexpected", type(failure).__name__) from None

    def _flush(self) -> None:
        if out := self._frames.data_to_send():
            self._writer.write(out)

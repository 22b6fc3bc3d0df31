"""
Where recordings are put: begins one for a session, takes its sealed segments in, ends it in order or says why not.

The process of a session has no disk; it hands segments over a socket (docs/wire/recording.md). What it hands over is
checked, chained and signed here, and never opened: the content key is forgotten as soon as the process has it.
INVARIANT: a recording that cannot go on is reported once, and closed as far as the disk lets it.
"""

import asyncio
import contextlib
import re
import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sudare.base.encoding import b64
from sudare.base.errors import Family, SudareError
from sudare.base.secret import Secret
from sudare.connector.config import Recording
from sudare.connector.recording.file import SUFFIX, RecordingFile, mend
from sudare.connector.worker import job
from sudare.runtime.logs import get_logger
from sudare.wire.recording.blocks import LIMITS, Kind
from sudare.wire.recording.head import Head, How
from sudare.wire.recording.keys import key_id, wrap
from sudare.wire.recording.ledger import signer_text
from sudare.wire.recording.segment import KEY_SIZE
from sudare.wire.ticket.codec import Ticket

DISK_S: Final = 30.0  # a disk that takes longer over one segment is as good as none
_UNNAMEABLE: Final = re.compile(r"[^A-Za-z0-9._-]")


class Shelf:
    """All recordings of this connector. `connector`: its id; `now`: Unix seconds."""

    def __init__(
        self, settings: Recording, key: Ed25519PrivateKey, connector: str, *, now: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._key = key
        self._connector = connector
        self._now = now
        self._log = get_logger()

    @property
    def required(self) -> bool:
        """Whether a session that cannot be recorded must not be."""
        return self._settings.required

    def mend(self) -> int:
        """Close what an earlier run left open; how many."""
        self._settings.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        mended = [path for path in sorted(self._settings.directory.glob(f"*{SUFFIX}")) if mend(path, self._key)]
        for path in mended:
            self._log.warning("recording-mended", recording=path.stem.rpartition("-")[2])
        return len(mended)

    async def begin(self, ticket: Ticket) -> "Intake":
        """A recording of this session. Raises `office.recording-full`, `office.recording`."""
        content, recording, now = secrets.token_bytes(KEY_SIZE), secrets.token_hex(8), self._now()
        head = Head(
            id=recording,
            ses=ticket.ses,
            con=self._connector,
            ten=ticket.ten,
            per=ticket.per,
            acc=ticket.acc,
            dev=ticket.dev,
            tgt=ticket.tgt,
            started=int(now * 1000),
            kid=key_id(self._settings.key),
            wrapped=wrap(Secret(content), self._settings.key, recording),
            signer=signer_text(self._key),
        )
        path = self._path(head)
        try:
            self._settings.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            async with asyncio.timeout(DISK_S):
                file = await asyncio.to_thread(RecordingFile, path, head, self._key)
        except (OSError, TimeoutError) as failure:
            raise SudareError("office.recording", f"{path.parent}: {type(failure).__name__}") from None
        return Intake(file, job.Record(recording, b64(content)), lambda: int((self._now() - now) * 1000))

    def _path(self, head: Head) -> Path:
        day = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(head.started / 1000))
        return self._settings.directory / f"{day}-{_UNNAMEABLE.sub('_', head.tgt)}-{head.id}{SUFFIX}"


class Intake:
    """One recording under way. `order` and `theirs` go to the session's process."""

    def __init__(self, file: RecordingFile, order: job.Record, elapsed_ms: Callable[[], int]) -> None:
        self.order: job.Record | None = order
        self.recording = order.id
        self._file = file
        self._elapsed_ms = elapsed_ms
        self._ours, self.theirs = socket.socketpair()
        for end in (self._ours, self.theirs):
            end.setblocking(False)

    def handed_over(self) -> None:
        """The process has its order and its end; nothing of them stays here."""
        self.order = None
        self.theirs.close()

    async def abandon(self) -> None:
        """The session did not begin: there is nothing to keep."""
        self.handed_over()
        self._ours.close()
        await asyncio.to_thread(self._file.discard)

    async def serve(self) -> None:
        """Take segments in until the process is done. Raises `office.recording-full`, `office.recording`."""
        reader, writer = await asyncio.open_unix_connection(sock=self._ours, limit=1 << 20)
        how: How = "cut-short"  # also when this task is ended in haste
        try:
            while (segment := await _segment(reader)) is not None:
                async with asyncio.timeout(DISK_S):
                    await asyncio.to_thread(self._file.append, segment)
            how = "ended"
        except TimeoutError:
            how = "failed"
            raise SudareError("office.recording", "the disk does not answer") from None
        except (asyncio.IncompleteReadError, OSError):
            # The process died, or its recorder did: what it had handed over stands.
            raise SudareError("office.recording", "ended without its end") from None
        except SudareError as failure:
            how = "full" if failure.code == "office.recording-full" else "failed"
            code = failure.code if failure.family is Family.OFFICE else "office.recording"
            raise SudareError(code, failure.detail) from None
        finally:
            writer.close()
            await self._close(how)

    async def _close(self, how: How) -> None:
        """As far as the disk lets us; whoever ends this task in haste still leaves a recording that has its end."""
        with contextlib.suppress(SudareError, TimeoutError):
            async with asyncio.timeout(DISK_S):
                await asyncio.shield(asyncio.to_thread(self._file.close, how, self._elapsed_ms()))


async def _segment(reader: asyncio.StreamReader) -> bytes | None:
    """The next segment; None at the end the process announced."""
    size = int.from_bytes(await reader.readexactly(4), "little")
    if size > LIMITS[Kind.SEGMENT]:
        raise SudareError("caller.malformed", f"a segment of {size} bytes")
    return await reader.readexactly(size) if size else None

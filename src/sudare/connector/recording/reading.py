"""
Reading recordings: judged as they lie on the disk, and played as pictures.

INVARIANT: nothing is shown of a segment that was not signed, does not open, or is not where it belongs; after such a
one playing goes on at the next snapshot only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from sudare.base.errors import SudareError
from sudare.connector.recording.file import SUFFIX
from sudare.pixels.decoder import Client
from sudare.pixels.frames import Frame
from sudare.wire.recording.blocks import Block, BlockReader
from sudare.wire.recording.head import Head
from sudare.wire.recording.keys import unwrap
from sudare.wire.recording.ledger import Judge, Verdict
from sudare.wire.recording.segment import Entry, Span, unseal
from sudare.wire.screen import records as r

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture: the framebuffer itself, until the next is asked for. `snapshot`: it was sent whole."""

    at_ms: int
    frame: Frame
    snapshot: bool


def recordings(path: Path) -> list[Path]:
    """The recording at this path, or all in this directory, oldest first. Raises `caller.not-found`."""
    found = [path] if path.is_file() else sorted(path.glob(f"*{SUFFIX}"))
    if not found:
        raise SudareError("caller.not-found", f"no recording: {path}")
    return found


def judge(path: Path, *, signer: bytes | None = None, private: ec.EllipticCurvePrivateKey | None = None) -> Verdict:
    """What became of a recording; with the private key every segment is opened as well."""
    found, reader = Judge(signer), BlockReader()
    try:
        for block in _blocks(path, reader):
            found.take(block)
            head = found.head()
            if private is not None and head is not None and found.key is None:
                found.key = unwrap(head.wrapped, private, head.id).reveal()
    except SudareError as failure:
        if failure.code in {"caller.version", "caller.recording-key"}:
            raise
        return found.end(reader.trailing, unreadable=True)
    return found.end(reader.trailing)


class Film:
    """A recording to be played. Raises `caller.recording-key`; `caller.recording-broken` unless `broken` is allowed."""

    def __init__(
        self, path: Path, private: ec.EllipticCurvePrivateKey, *, signer: bytes | None = None, broken: bool = False
    ) -> None:
        self._path = path
        self._signer = signer
        self.verdict = judge(path, signer=signer)
        if self.verdict.head is None or (self.verdict.findings and not broken):
            raise SudareError("caller.recording-broken", str(path))
        self.head: Head = self.verdict.head
        self._key = unwrap(self.head.wrapped, private, self.head.id).reveal()

    def pictures(self, start_ms: int = 0, end_ms: int | None = None) -> Iterator[Shown]:
        """What was on the screen from `start_ms` on: first the picture that stood then, then each that followed."""
        client, snapshot, before = Client(), False, False
        for entry in self._entries(start_ms, end_ms):
            if before and entry.at_ms > start_ms:
                before = False
                yield Shown(start_ms, client.frame, snapshot=False)
            for record in r.decode(entry.record):
                snapshot |= bool(record.flags & r.Flag.RESET)
                _apply(client, record)
                if record.flags & r.Flag.LAST:
                    before = entry.at_ms < start_ms
                    if not before:
                        yield Shown(entry.at_ms, client.frame, snapshot)
                    snapshot = False
        if before:
            yield Shown(start_ms, client.frame, snapshot=False)

    def sizes(self) -> tuple[int, int]:
        """The largest width and height the screen ever had."""
        width = height = 0
        for entry in self._entries(0, None):
            for record in r.decode(entry.record):
                if isinstance(record.body, r.Resize):
                    width, height = max(width, record.body.w), max(height, record.body.h)
        return width, height

    def _entries(self, start_ms: int, end_ms: int | None) -> Iterator[Entry]:
        """From the last snapshot before the start; after a gap, from the next one."""
        first, follows = self._snapshot_before(start_ms), 0
        for span, body in self._spans():
            if span.index < first:
                continue
            entries = _opened(body, self._key, self.head.id) if span.snapshot or span.index == follows else None
            if entries is None:
                continue
            follows = span.index + 1
            for entry in entries:
                if end_ms is not None and entry.at_ms > end_ms:
                    return
                yield entry

    def _snapshot_before(self, at_ms: int) -> int:
        return max((s.index for s, _ in self._spans() if s.snapshot and s.start_ms <= at_ms), default=1)

    def _spans(self) -> Iterator[tuple[Span, bytes]]:
        found, reader = Judge(self._signer), BlockReader()
        try:
            for block in _blocks(self._path, reader):
                span = found.take(block)
                if span is not None:
                    yield span, block.body
        except SudareError:
            return  # what cannot be read was found out before, and allowed


def _apply(client: Client, record: r.Record) -> None:
    if record.flags & r.Flag.RESET:
        client.reset()
    match record.body:
        case r.Resize():
            client.resize(record.body.w, record.body.h)
        case r.Update():
            client.update(record.body.body)
        case _:
            return


def _opened(body: bytes, key: bytes, recording: str) -> list[Entry] | None:
    try:
        return unseal(body, key, recording)
    except SudareError:
        return None


def _blocks(path: Path, reader: BlockReader) -> Iterator[Block]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield from reader.receive(chunk)
    except OSError as failure:
        raise SudareError("caller.not-found", f"{path}: {type(failure).__name__}") from None

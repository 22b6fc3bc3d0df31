r"""
Segments: some seconds of a screen, sealed (docs/wire/recording.md).

    u32 index | u32 start_ms | u32 end_ms | u8 flags (1 snapshot) | AES-256-GCM(entries)
    entry: varint ms since the entry before (the first: since start_ms) | varint length | screen record

The records are opaque here: `wire.screen` knows what they say.
INVARIANT: a segment opens only as the one it was sealed as: index, times, flag and recording are bound to it.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sudare.base.cursor import Reader, Writer
from sudare.base.errors import SudareError

KEY_SIZE: Final = 32
TAG_SIZE: Final = 16
_HEAD: Final = struct.Struct("<IIIB")
_CONTEXT: Final = b"sudare-recording-segment-1\0"
_SNAPSHOT: Final = 1


@dataclass(frozen=True, slots=True)
class Span:
    """What is readable of a segment without the key. Index from 1; milliseconds since the recording began."""

    index: int
    start_ms: int
    end_ms: int
    snapshot: bool  # its first record resets the screen and a whole picture follows: playing can start here

    def encode(self) -> bytes:
        """Its bytes."""
        return _HEAD.pack(self.index, self.start_ms, self.end_ms, _SNAPSHOT if self.snapshot else 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of the screen and when it was made, in milliseconds since the recording began."""

    at_ms: int
    record: bytes


def span_of(body: bytes) -> Span:
    """What the segment says of itself. Raises `caller.malformed`."""
    if len(body) < _HEAD.size + TAG_SIZE:
        raise SudareError("caller.malformed", "segment too short")
    index, start, end, flags = _HEAD.unpack_from(body)
    if not index or start > end:
        raise SudareError("caller.malformed", "segment head")
    return Span(index, start, end, bool(flags & _SNAPSHOT))


def seal(span: Span, entries: Sequence[Entry], key: bytes, recording: str) -> bytes:
    """The body of a segment; each index is sealed once only under one key, for the index is the nonce."""
    out, last = Writer(), span.start_ms
    for entry in entries:
        out.varint(entry.at_ms - last).blob(entry.record)
        last = entry.at_ms
    head = span.encode()
    return head + AESGCM(key).encrypt(_nonce(span), out.done(), _aad(head, recording))


def unseal(body: bytes, key: bytes, recording: str) -> list[Entry]:
    """The records of a segment. Raises `caller.malformed` when it was changed or belongs elsewhere."""
    span = span_of(body)
    head, sealed = body[: _HEAD.size], body[_HEAD.size :]
    try:
        plain = AESGCM(key).decrypt(_nonce(span), sealed, _aad(head, recording))
    except (InvalidTag, ValueError):
        raise SudareError("caller.malformed", f"segment {span.index} does not open") from None
    reader, at_ms, out = Reader(plain), span.start_ms, []
    while reader.left():
        at_ms += reader.varint()
        out.append(Entry(at_ms, reader.blob()))
    return out


def _nonce(span: Span) -> bytes:
    return span.index.to_bytes(12, "big")


def _aad(head: bytes, recording: str) -> bytes:
    return _CONTEXT + head + recording.encode()

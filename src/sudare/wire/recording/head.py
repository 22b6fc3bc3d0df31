"""
What stands in clear in a recording: whose session it is and how it ended (docs/wire/recording.md).

INVARIANT: identifiers and times only; no title, no name of a person, nothing of the screen.
"""

import hashlib
from typing import Final, Literal, TypeVar

import msgspec

from sudare.base.encoding import b64, unb64
from sudare.base.errors import SudareError

VERSION: Final = 1
How = Literal["ended", "cut-short", "full", "failed"]


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first block; ids as in the ticket. `started`: Unix milliseconds."""

    v: int = VERSION
    id: str
    ses: str
    con: str
    ten: str
    per: str
    acc: str
    dev: str
    tgt: str
    started: int
    kid: str  # which recording key may read it
    wrapped: str  # the content key, for that key alone
    signer: str  # raw Ed25519 public key of the connector that wrote it


class Close(msgspec.Struct, frozen=True, kw_only=True):
    """The last block: the manifest. `hashes`: SHA-256 of every segment's body, in order."""

    how: How
    ended: int  # milliseconds after `started`
    hashes: list[str]


T = TypeVar("T", Head, Close)


def encode(value: Head | Close) -> bytes:
    """As JSON."""
    return msgspec.json.encode(value)


def decode_head(data: bytes) -> Head:
    """The head. Raises `caller.malformed`, and `caller.version` for one we do not speak."""
    head = _decode(data, Head)
    if head.v != VERSION:
        raise SudareError("caller.version", f"recording version {head.v}")
    if len(_bytes(head.signer)) != 32 or not head.id:
        raise SudareError("caller.malformed", "head")
    return head


def decode_close(data: bytes) -> Close:
    """The manifest. Raises `caller.malformed`."""
    return _decode(data, Close)


def hash_of(segment: bytes) -> str:
    """A segment's body as the manifest names it."""
    return b64(hashlib.sha256(segment).digest())


def signer_of(head: Head) -> bytes:
    """The raw public key the head names; whether it is the right one is for the reader to know."""
    return _bytes(head.signer)


def _decode(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise SudareError("caller.malformed", kind.__name__) from None


def _bytes(text: str) -> bytes:
    try:
        return unb64(text)
    except ValueError:
        raise SudareError("caller.malformed", "head") from None

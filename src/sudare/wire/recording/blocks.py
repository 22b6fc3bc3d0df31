r"""
Blocks of a recording file: how they lie in it, how they are chained, and what is signed (docs/wire/recording.md).

    u8 type | u32 length | 32 bytes prev | body | 64 bytes signature

INVARIANT: `prev` and the signature make each block provable by itself and bind it to the one before.
INVARIANT: a reader holds at most one block; whatever follows the last whole one is counted, never guessed at.
"""

import hashlib
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sudare.base.errors import SudareError

MAGIC: Final = b"SUDAREC1"
CONTEXT: Final = b"sudare-recording-1\0"
GENESIS: Final = bytes(32)
_HEAD: Final = struct.Struct("<BI32s")
_SIGNATURE: Final = 64


class Kind(IntEnum):
    """Type byte of a block."""

    HEAD = 1
    SEGMENT = 2
    CLOSE = 3


LIMITS: Final = {Kind.HEAD: 16_384, Kind.SEGMENT: 8 << 20, Kind.CLOSE: 8 << 20}


@dataclass(frozen=True, slots=True)
class Block:
    """One block as it stands in the file; nothing about it is proved yet."""

    kind: Kind
    prev: bytes
    body: bytes
    signature: bytes

    def link(self) -> bytes:
        """What the next block names as `prev`, and what the signature is over."""
        return _link(self.kind, self.prev, self.body)

    def signed_by(self, signer: bytes) -> bool:
        """Whether this raw Ed25519 public key signed it."""
        try:
            Ed25519PublicKey.from_public_bytes(signer).verify(self.signature, CONTEXT + self.link())
        except (InvalidSignature, ValueError):
            return False
        return True

    def encode(self) -> bytes:
        """Its bytes in the file."""
        return _HEAD.pack(self.kind, len(self.body), self.prev) + self.body + self.signature


def signed(kind: Kind, prev: bytes, body: bytes, key: Ed25519PrivateKey) -> Block:
    """A block that follows the one whose link is `prev`. Raises `caller.too-large`."""
    if len(body) > LIMITS[kind]:
        raise SudareError("caller.too-large", f"{kind.name} of {len(body)} bytes")
    return Block(kind, prev, body, key.sign(CONTEXT + _link(kind, prev, body)))


def _link(kind: Kind, prev: bytes, body: bytes) -> bytes:
    return hashlib.sha256(CONTEXT + bytes([kind]) + prev + body).digest()


class BlockReader:
    """A file's bytes in, whole blocks out. Raises `caller.malformed` where they are none."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._begun = False
        self.whole = 0  # bytes of the file up to the end of the last whole block

    @property
    def trailing(self) -> int:
        """Bytes after the last whole block: one that was never finished."""
        return len(self._held)

    def receive(self, data: bytes) -> list[Block]:
        """The blocks that are now whole."""
        self._held += data
        if not self._begun and not self._magic():
            return []
        out = []
        while (block := self._next()) is not None:
            out.append(block)
        return out

    def _magic(self) -> bool:
        start = bytes(self._held[: len(MAGIC)])
        if not MAGIC.startswith(start):
            raise SudareError("caller.malformed", "not a recording")
        self._begun = len(start) == len(MAGIC)
        if self._begun:
            self._drop(len(MAGIC))
        return self._begun

    def _next(self) -> Block | None:
        if len(self._held) < _HEAD.size:
            return None
        number, length, prev = _HEAD.unpack_from(self._held)
        try:
            kind = Kind(number)
        except ValueError:
            raise SudareError("caller.malformed", f"block type {number} at byte {self.whole}") from None
        if length > LIMITS[kind]:
            raise SudareError("caller.malformed", f"block of {length} bytes at byte {self.whole}")
        end = _HEAD.size + length
        if len(self._held) < end + _SIGNATURE:
            return None
        body, signature = bytes(self._held[_HEAD.size : end]), bytes(self._held[end : end + _SIGNATURE])
        self._drop(end + _SIGNATURE)
        return Block(kind, prev, body, signature)

    def _drop(self, size: int) -> None:
        del self._held[:size]
        self.whole += size

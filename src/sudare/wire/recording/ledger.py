"""
Writing and judging a recording: the chain of its blocks, from the head to the manifest (docs/wire/recording.md).

INVARIANT: after `Ledger.close` nothing more is written.
INVARIANT: a `Verdict` without findings means: every block was signed by the signer, and none is missing, changed,
added or moved between the head and the last block there is.
"""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sudare.base.encoding import b64
from sudare.base.errors import SudareError
from sudare.wire.recording import blocks as b
from sudare.wire.recording.head import Close, Head, How, decode_close, decode_head, encode, hash_of, signer_of
from sudare.wire.recording.segment import Span, span_of, unseal


class Ledger:
    """The writing side: bytes to append to the file, in order."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._prev = b.GENESIS
        self._hashes: list[str] = []
        self._last_ms = 0
        self._before = self._prev, self._last_ms
        self._closed = False

    @property
    def segments(self) -> int:
        """How many there are."""
        return len(self._hashes)

    @property
    def last_ms(self) -> int:
        """When the last one ended."""
        return self._last_ms

    def open(self, head: Head) -> bytes:
        """The beginning of the file."""
        if signer_of(head) != self._key.public_key().public_bytes_raw():
            raise SudareError("bug.unexpected", "a head that names another signer")
        return b.MAGIC + self._block(b.Kind.HEAD, encode(head))

    def append(self, segment: bytes) -> bytes:
        """One more segment. Raises `caller.malformed` when it does not follow the one before."""
        span = span_of(segment)
        if span.index != self.segments + 1 or span.start_ms < self._last_ms:
            raise SudareError("caller.malformed", f"segment {span.index} after {self.segments}")
        self._before = self._prev, self._last_ms
        out = self._block(b.Kind.SEGMENT, segment)
        self._hashes.append(hash_of(segment))
        self._last_ms = span.end_ms
        return out

    def close(self, how: How, ended_ms: int) -> bytes:
        """The manifest."""
        out = self._block(b.Kind.CLOSE, encode(Close(how=how, ended=ended_ms, hashes=self._hashes)))
        self._closed = True
        return out

    def undo(self) -> None:
        """The last segment could not be written: as if it had not been appended."""
        self._prev, self._last_ms = self._before
        self._hashes.pop()

    def follow(self, block: b.Block) -> None:
        """Go on after this one, which was judged to be in its place: the head, then each segment."""
        self._prev = block.link()
        if block.kind is b.Kind.SEGMENT:
            self._hashes.append(hash_of(block.body))
            self._last_ms = span_of(block.body).end_ms

    def _block(self, kind: b.Kind, body: bytes) -> bytes:
        if self._closed:
            raise SudareError("bug.unexpected", "written to after it was closed")
        block = b.signed(kind, self._prev, body, self._key)
        self._prev = block.link()
        return block.encode()


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, with which segment (0: with the recording as a whole)."""

    what: str  # "changed" | "missing" | "misplaced" | "signer" | "head" | "manifest" | "unreadable" | "after-close"
    segment: int = 0


@dataclass(slots=True)
class Verdict:
    """What a recording turned out to be."""

    head: Head | None = None
    close: Close | None = None
    segments: int = 0
    last_ms: int = 0
    trailing: int = 0  # bytes of a block that was never finished
    findings: list[Finding] = field(default_factory=list)

    @property
    def state(self) -> str:
        """`whole`: closed by its connector; `cut-short`: it has no end, or says so itself; or `broken`."""
        if self.findings or self.head is None:
            return "broken"
        return "whole" if self.close is not None and self.close.how == "ended" else "cut-short"


class Judge:
    """The reading side. `signer`: whose recording it has to be; `key`: content key, to open every segment too."""

    def __init__(self, signer: bytes | None = None, key: bytes | None = None) -> None:
        self._wanted = signer
        self._signer = signer or b""
        self.key = key
        self._verdict = Verdict()
        self._prev = b.GENESIS
        self._sound = True  # whether `_prev` can be held against the next block
        self._missing: set[int] = set()
        self._hashes: dict[int, str] = {}
        self._next = 1

    def head(self) -> Head | None:
        """The head, once there was one."""
        return self._verdict.head

    def take(self, block: b.Block) -> Span | None:
        """The next block; its span when it is a segment that may be read."""
        verdict = self._verdict
        if verdict.close is not None:
            self._find("after-close")
            return None
        if verdict.head is None:
            self._head(block)
            return None
        if block.kind is b.Kind.SEGMENT:
            return self._segment(block)
        if block.kind is b.Kind.CLOSE:
            self._close(block)
        else:
            self._find("head")
        return None

    def end(self, trailing: int = 0, *, unreadable: bool = False) -> Verdict:
        """Nothing more comes."""
        for index in sorted(self._missing):
            self._find("missing", index)
        self._missing.clear()
        if unreadable:
            self._find("unreadable", self._next)
        self._verdict.trailing = trailing
        if self._verdict.close is not None and trailing:
            self._find("after-close")
        self._verdict.findings.sort(key=lambda finding: finding.segment)
        return self._verdict

    def _find(self, what: str, segment: int = 0) -> None:
        finding = Finding(what, segment)
        if finding not in self._verdict.findings:
            self._verdict.findings.append(finding)

    def _head(self, block: b.Block) -> None:
        try:
            head = decode_head(block.body)
        except SudareError as failure:
            if failure.code == "caller.version":
                raise
            head = None
        if head is None or block.kind is not b.Kind.HEAD or block.prev != b.GENESIS:
            raise SudareError("caller.malformed", "does not begin with a head")
        self._verdict.head = head
        self._signer = signer_of(head)
        if self._wanted is not None and self._signer != self._wanted:
            self._find("signer")
        if not block.signed_by(self._signer):
            self._find("head")
        self._prev = block.link()

    def _segment(self, block: b.Block) -> Span | None:
        try:
            span = span_of(block.body)
        except SudareError:
            self._find("changed", self._next)
            self._step(block, self._next, sound=False)
            return None
        changed = not block.signed_by(self._signer) or not self._opens(block.body)
        if changed:
            # What it says of itself is not proved: it is taken for the one that belongs here.
            self._find("changed", self._next)
            self._step(block, self._next, sound=False)
            return None
        in_place = span.index == self._next and (not self._sound or block.prev == self._prev)
        if not in_place:
            self._displaced(span)
        self._hashes[span.index] = hash_of(block.body)
        self._step(block, span.index, sound=in_place)
        self._verdict.segments += 1
        self._verdict.last_ms = max(self._verdict.last_ms, span.end_ms)
        return span if in_place else None

    def _displaced(self, span: Span) -> None:
        """A signed segment that is not the one that belongs here."""
        if span.index > self._next:
            self._missing |= set(range(self._next, span.index))
        else:
            self._missing.discard(span.index)
            self._find("misplaced", span.index)

    def _step(self, block: b.Block, index: int, *, sound: bool) -> None:
        self._prev, self._sound = block.link(), sound
        self._next = max(self._next, index + 1)

    def _opens(self, body: bytes) -> bool:
        if self.key is None or self._verdict.head is None:
            return True
        try:
            unseal(body, self.key, self._verdict.head.id)
        except SudareError:
            return False
        return True

    def _close(self, block: b.Block) -> None:
        try:
            close = decode_close(block.body)
        except SudareError:
            self._find("manifest")
            return
        if not block.signed_by(self._signer):
            self._find("manifest")
            return
        if self._sound and block.prev != self._prev and len(close.hashes) < self._next:
            self._find(
                "manifest"
            )  # it follows something else; where segments are lost at the end, that is said instead
        self._verdict.close = close
        self._missing |= set(range(self._next, len(close.hashes) + 1))
        for index, seen in self._hashes.items():
            if index > len(close.hashes) or close.hashes[index - 1] != seen:
                self._find("misplaced", index)


def signer_text(key: Ed25519PrivateKey) -> str:
    """The public half as the head names it."""
    return b64(key.public_key().public_bytes_raw())

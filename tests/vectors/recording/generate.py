"""Writes the recording vectors: `python -m tests.vectors.recording.generate`. Format: tests/vectors/README.md."""

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sudare.base.secret import Secret
from sudare.wire.recording.head import Head
from sudare.wire.recording.keys import key_id, wrap
from sudare.wire.recording.ledger import Ledger, signer_text
from sudare.wire.recording.segment import Entry, Span, seal

HERE = Path(__file__).parent
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
READER = ec.derive_private_key(7, ec.SECP256R1())
CONTENT = bytes(range(100, 132))
ID = "0123456789abcdef"
SEGMENTS = [
    (Span(1, 0, 9_800, snapshot=True), [Entry(0, b"first"), Entry(0, b""), Entry(9_800, b"\x00" * 300)]),
    (Span(2, 70_000, 70_200, snapshot=True), [Entry(70_000, b"second"), Entry(70_200, b"third")]),
    (Span(3, 70_400, 70_400, snapshot=False), [Entry(70_400, b"last")]),
]


def head(wrapped=None):
    return Head(
        id=ID, ses="s1", con="con1", ten="main", per="p1", acc="yamada", dev="", tgt="kikaku-0123",
        started=1_790_000_000_000, kid=key_id(READER.public_key()),
        wrapped=wrapped or wrap(Secret(CONTENT), READER.public_key(), ID), signer=signer_text(SIGNER),
    )  # fmt: skip


def pieces(how="ended", wrapped=None):
    """The file in its parts: beginning, one a segment, manifest."""
    ledger = Ledger(SIGNER)
    out = [ledger.open(head(wrapped))]
    out += [ledger.append(seal(span, entries, CONTENT, ID)) for span, entries in SEGMENTS]
    return [*out, ledger.close(how, 75_000)]


def everything():
    # Wrapping draws a fresh key each time; what a vector was once made with stays.
    path = HERE / "recording.json"
    wrapped = json.loads(path.read_text())["wrapped"] if path.exists() else head().wrapped
    return {
        "reader": f"{READER.private_numbers().private_value:064x}",
        "content_key": CONTENT.hex(),
        "wrapped": wrapped,
        "segments": [
            {
                "index": span.index,
                "start_ms": span.start_ms,
                "end_ms": span.end_ms,
                "snapshot": span.snapshot,
                "entries": [{"at_ms": entry.at_ms, "record": entry.record.hex()} for entry in entries],
            }
            for span, entries in SEGMENTS
        ],
        "file": b"".join(pieces(wrapped=wrapped)).hex(),
    }


if __name__ == "__main__":
    content = everything()
    (HERE / "recording.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")

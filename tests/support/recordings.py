"""Recordings for tests: made by the product's own recorder, without an office PC."""

from types import SimpleNamespace

import numpy as np
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sudare.base.secret import Secret
from sudare.connector.recording.file import RecordingFile
from sudare.connector.worker.recorder import Noted, Reel
from sudare.wire.recording.head import Head
from sudare.wire.recording.keys import key_id, wrap
from sudare.wire.recording.ledger import signer_text

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNED_BY = SIGNER.public_key().public_bytes_raw()
READER = ec.derive_private_key(7, ec.SECP256R1())
CONTENT = bytes(range(100, 132))
ID = "0123456789abcdef"
STARTED = 1_790_000_000_000


def head(**change):
    public = READER.public_key()
    fields = {
        "id": ID, "ses": "s1", "con": "con1", "ten": "main", "per": "p1", "acc": "yamada", "dev": "", "tgt": "pc",
        "started": STARTED, "kid": key_id(public), "wrapped": wrap(Secret(CONTENT), public, ID),
        "signer": signer_text(SIGNER),
    }  # fmt: skip
    return Head(**(fields | change))


def reader_file(folder, key=READER):
    """The auditor's key as a file."""
    path = folder / "auditor.key"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def noise(w, h, seed):
    return np.random.default_rng(seed).integers(0, 256, (h, w, 4), np.uint8)


def segments(shown):
    """The sealed segments of (ms, picture, ...)."""
    reel, out = Reel(ID, CONTENT), []
    for at_ms, picture in shown:
        reel.copy(picture, [], whole=True)
        out += reel.picture(at_ms, Noted(whole=True))
    return out + reel.cut()


def written(folder, shown, *, how="ended", name="20260101T000000Z-pc-0123456789abcdef.sudarec", **change):
    """A recording file of these pictures; `how` None leaves it open, as a crash does."""
    file = RecordingFile(folder / name, head(**change), SIGNER)
    for segment in segments(shown):
        file.append(segment)
    if how is not None:
        file.close(how, shown[-1][0] if shown else 0)
    return SimpleNamespace(path=folder / name, file=file)


def pictures(film, *span, **more):
    """(ms, BGR, snapshot) of everything played."""
    return [(s.at_ms, s.frame[:, :, :3].copy(), s.snapshot) for s in film.pictures(*span, **more)]

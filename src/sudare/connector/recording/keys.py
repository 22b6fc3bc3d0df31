"""
The two keys of recordings: the auditor's, that reads, and the connector's, that signs.

INVARIANT: the connector is given the reading key's public half only; a private key is never written over.
"""

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from sudare.base.errors import SudareError
from sudare.connector.identity import write_private

SIGNER: Final = "recording-signer.key"
PRIVATE: Final = "recording.key"
PUBLIC: Final = "recording.pub"


def make(directory: Path) -> tuple[Path, Path]:
    """A new pair for the auditor: (private, public). Raises `caller.configuration` when there is one already."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    private, public = directory / PRIVATE, directory / PUBLIC
    key = ec.generate_private_key(ec.SECP256R1())
    try:
        handle = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SudareError("caller.configuration", f"{private} exists already") from None
    with os.fdopen(handle, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


def reading_public(path: Path) -> ec.EllipticCurvePublicKey:
    """The public half a connector records for. Raises ValueError with what is wrong."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as failure:
        raise ValueError(f"{path}: {type(failure).__name__}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(f"{path}: not a public key in PEM; `sudare recording keys` makes a pair") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError(f"{path}: a P-256 key is expected")  # noqa: TRY004 - a mistake in a file, not in a call
    return key


def reading_private(path: Path) -> ec.EllipticCurvePrivateKey:
    """The auditor's key. Raises `caller.recording-key`."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as failure:
        raise SudareError("caller.recording-key", f"{path}: {type(failure).__name__}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SudareError("caller.recording-key", f"{path}: a P-256 private key is expected")
    return key


def signer(state: Path) -> Ed25519PrivateKey:
    """The connector's signing key, made when it is first needed."""
    path = state / SIGNER
    if not path.exists():
        fresh = Ed25519PrivateKey.generate()
        write_private(path, fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise SudareError("caller.configuration", f"{path}: an Ed25519 key is expected")
    return key

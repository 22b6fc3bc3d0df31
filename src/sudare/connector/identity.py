"""
Who this connector is: two keys made here that never leave, a certificate, and whom it trusts.

Files in the state directory, mode 0600: `connector.key` (proof), `seal.key` (channel, secrets), `connector.json`.
INVARIANT: private keys are written before anything that depends on them, and atomically.
INVARIANT: whenever the power fails, key and certificate on disk belong together, or `load` finds the pair that does.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from sudare.base.encoding import unb64
from sudare.base.errors import SudareError

KEY: Final = "connector.key"
SEAL: Final = "seal.key"
FACTS: Final = "connector.json"
_NEXT_KEY: Final = "connector-next.key"


class Facts(msgspec.Struct, frozen=True):
    """What joining taught: public things only. `pin`: SHA-256 of the gateway's TLS key, hex, or empty."""

    connector: str
    certificate: str
    ticket_keys: dict[str, str]
    gateway: str
    pin: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Keys and facts of one connector."""

    key: ec.EllipticCurvePrivateKey
    seal: ec.EllipticCurvePrivateKey
    facts: Facts

    @property
    def seal_public(self) -> bytes:
        """What browsers seal to: uncompressed P-256 point, 65 bytes."""
        return self.seal.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def ticket_keys(self) -> dict[str, bytes]:
        """Keys tickets are verified with: key id to raw Ed25519 public key."""
        return {kid: unb64(key) for kid, key in self.facts.ticket_keys.items()}

    def renew_at(self) -> float:
        """When two thirds of the certificate's life are over, Unix seconds."""
        certificate = x509.load_pem_x509_certificate(self.facts.certificate.encode())
        start, end = certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()
        return start + (end - start) * 2 / 3


def write_private(path: Path, data: bytes) -> None:
    """Write a file only its owner reads, all or nothing."""
    draft = path.with_suffix(path.suffix + ".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)
    draft.replace(path)


def new_key() -> ec.EllipticCurvePrivateKey:
    """A fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """PKCS #8, unencrypted: the file's mode is its protection."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def request(key: ec.EllipticCurvePrivateKey, name: str) -> str:
    """A certificate signing request; the gateway puts its own subject."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64] or "connector")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return csr.public_bytes(Encoding.PEM).decode()


def load(state: Path) -> Identity:
    """The identity in a state directory. Raises `denied.connector-proof` when it has not joined."""
    try:
        facts = msgspec.json.decode((state / FACTS).read_bytes(), type=Facts)
        return Identity(_key_of(state, facts.certificate), _key(state / SEAL), facts)
    except (OSError, ValueError, TypeError, msgspec.MsgspecError) as failure:
        raise SudareError("denied.connector-proof", f"{state}: not joined ({type(failure).__name__})") from None


def save_facts(state: Path, facts: Facts) -> None:
    """Remember the facts."""
    write_private(state / FACTS, msgspec.json.encode(facts))


def renew(state: Path, identity: Identity, key: ec.EllipticCurvePrivateKey, certificate: str) -> Identity:
    """The identity with a new key and its certificate. Raises `caller.malformed` when they do not belong together."""
    if not _belong(key, certificate):
        raise SudareError("caller.malformed", "the renewed certificate is for another key")
    facts = msgspec.structs.replace(identity.facts, certificate=certificate)
    write_private(state / _NEXT_KEY, key_pem(key))
    save_facts(state, facts)  # from here on the new pair counts
    (state / _NEXT_KEY).replace(state / KEY)
    return Identity(key, identity.seal, facts)


def _key_of(state: Path, certificate: str) -> ec.EllipticCurvePrivateKey:
    """The key of this certificate: `connector.key`, or the next one when a renewal was cut short."""
    if (state / _NEXT_KEY).exists() and _belong(_key(state / _NEXT_KEY), certificate):
        (state / _NEXT_KEY).replace(state / KEY)
    return _key(state / KEY)


def _belong(key: ec.EllipticCurvePrivateKey, certificate: str) -> bool:
    try:
        return x509.load_pem_x509_certificate(certificate.encode()).public_key() == key.public_key()
    except ValueError:
        return False


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(path.name)
    return key

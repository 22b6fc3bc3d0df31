"""
HPKE (RFC 9180), mode base, for one suite: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM.

The cryptography package has the primitives and a single-shot HPKE, but no contexts and no export; a channel needs both.
Checked against appendix A.3 of the RFC.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sudare.base.errors import SudareError

ENC_SIZE: Final = 65
TAG_SIZE: Final = 16
_KEM: Final = b"KEM\x00\x10"
_SUITE: Final = b"HPKE\x00\x10\x00\x01\x00\x01"


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The uncompressed point of the public half, 65 bytes (SEC 1, 2.3.3)."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _labeled_extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, hashlib.sha256)


def _labeled_expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return HKDFExpand(algorithm=hashes.SHA256(), length=length, info=labeled).derive(prk)


def _shared_secret(private: ec.EllipticCurvePrivateKey, peer: bytes, kem_context: bytes) -> bytes:
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), peer)
    except ValueError:
        raise SudareError("caller.malformed", "not a point of P-256") from None
    dh = private.exchange(ec.ECDH(), point)
    prk = _labeled_extract(_KEM, b"", b"eae_prk", dh)
    return _labeled_expand(_KEM, prk, b"shared_secret", kem_context, 32)


@dataclass(slots=True)
class Sequence:
    """One direction: an AES-128-GCM key whose nonce counts, RFC 9180 5.2."""

    key: bytes
    base_nonce: bytes
    sequence: int = 0

    def _next_nonce(self) -> bytes:
        nonce = int.from_bytes(self.base_nonce, "big") ^ self.sequence
        self.sequence += 1
        return nonce.to_bytes(12, "big")

    def seal(self, plain: bytes, aad: bytes = b"") -> bytes:
        """The next message, sealed (16 bytes longer)."""
        return AESGCM(self.key).encrypt(self._next_nonce(), plain, aad)

    def open(self, sealed: bytes, aad: bytes = b"") -> bytes:
        """The next message. Raises `caller.malformed` when it was not sealed as the next one."""
        try:
            return AESGCM(self.key).decrypt(self._next_nonce(), sealed, aad)
        except (InvalidTag, ValueError):
            raise SudareError("caller.malformed", "a message does not open") from None


@dataclass(frozen=True, slots=True)
class Context:
    """The key schedule's result, RFC 9180 5.1."""

    key: bytes
    base_nonce: bytes
    exporter_secret: bytes

    def sequence(self) -> Sequence:
        """The sender-to-recipient direction, from its start."""
        return Sequence(self.key, self.base_nonce)

    def export(self, label: bytes, length: int) -> bytes:
        """RFC 9180 5.3."""
        return _labeled_expand(_SUITE, self.exporter_secret, b"sec", label, length)


def _schedule(shared: bytes, info: bytes) -> Context:
    psk_id_hash = _labeled_extract(_SUITE, b"", b"psk_id_hash", b"")
    info_hash = _labeled_extract(_SUITE, b"", b"info_hash", info)
    context = b"\x00" + psk_id_hash + info_hash
    secret = _labeled_extract(_SUITE, shared, b"secret", b"")
    return Context(
        _labeled_expand(_SUITE, secret, b"key", context, 16),
        _labeled_expand(_SUITE, secret, b"base_nonce", context, 12),
        _labeled_expand(_SUITE, secret, b"exp", context, 32),
    )


def setup_sender(recipient: bytes, info: bytes, ephemeral: ec.EllipticCurvePrivateKey) -> tuple[bytes, Context]:
    """(enc, context) for a recipient's public key; the ephemeral key must be used once only."""
    enc = public_bytes(ephemeral)
    return enc, _schedule(_shared_secret(ephemeral, recipient, enc + recipient), info)


def setup_recipient(enc: bytes, private: ec.EllipticCurvePrivateKey, info: bytes) -> Context:
    """The context of what came with `enc`. Raises `caller.malformed` when that is no point."""
    return _schedule(_shared_secret(private, enc, enc + public_bytes(private)), info)

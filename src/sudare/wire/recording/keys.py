r"""
Who may read: a recording's content key, wrapped to the site's recording key (docs/wire/recording.md).

HPKE (RFC 9180), mode base, single-shot: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM;
`info` = "sudare-recording-key-1\0" + the recording's id.
INVARIANT: whoever wraps cannot unwrap; a wrapped key opens for one recording only.
"""

import hashlib
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sudare.base.encoding import b64, unb64
from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.wire.recording.segment import KEY_SIZE

_INFO: Final = b"sudare-recording-key-1\0"


def key_id(public: ec.EllipticCurvePublicKey) -> str:
    """First 8 bytes of SHA-256 of the uncompressed point, hex."""
    return hashlib.sha256(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)).hexdigest()[:16]


def wrap(key: Secret[bytes], public: ec.EllipticCurvePublicKey, recording: str) -> str:
    """The content key as the head carries it."""
    return b64(_suite().encrypt(key.reveal(), public, _INFO + recording.encode()))


def unwrap(wrapped: str, private: ec.EllipticCurvePrivateKey, recording: str) -> Secret[bytes]:
    """The content key. Raises `caller.recording-key` when it was wrapped for another key or recording."""
    try:
        key = _suite().decrypt(unb64(wrapped), private, _INFO + recording.encode())
    except (InvalidTag, ValueError):
        raise SudareError("caller.recording-key", "the content key does not open") from None
    if len(key) != KEY_SIZE:
        raise SudareError("caller.recording-key", "content key size")
    return Secret(key)


def _suite() -> Suite:
    return Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

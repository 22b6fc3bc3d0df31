"""
How a connector proves who it is: a signature over the gateway's challenge and the gateway's own TLS key.

Signing the TLS key the connector *saw* makes a proof given to an impostor worth nothing at the real gateway.
"""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from sudare.base.errors import SudareError

_CONTEXT: Final = b"sudare-control-1\0"


def _statement(nonce: bytes, boot: str, gateway_spki: bytes) -> bytes:
    return _CONTEXT + nonce + boot.encode() + gateway_spki


def prove(key: ec.EllipticCurvePrivateKey, nonce: bytes, boot: str, gateway_spki: bytes) -> bytes:
    """ECDSA P-256 SHA-256, DER; `gateway_spki` is the SHA-256 of the TLS key seen."""
    return key.sign(_statement(nonce, boot, gateway_spki), ec.ECDSA(hashes.SHA256()))


def check(key: ec.EllipticCurvePublicKey, signature: bytes, nonce: bytes, boot: str, gateway_spki: bytes) -> None:
    """Raises `denied.connector-proof` unless `key` signed this."""
    try:
        key.verify(signature, _statement(nonce, boot, gateway_spki), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        raise SudareError("denied.connector-proof", "signature") from None

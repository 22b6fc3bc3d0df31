"""TLS as Sudare uses it: 1.2 or newer, and pinning by the peer's public key."""

import hashlib
import hmac
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sudare.base.errors import SudareError


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """The gateway's context."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["http/1.1"])
    return context


def client_context(*, pinned: bool) -> ssl.SSLContext:
    """
    A connector's context. With a pin the key decides (`check_pin`), otherwise the system's trust store.

    Reading that takes 30 ms, so it is only read where it decides, and whoever dials often keeps the context.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if pinned else ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if pinned:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def spki_of(certificate: x509.Certificate) -> bytes:
    """SHA-256 of the certificate's SubjectPublicKeyInfo (RFC 7469 2.4)."""
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()


def spki_of_file(certificate: Path) -> bytes:
    """The same of the first certificate in a PEM file."""
    return spki_of(x509.load_pem_x509_certificate(certificate.read_bytes()))


def spki_of_peer(connection: ssl.SSLObject) -> bytes:
    """The same of the peer of an established connection. Raises `denied.connector-proof` when it shows none to read."""
    der = connection.getpeercert(binary_form=True)
    if der is None:
        raise SudareError("denied.connector-proof", "the gateway showed no certificate")
    try:
        return spki_of(x509.load_der_x509_certificate(der))
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):  # OpenSSL without verification takes more than this
        raise SudareError("denied.connector-proof", "the gateway's certificate cannot be read") from None


def check_pin(connection: ssl.SSLObject, pin: bytes | None) -> bytes:
    """The peer's key hash. Raises `denied.connector-proof` unless it is the pinned one (None: no pin)."""
    spki = spki_of_peer(connection)
    if pin is not None and not hmac.compare_digest(spki, pin):
        raise SudareError("denied.connector-proof", f"the gateway's key is {spki.hex()}, not the pinned one")
    return spki

"""
The connector authority: a small CA of this installation whose only subjects are its connectors.

INVARIANT: it signs only P-256 keys, for seven days, and puts the connector's id and tenant there itself.
"""

import datetime as dt
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sudare.base.errors import SudareError
from sudare.gateway.ports import Identity

LIFE: Final = dt.timedelta(days=7)
_SKEW: Final = dt.timedelta(minutes=5)
_ROOT_LIFE: Final = dt.timedelta(days=3650)
# What reading somebody else's certificate or request may end in, besides a refusal.
_BAD: Final = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)


def _at(now: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(now), dt.UTC)


def _name(connector: str, tenant: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, connector)]
    if tenant:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, tenant))
    return x509.Name(parts)


class ConnectorAuthority:
    """The CA, from its key and certificate."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = certificate

    @classmethod
    def make(cls, now: float) -> Self:
        """A new one, as `gateway init` does."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Sudare connector authority")
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_at(now) - _SKEW)
            .not_valid_after(_at(now) + _ROOT_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(key, certificate)

    @classmethod
    def load(cls, key: Path, certificate: Path) -> Self:
        """The one of these PEM files."""
        private = load_pem_private_key(key.read_bytes(), None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{key}: not an elliptic-curve key")
        return cls(private, x509.load_pem_x509_certificate(certificate.read_bytes()))

    @property
    def certificate_pem(self) -> str:
        """Its own certificate."""
        return self._certificate.public_bytes(Encoding.PEM).decode()

    def key_pem(self) -> bytes:
        """Its private key, for the file only `init` writes."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, csr_pem: str, connector: str, tenant: str, now: float) -> tuple[str, str]:
        """(certificate PEM, serial as hex). Raises `caller.malformed` for a CSR that is not a signed P-256 one."""
        try:
            csr = x509.load_pem_x509_csr(csr_pem.encode())
            signed, key = csr.is_signature_valid, csr.public_key()
        except _BAD:
            raise SudareError("caller.malformed", "CSR") from None
        if not signed or not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise SudareError("caller.malformed", "CSR is not a signed P-256 one")
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(connector, tenant))
            .issuer_name(self._certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(_at(now) - _SKEW)
            .not_valid_after(_at(now) + LIFE)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(Encoding.PEM).decode(), f"{certificate.serial_number:x}"

    def check(self, certificate: x509.Certificate, now: float) -> Identity:
        """Whom we gave this certificate to. Raises `denied.connector-proof` when we did not, or it is out of date."""
        try:
            certificate.verify_directly_issued_by(self._certificate)
        except (InvalidSignature, *_BAD):
            raise SudareError("denied.connector-proof", "not issued here") from None
        if not certificate.not_valid_before_utc <= _at(now) <= certificate.not_valid_after_utc:
            raise SudareError("denied.connector-proof", "out of date")
        return Identity(
            _attribute(certificate, NameOID.COMMON_NAME),
            _attribute(certificate, NameOID.ORGANIZATION_NAME),
            f"{certificate.serial_number:x}",
        )


def _attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    values = certificate.subject.get_attributes_for_oid(oid)
    return str(values[0].value) if values else ""

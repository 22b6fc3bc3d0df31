"""The gateway's two signers, over the keys on disk: tickets for streams, certificates for connectors."""

import base64
import datetime as dt
import hashlib
import json
import secrets

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sudare.base.errors import SudareError
from sudare.runtime import clock

TICKET_S = 60
CERTIFICATE = dt.timedelta(days=7)
_EARLY = dt.timedelta(minutes=5)  # clocks differ


class TicketSigner:
    """Makes the tickets of docs/wire/ticket.md."""

    def __init__(self, key: ed25519.Ed25519PrivateKey) -> None:
        self._key = key
        self._public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self._kid = hashlib.sha256(self._public).digest()[:8].hex()

    def issue(self, claims: dict[str, object], now: float) -> str:
        """A signed ticket, good once and for a minute."""
        times = {"iat": int(now), "exp": int(now) + TICKET_S}
        payload = {"kid": self._kid, "jti": _base64(secrets.token_bytes(16)), **times, **claims}
        raw = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        return f"{_base64(raw)}.{_base64(self._key.sign(b'sudare-ticket-1' + bytes(1) + raw))}"

    def public_keys(self) -> list[dict[str, str]]:
        """`[{kid, key}]`."""
        return [{"kid": self._kid, "key": _base64(self._public)}]

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self._public


class ConnectorAuthority:
    """Signs connectors' certificates for seven days (gateway.ports.Authority)."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = certificate

    @property
    def certificate_pem(self) -> str:
        """The authority's own certificate."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def sign(self, csr_pem: str, connector: str, tenant: str) -> tuple[str, str]:
        """(certificate PEM, serial as hex); of the request only the key is used. Raises `caller.malformed`."""
        key = _p256_key(csr_pem)
        start = dt.datetime.fromtimestamp(clock.now(), dt.UTC)
        serial = x509.random_serial_number()
        names = [
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, tenant),
            x509.NameAttribute(NameOID.COMMON_NAME, connector),
        ]
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(names))
            .issuer_name(self._certificate.subject)
            .public_key(key)
            .serial_number(serial)
            .not_valid_before(start - _EARLY)
            .not_valid_after(start + CERTIFICATE)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode(), f"{serial:x}"


def _p256_key(csr_pem: str) -> ec.EllipticCurvePublicKey:
    try:
        csr = x509.load_pem_x509_csr(csr_pem.encode())
        key = csr.public_key()
        if not csr.is_signature_valid or not isinstance(key, ec.EllipticCurvePublicKey):
            raise SudareError("caller.malformed", "csr")
    except (ValueError, TypeError, InvalidSignature) as error:
        raise SudareError("caller.malformed", "csr") from error
    if not isinstance(key.curve, ec.SECP256R1):
        raise SudareError("caller.malformed", "csr: not P-256")
    return key


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")

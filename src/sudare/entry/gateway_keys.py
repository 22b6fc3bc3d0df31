"""
The gateway's keys on disk, mode 0600: `master.key`, `ticket.key` (Ed25519), `authority.key`/`.pem` (P-256).

INVARIANT: a key is never written over; making keys where some exist fails.
"""

import datetime as dt
import ipaddress
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sudare.base.errors import SudareError
from sudare.base.secret import Secret

_DAY = dt.timedelta(days=1)
_PEM = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True)
class GatewayKeys:
    """The keys, read."""

    master: Secret[bytes]
    ticket: ed25519.Ed25519PrivateKey
    authority_key: ec.EllipticCurvePrivateKey
    authority: x509.Certificate


def make(directory: Path, name: str, now: float) -> None:
    """Fresh keys. Raises `caller.configuration` when there are some."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_secret(directory / "master.key", secrets.token_bytes(32).hex().encode())
    write_secret(directory / "ticket.key", _private(ed25519.Ed25519PrivateKey.generate()))
    key = ec.generate_private_key(ec.SECP256R1())
    write_secret(directory / "authority.key", _private(key))
    certificate = _certificate(key, f"Sudare connectors of {name}"[:64], now, 3650).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    (directory / "authority.pem").write_bytes(certificate.sign(key, hashes.SHA256()).public_bytes(_PEM))


def make_tls(certificate: Path, key_path: Path, host: str, now: float) -> str:
    """A self-signed certificate for trial; its SHA-256 fingerprint (of the whole certificate)."""
    key = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [_general_name(host)]
    if host == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    built = (
        _certificate(key, host[:64], now, 365)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_secret(key_path, _private(key))
    certificate.write_bytes(built.public_bytes(_PEM))
    return built.fingerprint(hashes.SHA256()).hex()


def read(directory: Path) -> GatewayKeys:
    """The keys of an installation. Raises `caller.configuration`."""
    try:
        master = Secret(bytes.fromhex((directory / "master.key").read_text()))
        ticket = serialization.load_pem_private_key((directory / "ticket.key").read_bytes(), None)
        authority_key = serialization.load_pem_private_key((directory / "authority.key").read_bytes(), None)
        authority = x509.load_pem_x509_certificate((directory / "authority.pem").read_bytes())
    except (OSError, ValueError) as error:
        raise SudareError("caller.configuration", f"keys in {directory}: {error}") from error
    if not isinstance(ticket, ed25519.Ed25519PrivateKey) or not isinstance(authority_key, ec.EllipticCurvePrivateKey):
        raise SudareError("caller.configuration", f"keys in {directory} are of another kind")
    return GatewayKeys(master, ticket, authority_key, authority)


def write_secret(path: Path, value: bytes) -> None:
    """A file only its owner reads, which was not there before. Raises `caller.configuration`."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise SudareError("caller.configuration", f"{path} exists already") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(value)


def _private(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _certificate(key: ec.EllipticCurvePrivateKey, name: str, now: float, days: int) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = dt.datetime.fromtimestamp(now, dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - _DAY)
        .not_valid_after(start + days * _DAY)
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)

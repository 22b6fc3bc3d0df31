"""A self-signed certificate for an office PC, as such PCs have."""

import datetime as dt
import hashlib
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


def make(folder: Path, name: str) -> tuple[Path, Path, str]:
    """Certificate, key (kept if they are there already), and the pin `sha256:<hex>` of the certificate."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate_path, key_path = folder / "cert.pem", folder / "key.pem"
    if not (certificate_path.exists() and key_path.exists()):
        key = rsa.generate_private_key(65537, 2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = dt.datetime.now(dt.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=825))
            .sign(key, hashes.SHA256())
        )
        key_path.touch(0o600)
        plain = serialization.NoEncryption()
        key_path.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, plain)
        )
        certificate_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
    pin = hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
    return certificate_path, key_path, f"sha256:{pin}"

"""The connector authority."""

import base64
import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from sudare.base.errors import SudareError
from sudare.connector.identity import new_key, request
from sudare.gateway.authority import LIFE, ConnectorAuthority
from sudare.gateway.ports import Identity

NOW = 1_795_000_000.0
DAY = 86_400.0


@pytest.fixture(scope="module")
def authority():
    return ConnectorAuthority.make(NOW)


def signed(authority, connector="c1", now=NOW):
    pem, serial = authority.sign(request(new_key(), "whatever it likes"), connector, "t1", now)
    return x509.load_pem_x509_certificate(pem.encode()), serial


def csr_of(key, algorithm=hashes.SHA256()):  # noqa: B008 - a constant
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    return x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, algorithm)


def pem_of(der, label="CERTIFICATE REQUEST"):
    lines = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{lines}-----END {label}-----\n"


def der_of(csr):
    from cryptography.hazmat.primitives.serialization import Encoding

    return csr.public_bytes(Encoding.DER)


def test_the_certificate_says_who_it_is_in_the_authoritys_words(authority):
    certificate, serial = signed(authority)

    assert authority.check(certificate, NOW) == Identity("c1", "t1", serial)


def test_a_certificate_lives_seven_days_and_is_no_authority(authority):
    certificate, _ = signed(authority)

    assert certificate.not_valid_after_utc.timestamp() == NOW + LIFE.total_seconds() == NOW + 7 * DAY
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize("when", [NOW - DAY, NOW + 7 * DAY + 1])
def test_a_certificate_out_of_its_time_is_refused(authority, when):
    certificate, _ = signed(authority)

    with pytest.raises(SudareError) as refused:
        authority.check(certificate, when)
    assert refused.value.code == "denied.connector-proof"


def test_a_certificate_of_another_authority_with_the_same_name_is_refused(authority):
    certificate, _ = signed(ConnectorAuthority.make(NOW))

    with pytest.raises(SudareError) as refused:
        authority.check(certificate, NOW)
    assert refused.value.code == "denied.connector-proof"


def test_a_certificate_signed_by_a_connector_is_refused(authority):
    key, name = new_key(), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "c1")])
    mine, _ = authority.sign(request(key, "c1"), "c1", "t1", NOW)
    issuer = x509.load_pem_x509_certificate(mine.encode())
    start = dt.datetime.fromtimestamp(NOW, dt.timezone.utc)
    forged = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject)
        .public_key(new_key().public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )

    with pytest.raises(SudareError) as refused:
        authority.check(forged, NOW)
    assert refused.value.code == "denied.connector-proof"


def tampered():
    der = bytearray(der_of(csr_of(new_key())))
    der[-1] ^= 1
    return pem_of(bytes(der))


def unknown_key():
    """The same request, with an algorithm nobody knows in place of id-ecPublicKey (1.2.840.10045.2.1)."""
    der = der_of(csr_of(new_key()))
    return pem_of(der.replace(bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06072a8648ce3d027f"), 1))


def unknown_version():
    der = der_of(csr_of(new_key()))
    return pem_of(der.replace(b"\x02\x01\x00", b"\x02\x01\x07", 1))


@pytest.mark.parametrize(
    "csr",
    [
        "",
        "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        "\ud800",
        pytest.param(pem_of(der_of(csr_of(ec.generate_private_key(ec.SECP384R1())))), id="P-384"),
        pytest.param(pem_of(der_of(csr_of(rsa.generate_private_key(65537, 2048)))), id="RSA"),
        pytest.param(pem_of(der_of(csr_of(ed25519.Ed25519PrivateKey.generate(), None))), id="Ed25519"),
        pytest.param(tampered(), id="tampered"),
        pytest.param(unknown_key(), id="unknown key"),
        pytest.param(unknown_version(), id="unknown version"),
    ],
)
def test_anything_but_a_signed_p256_request_is_refused(authority, csr):
    with pytest.raises(SudareError) as refused:
        authority.sign(csr, "c1", "t1", NOW)

    assert refused.value.code == "caller.malformed"


def test_it_comes_back_from_its_files(authority, tmp_path):
    (tmp_path / "key").write_bytes(authority.key_pem())
    (tmp_path / "pem").write_text(authority.certificate_pem)
    certificate, serial = signed(authority)

    again = ConnectorAuthority.load(tmp_path / "key", tmp_path / "pem")

    assert again.check(certificate, NOW).serial == serial
    assert again.certificate_pem == authority.certificate_pem


def test_a_key_of_another_kind_is_no_authority(authority, tmp_path):
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    other = ed25519.Ed25519PrivateKey.generate()
    (tmp_path / "key").write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "pem").write_text(authority.certificate_pem)

    with pytest.raises(TypeError):
        ConnectorAuthority.load(tmp_path / "key", tmp_path / "pem")

"""Tickets and certificates."""

import base64
import hashlib
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.gateway.api.test_join import csr

from sudare.base.errors import SudareError
from sudare.entry.gateway_keys import make, read
from sudare.entry.gateway_signers import ConnectorAuthority, TicketSigner

NOW = 1_795_000_000.0


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_ticket_is_signed_over_its_label_lives_a_minute_and_names_its_key():
    signer = TicketSigner(Ed25519PrivateKey.generate())

    payload, signature = (unbase64(part) for part in signer.issue({"per": "花子"}, NOW).split("."))

    claims = json.loads(payload)
    (key,) = signer.public_keys()
    signer._key.public_key().verify(signature, b"sudare-ticket-1\0" + payload)
    assert (claims["per"], claims["exp"] - claims["iat"]) == ("花子", 60)
    assert claims["kid"] == key["kid"] == hashlib.sha256(unbase64(key["key"])).digest()[:8].hex()
    assert len(unbase64(claims["jti"])) == 16


@pytest.fixture
def authority(tmp_path):
    make(tmp_path, "example.jp", NOW)
    keys = read(tmp_path)
    return ConnectorAuthority(keys.authority_key, keys.authority)


def test_a_certificate_is_for_the_connector_and_seven_days(authority):
    pem, serial = authority.sign(csr()[1], "k1", "main")

    certificate = x509.load_pem_x509_certificate(pem.encode())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate_pem.encode()))
    assert certificate.subject.rfc4514_string() == "CN=k1,OU=main"
    assert f"{certificate.serial_number:x}" == serial
    assert 7 <= (certificate.not_valid_after_utc - certificate.not_valid_before_utc).total_seconds() / 86_400 < 7.1


@pytest.mark.parametrize(
    "bad", ["", "x", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"]
)
def test_what_is_not_a_request_is_malformed(authority, bad):
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        authority.sign(bad, "k1", "main")

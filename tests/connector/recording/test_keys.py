"""The auditor's pair and the connector's signing key."""

import stat

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sudare.base.errors import SudareError
from sudare.connector.recording.keys import make, reading_private, reading_public, signer
from sudare.wire.recording.keys import key_id


def test_a_pair_is_made_once_and_its_private_half_is_the_owners_alone(tmp_path):
    private, public = make(tmp_path / "auditor")

    assert key_id(reading_private(private).public_key()) == key_id(reading_public(public))
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    before = private.read_bytes()
    with pytest.raises(SudareError, match=r"caller\.configuration"):
        make(tmp_path / "auditor")
    assert private.read_bytes() == before


def test_a_private_key_is_not_taken_for_a_public_one_nor_another_kind(tmp_path):
    private, _ = make(tmp_path)
    curve, edwards = tmp_path / "p384.pub", tmp_path / "ed.key"
    spki = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    curve.write_bytes(ec.generate_private_key(ec.SECP384R1()).public_key().public_bytes(*spki))
    edwards.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    for path in (private, curve, tmp_path / "none"):
        with pytest.raises(ValueError, match=path.name):
            reading_public(path)
    for path in (edwards, curve, tmp_path / "none"):
        with pytest.raises(SudareError, match=r"caller\.recording-key"):
            reading_private(path)


def test_the_signing_key_is_made_when_needed_and_stays(tmp_path):
    first = signer(tmp_path)

    assert signer(tmp_path).private_bytes_raw() == first.private_bytes_raw()
    assert stat.S_IMODE((tmp_path / "recording-signer.key").stat().st_mode) == 0o600

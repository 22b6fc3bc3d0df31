"""A connector's keys and certificate on disk."""

import pytest
from cryptography import x509

from sudare.base.errors import SudareError
from sudare.connector import identity as ids
from sudare.connector.identity import Facts, Identity, key_pem, load, new_key, renew, request, save_facts, write_private
from sudare.gateway.authority import ConnectorAuthority

NOW = 1_795_000_000.0
DAY = 86_400.0


@pytest.fixture(scope="module")
def authority():
    return ConnectorAuthority.make(NOW)


def joined(state, authority, now=NOW):
    key, seal = new_key(), new_key()
    certificate, _ = authority.sign(request(key, "本庁"), "c1", "t1", now)
    made = Identity(key, seal, Facts("c1", certificate, {"k": "a2V5"}, "https://gateway.example", "00" * 32))
    write_private(state / ids.KEY, key_pem(key))
    write_private(state / ids.SEAL, key_pem(seal))
    save_facts(state, made.facts)
    return made


def same(one, other):
    return one.facts == other.facts and all(
        key_pem(a) == key_pem(b) for a, b in ((one.key, other.key), (one.seal, other.seal))
    )


def test_an_identity_comes_back_as_it_was_written(tmp_path, authority):
    made = joined(tmp_path, authority)

    assert same(load(tmp_path), made)
    assert load(tmp_path).ticket_keys() == {"k": b"key"}
    assert len(made.seal_public) == 65
    assert made.seal_public[0] == 4


def test_only_its_owner_reads_its_files(tmp_path, authority):
    joined(tmp_path, authority)

    assert {file.name for file in tmp_path.iterdir()} == {ids.KEY, ids.SEAL, ids.FACTS}
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("gone", [ids.KEY, ids.SEAL, ids.FACTS])
@pytest.mark.parametrize("left", [None, b"", b"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n", b"\xff"])
def test_what_has_not_joined_is_said_to_be_so(tmp_path, authority, gone, left):
    joined(tmp_path, authority)
    (tmp_path / gone).unlink()
    if left is not None:
        (tmp_path / gone).write_bytes(left)

    with pytest.raises(SudareError) as refused:
        load(tmp_path)
    assert refused.value.code == "denied.connector-proof"


def test_renewal_is_due_at_two_thirds_of_the_certificates_life(tmp_path, authority):
    made = joined(tmp_path, authority)
    certificate = x509.load_pem_x509_certificate(made.facts.certificate.encode())
    start, end = certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()

    assert made.renew_at() - start == pytest.approx(2 * (end - made.renew_at()))
    assert NOW + 4 * DAY < made.renew_at() < NOW + 5 * DAY


def fresh(authority):
    key = new_key()
    return key, authority.sign(request(key, "x"), "c1", "t1", NOW + 5 * DAY)[0]


def test_a_renewed_identity_has_the_new_key_and_keeps_the_seal(tmp_path, authority):
    made = joined(tmp_path, authority)
    key, certificate = fresh(authority)

    after = renew(tmp_path, made, key, certificate)

    assert after.key is key
    assert (after.facts.certificate, after.facts.connector) == (certificate, "c1")
    assert same(load(tmp_path), after)
    assert key_pem(after.seal) == key_pem(made.seal)


class PowerFailureError(Exception):
    pass


@pytest.mark.parametrize("step", range(1, 6))
def test_whenever_the_power_fails_a_whole_identity_is_left(tmp_path, authority, monkeypatch, step):
    made = joined(tmp_path, authority)
    key, certificate = fresh(authority)
    steps = []

    def failing(act):
        def maybe(*args, **kwargs):
            steps.append(act)
            if len(steps) == step:
                raise PowerFailureError
            return act(*args, **kwargs)

        return maybe

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", failing(type(tmp_path).replace))
        patch.setattr("os.fsync", failing(__import__("os").fsync))
        with pytest.raises(PowerFailureError):
            renew(tmp_path, made, key, certificate)
    found = load(tmp_path)

    assert found.facts.certificate in {made.facts.certificate, certificate}
    public = x509.load_pem_x509_certificate(found.facts.certificate.encode()).public_key()
    assert found.key.public_key() == public


def test_a_certificate_for_another_key_is_not_taken(tmp_path, authority):
    made = joined(tmp_path, authority)
    _, certificate = fresh(authority)

    for wrong in (certificate, "", "x"):
        with pytest.raises(SudareError) as refused:
            renew(tmp_path, made, new_key(), wrong)
        assert refused.value.code == "caller.malformed"
    assert same(load(tmp_path), made)

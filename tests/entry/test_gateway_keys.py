"""Keys on disk."""

import ssl
import stat

import pytest

from sudare.base.errors import SudareError
from sudare.entry.gateway_keys import make, make_tls, read, write_secret

NOW = 1_795_000_000.0


def test_keys_are_read_back_and_only_their_owner_may(tmp_path):
    make(tmp_path / "keys", "example.jp", NOW)

    keys = read(tmp_path / "keys")

    assert len(keys.master.reveal()) == 32
    secrets = sorted(path for path in (tmp_path / "keys").iterdir() if path.suffix == ".key")
    assert [stat.S_IMODE(path.stat().st_mode) for path in secrets] == [0o600] * 3
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_key_is_never_written_over(tmp_path):
    write_secret(tmp_path / "x", b"1")

    with pytest.raises(SudareError, match=r"caller\.configuration"):
        write_secret(tmp_path / "x", b"2")
    assert (tmp_path / "x").read_bytes() == b"1"


def test_missing_or_broken_keys_are_said_to_be_so(tmp_path):
    with pytest.raises(SudareError, match=r"caller\.configuration"):
        read(tmp_path)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "telework.example.lg.jp", "a" * 60 + ".example.jp"])
def test_a_trial_certificate_serves_tls(tmp_path, host):
    fingerprint = make_tls(tmp_path / "c", tmp_path / "k", host, NOW)

    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / "c", tmp_path / "k")
    assert len(fingerprint) == 64

"""The auditor's commands."""

import stat

import pytest
from tests.support.recordings import SIGNED_BY, noise, reader_file, written

from sudare.base.errors import SudareError
from sudare.entry.cli import app

SHOWN = [(at, noise(64, 48, at)) for at in (0, 11_000, 65_000)]


@pytest.fixture
def run(capsys):
    def act(*words):
        code = 0
        try:
            app(["recording", *map(str, words)], result_action="return_value")
        except SystemExit as end:
            code = end.code
        return code, capsys.readouterr().out

    return act


def test_a_pair_is_made_for_the_auditor(run, tmp_path):
    _, told = run("keys", tmp_path)

    assert stat.S_IMODE((tmp_path / "recording.key").stat().st_mode) == 0o600
    assert "PUBLIC" in (tmp_path / "recording.pub").read_text()
    assert "recording.key" in told


def test_recordings_are_listed(run, tmp_path):
    path = written(tmp_path, SHOWN).path

    _, told = run("list", tmp_path)

    assert told.rstrip("\n").split("\t") == [path.name, "1790000000", "0:01:05", "yamada", "pc", "whole"]


def test_a_whole_recording_is_verified_with_and_without_keys(run, tmp_path):
    path, key = written(tmp_path, SHOWN).path, reader_file(tmp_path)

    for more in ([], ["--key", key], ["--key", key, "--signer", SIGNED_BY.hex()]):
        code, told = run("verify", path, *more)
        assert (code, "whole, 3 segments, 0:01:05" in told) == (0, True)
    assert SIGNED_BY.hex() in run("verify", path)[1]
    assert SIGNED_BY.hex() not in run("verify", path, "--signer", SIGNED_BY.hex())[1]


def test_another_signer_a_change_and_a_missing_end_are_told_and_fail(run, tmp_path):
    path = written(tmp_path, SHOWN).path
    data = path.read_bytes()

    code, told = run("verify", path, "--signer", "0" * 64)
    assert (code, "signer" in told) == (1, True)

    path.write_bytes(data[:5_000] + bytes([data[5_000] ^ 1]) + data[5_001:])
    code, told = run("verify", tmp_path)
    assert (code, "broken" in told, "changed: segment 1" in told) == (1, True, True)

    path.write_bytes(data[:-100])
    code, told = run("verify", path)
    assert (code, "cut-short" in told, "it has no end" in told, "never finished" in told) == (1, True, True, True)


def test_a_part_is_played_as_pictures(run, tmp_path):
    path, key = written(tmp_path, SHOWN).path, reader_file(tmp_path)

    run("play", path, "--key", key, "--out", tmp_path / "out", "--from", "10", "--to", "20")

    rows = (tmp_path / "out/timeline.tsv").read_text().splitlines()[1:]
    assert [row.split("\t")[1] for row in rows] == ["10000", "11000"]


@pytest.mark.servers
def test_a_video_is_made(run, tmp_path):
    path, key = written(tmp_path, SHOWN).path, reader_file(tmp_path)

    _, told = run("export", path, "--key", key, "--out", tmp_path / "out.webm", "--rest", "1")

    assert told.strip().endswith("3 s")
    assert (tmp_path / "out.webm").read_bytes()[:4] == b"\x1a\x45\xdf\xa3"


def test_a_tampered_recording_is_exported_only_when_asked_for(run, tmp_path):
    path, key = written(tmp_path, SHOWN).path, reader_file(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[:-5_000])
    cut, _ = run("play", path, "--key", key, "--out", tmp_path / "cut")
    path.write_bytes(data[:25_000] + bytes([data[25_000] ^ 1]) + data[25_001:])

    with pytest.raises(SudareError, match=r"caller\.recording-broken"):
        run("play", path, "--key", key, "--out", tmp_path / "out")
    run("play", path, "--key", key, "--out", tmp_path / "out", "--broken")

    assert cut == 0
    assert len(list((tmp_path / "out").glob("*.png"))) == 2


def test_mistakes_are_told(run, tmp_path):
    path = written(tmp_path, SHOWN).path

    for words, code in (
        (["verify", tmp_path / "none"], r"caller\.not-found"),
        (["verify", path, "--signer", "xyz"], r"caller\.configuration"),
        (["verify", path, "--key", path], r"caller\.recording-key"),
        (["play", tmp_path, "--key", path, "--out", tmp_path], r"caller\.not-found"),
    ):
        with pytest.raises(SudareError, match=code):
            run(*words)


def test_the_connectors_signing_key_is_told(run, tmp_path):
    (tmp_path / "connector.toml").write_text('[connector]\ngateway = "https://gw.test"\nname = "c"\nstate = "."\n')

    first, again = run("signer", "--dir", tmp_path)[1], run("signer", "--dir", tmp_path)[1]

    assert first == again
    assert len(bytes.fromhex(first.strip())) == 32

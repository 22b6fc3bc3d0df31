"""Playing: exact, from anywhere, and never what was not proved."""

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.recordings import READER, SIGNED_BY, noise, pictures, written

from sudare.base.errors import SudareError
from sudare.connector.recording.reading import Film, judge, recordings

SHOWN = [(at, noise(96, 64, at)) for at in (0, 500, 30_000, 61_000, 75_000, 130_000, 141_000)]


def equal(played, shown):
    return [at for at, *_ in played] == [at for at, _ in shown] and all(
        np.array_equal(got, want[:, :, :3]) for (_, got, _), (_, want) in zip(played, shown, strict=True)
    )


def split(path):
    """The file in its blocks."""
    data, out, at = path.read_bytes(), [b""], 8
    out[0] = data[:8]
    while at < len(data):
        size = 37 + int.from_bytes(data[at + 1 : at + 5], "little") + 64
        out.append(data[at : at + size])
        at += size
    return out


def test_every_picture_is_played_pixel_for_pixel_and_snapshots_are_known(tmp_path):
    film = Film(written(tmp_path, SHOWN).path, READER, signer=SIGNED_BY)

    played = pictures(film)

    assert equal(played, SHOWN)
    assert [at for at, _, snapshot in played if snapshot] == [0, 61_000, 130_000]
    assert film.sizes() == (96, 64)


def test_playing_starts_anywhere_with_the_picture_that_stood_then(tmp_path):
    film = Film(written(tmp_path, SHOWN).path, READER)

    from_there = pictures(film, 70_000, 130_000)

    assert equal(from_there, [(70_000, SHOWN[3][1]), *SHOWN[4:6]])
    assert equal(pictures(film, 75_000, 80_000), SHOWN[4:5])
    assert equal(pictures(film, 999_000), [(999_000, SHOWN[-1][1])])


def test_a_recording_that_was_cut_short_plays_to_its_last_segment(tmp_path):
    made = written(tmp_path, SHOWN, how=None)

    film = Film(made.path, READER)

    assert equal(pictures(film), SHOWN)
    assert film.verdict.state == "cut-short"
    made.file.close("ended", 0)


def test_another_key_opens_nothing(tmp_path):
    path = written(tmp_path, SHOWN).path

    with pytest.raises(SudareError, match=r"caller\.recording-key"):
        Film(path, ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(SudareError, match=r"caller\.recording-key"):
        judge(path, private=ec.generate_private_key(ec.SECP256R1()))


def test_a_tampered_recording_is_refused_and_otherwise_played_without_what_is_not_proved(tmp_path):
    path = written(tmp_path, SHOWN).path
    parts = split(path)
    assert len(parts) == 9  # magic, head, six segments, close
    torn = bytearray(parts[3])  # the second segment: the picture at 30 s
    torn[60] ^= 1
    path.write_bytes(b"".join([*parts[:3], bytes(torn), *parts[4:]]))

    with pytest.raises(SudareError, match=r"caller\.recording-broken"):
        Film(path, READER)
    film = Film(path, READER, broken=True)

    assert equal(pictures(film), [*SHOWN[:2], *SHOWN[3:]])


def test_a_dropped_segment_leaves_a_gap_until_the_next_snapshot(tmp_path):
    path = written(tmp_path, SHOWN).path
    parts = split(path)
    path.write_bytes(b"".join([*parts[:4], *parts[5:]]))  # the snapshot at 61 s is gone

    film = Film(path, READER, broken=True)

    assert [(found.what, found.segment) for found in film.verdict.findings] == [("missing", 3)]
    assert equal(pictures(film), [*SHOWN[:3], *SHOWN[5:]])


def test_a_content_changed_under_a_good_signature_is_found_with_the_key(tmp_path):
    path = written(tmp_path, SHOWN, id="feedfacefeedface", wrapped=wrapped_for("feedfacefeedface")).path

    assert judge(path, signer=SIGNED_BY).state == "whole"
    assert {found.what for found in judge(path, private=READER).findings} == {"changed"}


def wrapped_for(recording):
    from tests.support.recordings import CONTENT

    from sudare.base.secret import Secret
    from sudare.wire.recording.keys import wrap

    return wrap(Secret(CONTENT), READER.public_key(), recording)


def test_recordings_of_a_folder_come_oldest_first(tmp_path):
    for name in ("20260102T000000Z-b-1.sudarec", "20260101T000000Z-a-2.sudarec"):
        written(tmp_path, SHOWN[:1], name=name)

    assert [path.name[:8] for path in recordings(tmp_path)] == ["20260101", "20260102"]
    with pytest.raises(SudareError, match=r"caller\.not-found"):
        recordings(tmp_path / "none")


@pytest.mark.parametrize("data", [b"", b"SUDAREC1", b"hello, this is no recording"])
def test_what_is_no_recording_is_broken(tmp_path, data):
    (tmp_path / "x.sudarec").write_bytes(data)

    assert judge(tmp_path / "x.sudarec").state == "broken"

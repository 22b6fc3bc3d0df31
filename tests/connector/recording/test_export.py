"""Videos and pictures of a recording."""

import io
import json
import subprocess

import numpy as np
import pytest
from PIL import Image
from tests.support.recordings import READER, noise, written

from sudare.base.errors import SudareError
from sudare.connector.recording.export import png, stills, video
from sudare.connector.recording.reading import Film


def plain(w, h, *colour):
    return np.full((h, w, 4), [*colour, 0], np.uint8)


SHOWN = [
    (0, plain(160, 100, 250, 20, 20)),
    (1_000, plain(160, 100, 20, 250, 20)),
    (3_600_000, plain(99, 121, 20, 20, 250)),
]


def test_a_png_is_the_picture_to_the_pixel():
    picture = noise(37, 21, 1)

    read = np.asarray(Image.open(io.BytesIO(png(picture))).convert("RGB"))

    assert np.array_equal(read, picture[:, :, 2::-1])


def test_pictures_and_their_times_are_written(tmp_path):
    shown = [(0, noise(64, 48, 1)), (400, noise(64, 48, 2)), (70_000, noise(64, 48, 3))]
    film = Film(written(tmp_path, shown).path, READER)

    count = stills(film, tmp_path / "out")

    head, *rows = [line.split("\t") for line in (tmp_path / "out/timeline.tsv").read_text().splitlines()]
    assert (count, head) == (3, ["file", "ms", "time", "snapshot"])
    assert [(row[1], row[3]) for row in rows] == [("0", "yes"), ("400", ""), ("70000", "yes")]
    for (_, picture), row in zip(shown, rows, strict=True):
        read = np.asarray(Image.open(tmp_path / "out" / row[0]))
        assert np.array_equal(read, picture[:, :, 2::-1])


def test_pictures_can_be_fewer_but_never_without_snapshots(tmp_path):
    shown = [(at, noise(64, 48, at)) for at in (0, 400, 800, 60_500, 60_900)]
    film = Film(written(tmp_path, shown).path, READER)

    stills(film, tmp_path / "out", every_s=100)

    rows = (tmp_path / "out/timeline.tsv").read_text().splitlines()[1:]
    assert [row.split("\t")[1] for row in rows] == ["0", "60500"]


def probe(path):
    out = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(path)],
        capture_output=True,
        check=True,
    )
    (stream,) = json.loads(out.stdout)["streams"]
    return stream


@pytest.mark.servers
@pytest.mark.parametrize(("name", "codec"), [("out.mp4", "av1"), ("out.webm", "vp9")])
def test_a_video_shows_what_was_shown_with_rests_made_short(tmp_path, name, codec):
    film = Film(written(tmp_path, SHOWN).path, READER)

    frames = video(film, tmp_path / name, rest_s=2.0)

    stream = probe(tmp_path / name)
    assert (stream["codec_name"], stream["width"], stream["height"]) == (codec, 160, 122)
    assert frames == int(stream["nb_read_frames"]) == 5 + 10 + 5  # 1 s, an hour made 2 s, and the last for 1 s
    decode = ["ffmpeg", "-v", "error", "-i", str(tmp_path / name), "-f", "rawvideo", "-pix_fmt", "bgr24", "-"]
    raw = np.frombuffer(subprocess.run(decode, capture_output=True, check=True).stdout, np.uint8)
    pictures = raw.reshape(frames, 122, 160, 3).astype(int)
    for index, (_, truth) in zip((2, 10, 17), SHOWN, strict=True):
        h, w = truth.shape[:2]
        assert np.abs(pictures[index, : min(h, 98), : w - 4] - truth[: min(h, 98), : w - 4, :3]).mean() < 12
    assert pictures[17, 30, 140].max() < 30  # beside the smaller screen it is black


@pytest.mark.servers
def test_the_real_times_go_along(tmp_path):
    film = Film(written(tmp_path, SHOWN).path, READER)

    video(film, tmp_path / "out.webm")

    cues = (tmp_path / "out.vtt").read_text().split("\n\n")
    assert cues[0] == "WEBVTT"
    assert cues[1].startswith("00:00:00.000 --> 00:00:01.000\n2026-")
    assert cues[3].startswith("00:00:03.000 --> 00:00:04.000\n")


def test_another_kind_of_video_is_refused(tmp_path):
    film = Film(written(tmp_path, SHOWN).path, READER)

    with pytest.raises(SudareError, match=r"caller\.configuration"):
        video(film, tmp_path / "out.avi")


def test_without_ffmpeg_it_is_said_what_is_missing(tmp_path, monkeypatch):
    film = Film(written(tmp_path, SHOWN).path, READER)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SudareError, match="ffmpeg is not there"):
        video(film, tmp_path / "out.mp4")


@pytest.mark.servers
def test_what_ffmpeg_says_is_passed_on(tmp_path):
    film = Film(written(tmp_path, SHOWN).path, READER)

    with pytest.raises(SudareError, match="No such file"):
        video(film, tmp_path / "nowhere" / "out.mp4")

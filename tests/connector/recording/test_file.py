"""The file while it is written: synced, full, crashed, mended."""

import contextlib
import resource
import shutil
import stat

import pytest
from tests.support.recordings import SIGNED_BY, SIGNER, head, noise, segments, written

from sudare.base.errors import SudareError
from sudare.connector.recording.file import RecordingFile, mend
from sudare.connector.recording.reading import judge

SHOWN = [(at, noise(64, 64, at)) for at in (0, 11_000, 22_000)]


@contextlib.contextmanager
def disk_of(size):
    """No file of this process may grow beyond this, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_closed_file_is_whole_and_its_owners_alone(tmp_path):
    made = written(tmp_path, SHOWN)

    assert judge(made.path, signer=SIGNED_BY).state == "whole"
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [made.path.name]


def test_what_was_appended_is_readable_while_the_file_is_open(tmp_path):
    made = written(tmp_path, SHOWN, how=None)

    verdict = judge(made.path, signer=SIGNED_BY)

    assert (verdict.state, verdict.segments, verdict.last_ms) == ("cut-short", 3, 22_000)
    made.file.close("ended", 22_000)


def test_a_full_disk_ends_the_recording_and_it_says_so(tmp_path):
    large = segments([(0, noise(400, 300, 1)), (11_000, noise(400, 300, 2))])
    file = RecordingFile(tmp_path / "x.sudarec", head(), SIGNER)

    with disk_of(600_000):
        file.append(large[0])
        with pytest.raises(SudareError, match=r"office\.recording-full"):
            file.append(large[1])
        file.close("full", 12_000)

    verdict = judge(tmp_path / "x.sudarec", signer=SIGNED_BY)
    assert (verdict.state, verdict.segments, verdict.close.how) == ("cut-short", 1, "full")
    assert verdict.findings == []


def test_a_disk_without_room_for_the_end_takes_no_beginning(tmp_path):
    with disk_of(100_000), pytest.raises(SudareError, match=r"office\.recording-full"):
        RecordingFile(tmp_path / "x.sudarec", head(), SIGNER)

    assert list(tmp_path.iterdir()) == []


def test_a_recording_is_never_written_over(tmp_path):
    made = written(tmp_path, SHOWN)
    before = made.path.read_bytes()

    with pytest.raises(SudareError, match=r"office\.recording"):
        RecordingFile(made.path, head(), SIGNER)

    assert made.path.read_bytes() == before


def crashed(folder, *, torn):
    """What a crash leaves: a file without its end, nobody writing it, perhaps in the middle of a segment."""
    made = written(folder, SHOWN, how=None, name="running.sudarec")
    left = folder / "left.sudarec"
    shutil.copy(made.path, left)
    made.file.close("ended", 0)
    made.path.unlink()
    if torn:
        left.write_bytes(left.read_bytes()[:-100])
    return left


@pytest.mark.parametrize(("torn", "kept"), [(False, 3), (True, 2)])
def test_what_a_crash_left_is_closed_after_its_last_whole_segment_and_says_so(tmp_path, torn, kept):
    left = crashed(tmp_path, torn=torn)

    assert mend(left, SIGNER)

    verdict = judge(left, signer=SIGNED_BY)
    assert (verdict.state, verdict.segments, verdict.close.how) == ("cut-short", kept, "cut-short")
    assert (verdict.trailing, verdict.findings) == (0, [])
    assert not mend(left, SIGNER)


def test_a_file_that_is_being_written_is_left_alone(tmp_path):
    made = written(tmp_path, SHOWN, how=None)

    assert not mend(made.path, SIGNER)

    made.file.close("ended", 0)
    assert judge(made.path).state == "whole"


def test_a_file_that_was_tampered_with_is_not_signed_anew(tmp_path):
    left = crashed(tmp_path, torn=False)
    data = bytearray(left.read_bytes())
    data[len(data) // 2] ^= 1
    left.write_bytes(data)

    assert not mend(left, SIGNER)

    assert left.read_bytes() == data

"""connector.toml: what it says about recordings."""

import pytest

from sudare.base.errors import SudareError
from sudare.connector.recording.keys import make
from sudare.entry.connector_config import load

BASE = '[connector]\ngateway = "https://gw.test"\nname = "c"\n'


@pytest.fixture
def read(tmp_path):
    make(tmp_path)

    def act(text):
        (tmp_path / "connector.toml").write_text(BASE + text)
        return load(tmp_path / "connector.toml")

    return act


def test_without_the_table_nothing_is_recorded(read):
    assert read("").recording is None


def test_paths_are_beside_the_file_and_recording_is_required_unless_it_says_otherwise(read, tmp_path):
    strict = read('[recording]\ndirectory = "recordings"\nkey = "recording.pub"\n').recording
    lenient = read('[recording]\ndirectory = "/srv/r"\nkey = "recording.pub"\nrequired = false\n').recording

    assert (strict.directory, strict.required) == (tmp_path / "recordings", True)
    assert (str(lenient.directory), lenient.required) == ("/srv/r", False)
    assert strict.key.public_numbers() == lenient.key.public_numbers()


def test_every_mistake_is_told(read):
    with pytest.raises(SudareError) as caught:
        read('[recording]\ndirectory = "r"\nkey = "recording.key"\nrequird = true\n')

    assert "recording.key" in caught.value.detail
    assert "requird" in caught.value.detail
    with pytest.raises(SudareError, match="is missing"):
        read("[recording]\n")

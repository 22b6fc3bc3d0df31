"""What a connector may reach, as values."""

from pathlib import Path

from sudare.connector.config import ConnectorConfig, Target, Worker


def test_only_a_listed_target_exists():
    pc = Target("pc", "企画-0123", "vnc", "127.0.0.1", 5900)
    config = ConnectorConfig("https://g", "本庁", Path("state"), Worker(), None, (pc,))

    assert config.target("pc") is pc
    for unknown in ("", "PC", "pc ", "api", "127.0.0.1"):
        assert config.target(unknown) is None


def test_what_is_not_said_is_the_careful_choice():
    assert Worker().sandbox == "bubblewrap"
    assert Target("pc", "x", "rdp", "h", 3389).certificate == "first-use"

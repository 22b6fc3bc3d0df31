"""The office side's commands."""

import pytest

from sudare.entry.cli import main
from sudare.entry.cli_connector import app


@pytest.mark.parametrize("command", ["join", "run"])
def test_help_is_given_without_loading_the_office_side(command, capsys):
    with pytest.raises(SystemExit):
        app([command, "--help"])

    assert "--dir" in capsys.readouterr().out


def test_an_office_that_has_not_joined_is_told_how(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["connector", "run", "--dir", str(tmp_path)])

    told = capsys.readouterr().err
    assert "caller.configuration" in told
    assert "sudare connector join" in told


def test_every_mistake_of_the_file_is_told_at_once(tmp_path, capsys):
    (tmp_path / "connector.toml").write_text(
        '[connector]\ngateway = "http://x"\n[[target]]\nid = "a b"\nkind = "ssh"\n'
    )

    with pytest.raises(SystemExit):
        main(["connector", "run", "--dir", str(tmp_path)])

    told = capsys.readouterr().err
    assert all(word in told for word in ("[connector] gateway", "[connector] name", "[target 1] id", "[target 1] kind"))

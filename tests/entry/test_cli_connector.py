"""The office side's commands."""

import pytest

from sudare.entry.cli_connector import app


@pytest.mark.parametrize("command", ["join", "run"])
def test_help_is_given_without_loading_the_office_side(command, capsys):
    with pytest.raises(SystemExit):
        app([command, "--help"])

    assert "--dir" in capsys.readouterr().out

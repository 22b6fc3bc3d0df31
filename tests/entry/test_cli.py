"""The command."""

import pytest

from sudare.entry.cli import main


def test_a_failure_is_told_in_words_without_a_traceback(tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["gateway", "run", "--dir", str(tmp_path)])

    told = capsys.readouterr()
    assert caught.value.code == 1
    assert "caller.configuration" in told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize("command", [["gateway"], ["connector"], []])
def test_help_names_the_parts(command, capsys):
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])

    assert caught.value.code in {0, None}
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize(("language", "said"), [("ja_JP.UTF-8", "設定ファイルに誤り"), ("C.UTF-8", "configuration")])
def test_a_failure_is_told_in_the_terminals_language(language, said, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", language)

    with pytest.raises(SystemExit):
        main(["gateway", "run", "--dir", str(tmp_path)])

    assert said in capsys.readouterr().err

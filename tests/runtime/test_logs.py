"""Logs that tell nothing they should not."""

import json

import pytest
import structlog

from sudare.base.secret import Secret
from sudare.runtime import logs


@pytest.fixture
def lines(capsys):
    logs.configure(json=True)
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    structlog.reset_defaults()


def test_a_secret_is_withheld_by_type_and_by_name(lines):
    logs.get_logger().info("test", person_id="p1", value=Secret("canary"), session_token="canary", Cookie="canary")

    (line,) = lines()
    assert line["event"] == "test"
    assert line["person_id"] == "p1"
    assert "canary" not in json.dumps(line)


def test_a_traceback_at_a_terminal_shows_no_values_of_variables(capsys):
    logs.configure(json=False)
    try:
        password = "canary-" + "value"
        _ = int(password[:1])
    except ValueError:
        logs.get_logger().exception("failed")

    told = capsys.readouterr().err
    structlog.reset_defaults()
    assert "ValueError" in told
    assert "canary-value" not in told


def test_an_exception_is_one_line(lines):
    try:
        _ = 1 / 0
    except ZeroDivisionError as failure:
        logs.get_logger().error("failed", exc_info=failure)

    (line,) = lines()
    assert "ZeroDivisionError" in line["exception"]

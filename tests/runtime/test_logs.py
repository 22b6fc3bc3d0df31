"""Logs that tell nothing they should not."""

import json
import logging

import pytest
import structlog

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.runtime import logs


@pytest.fixture(autouse=True)
def restored():
    """The test run's own logging, afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("sudare")
    before, levels = list(root.handlers), (root.level, ours.level)
    yield
    root.handlers[:] = before
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


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


def parse(text):
    """As libraries do: what cannot be read is quoted."""
    variable = f"{text}-variable"
    try:
        return int(text)
    except ValueError as failure:
        raise KeyError(f"canary {variable}") from failure


@pytest.mark.parametrize("json_lines", [True, False])
def test_an_exception_is_told_by_type_and_place_and_never_by_what_it_says(capsys, json_lines):
    logs.configure(json=json_lines)
    try:
        parse("canary-calendar")
    except KeyError as failure:
        logs.get_logger().error("failed", exc_info=failure)
        logs.get_logger().exception("failed")
    structlog.reset_defaults()

    told = capsys.readouterr().err
    assert len(told.splitlines()) == 2
    assert told.count("KeyError at ") == told.count(" from ValueError at ") == 2
    assert f"{__name__}:" in told
    assert "canary" not in told
    assert "variable" not in told


def test_a_known_failure_is_told_with_its_code_and_an_operating_systems_with_its_number(lines):
    for failure in (SudareError("office.pc-closed", "canary"), FileNotFoundError(2, "canary", "canary")):
        logs.get_logger().error("failed", exc_info=failure)

    first, second = (line["failure"] for line in lines())
    assert first.startswith("SudareError(office.pc-closed) at")
    assert second.startswith("FileNotFoundError(ENOENT) at")
    assert "canary" not in first + second


def test_a_library_is_told_by_its_fixed_words(lines):
    logging.getLogger("some.library").warning("could not read %s", "canary")
    logging.getLogger("some.library").warning("could not read canary")
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <Task exception=canary>")
    logging.getLogger("some.library").info("never mind")

    told = lines()
    assert [(line["library"], line["words"]) for line in told] == [
        ("some.library", "could not read %s"),
        ("some.library", ""),
        ("uvicorn.error", "Invalid HTTP request received."),
        ("asyncio", "Task exception was never retrieved"),
    ]
    assert "canary" not in json.dumps(told)


@pytest.mark.parametrize(("level", "shown"), [("debug", 2), ("info", 1), ("error", 0)])
def test_the_level_says_how_much_is_told_and_can_be_passed_on(capsys, level, shown):
    logs.configure(level=level, json=True)
    logs.get_logger().debug("little")
    logs.get_logger().info("much")
    structlog.reset_defaults()

    assert len(capsys.readouterr().err.splitlines()) == shown
    assert logs.level() == level

"""The one exception that crosses a room's door."""

import pytest

from sudare.base.errors import CODES, Family, SudareError


def test_every_code_belongs_to_a_family():
    assert {code.partition(".")[0] for code in CODES} <= {family.value for family in Family}


@pytest.mark.parametrize("code", CODES)
def test_a_code_gives_a_status_and_a_close_code_in_the_private_range(code):
    error = SudareError(code)

    assert 400 <= error.http_status < 600
    assert 4400 <= error.close_code < 4600


def test_an_unlisted_code_becomes_a_bug_that_names_it():
    error = SudareError("office.no-such-thing", "while testing")

    assert error.code == "bug.unexpected"
    assert "office.no-such-thing" in error.detail

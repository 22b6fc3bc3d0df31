"""Which passwords are accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudare.base.errors import SudareError
from sudare.domain.passwords import check, normal_form

COMMON = frozenset({"password", "correcthorsebatterystaple"})
WORDS = ["hanako", "鈴木 花子", "すだれ市"]


def verdict(password, *, second_factor=False):
    try:
        check(normal_form(password), second_factor=second_factor, common=COMMON, words=WORDS)
    except SudareError as error:
        return error.code
    return "fine"


@pytest.mark.parametrize(
    ("password", "second_factor", "expected"),
    [
        ("twelve chars", False, "caller.password-too-short"),
        ("fifteen chars!!", False, "fine"),
        ("eight ch", True, "fine"),
        ("seven c", True, "caller.password-too-short"),
        ("縁側で猫が三匹ねむっている朝", False, "caller.password-too-short"),
        ("縁側で猫が三匹ねむっている朝よ", False, "fine"),
        ("Password12345678!", False, "caller.password-too-common"),
        ("CorrectHorseBatteryStaple", False, "caller.password-too-common"),
        ("abababababababababab", False, "caller.password-too-common"),
        ("abcdefghijklmnopq", False, "caller.password-too-common"),
        ("hanakohanakohanako1", False, "caller.password-too-common"),
        ("鈴木花子すだれ市hanako2026", False, "caller.password-too-common"),
        ("hanako likes green tea", False, "fine"),
    ],
)
def test_length_and_list_decide(password, second_factor, expected):
    assert verdict(password, second_factor=second_factor) == expected


def test_full_width_and_half_width_are_one_password():
    assert normal_form("\uff50\uff41ss\u3000word") == "pass word"


@pytest.mark.parametrize("password", ["x" * 1025, "㍿" * 300, "\ud800" * 20])
def test_what_cannot_be_hashed_is_refused(password):
    with pytest.raises(SudareError):
        normal_form(password)


@given(st.text(min_size=15, max_size=60), st.booleans())
def test_the_verdict_is_always_one_of_three(password, second_factor):
    try:
        normal_form(password)
    except SudareError:
        return

    assert verdict(password, second_factor=second_factor) in {
        "fine",
        "caller.password-too-short",
        "caller.password-too-common",
    }

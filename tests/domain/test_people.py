"""People."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.rows import credential

from sudare.base.errors import SudareError
from sudare.domain.people import CredentialKind, display_name, login_form


def test_logins_that_look_the_same_are_the_same():
    assert login_form(" \uff28ANA\uff2bO ") == login_form("hanako") == "hanako"


@pytest.mark.parametrize("login", ["", " ", "a b", "a/b", "a:b", "a\\b", "a\nb", "x" * 65])
def test_logins_that_would_confuse_are_refused(login):
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        login_form(login)


@given(st.text())
def test_a_normal_form_is_its_own_normal_form(text):
    try:
        once = login_form(text)
    except SudareError:
        return

    assert login_form(once) == once


def test_names_are_shown_as_given_but_for_control_characters():
    assert display_name(" 山田 太郎 ") == "山田 太郎"
    for bad in ("", "a\x00b", "x" * 129, "\ud800"):
        with pytest.raises(SudareError):
            display_name(bad)


def test_a_totp_alone_opens_nothing():
    assert [credential(1, kind).signs_in for kind in CredentialKind] == [True, True, False]

"""The two cookies."""

import pytest

from sudare.base.secret import Secret
from sudare.gateway.signin.box import Box
from sudare.gateway.signin.cookies import KNOWN, known_browser, known_cookie, read, session_cookie, token_from

BOX = Box(Secret(bytes(32)), "known-browser")
NOW = 1_795_000_000.0


def sent(set_cookie):
    return read(set_cookie.partition(";")[0])


def test_a_session_token_comes_back():
    assert token_from(sent(session_cookie(bytes(range(32))))) == bytes(range(32))


def test_other_values_are_no_token():
    for value in ("", "x", "A" * 42, "A" * 44, "é", "!" * 43):
        assert token_from({"__Host-sudare": value}) is None
    assert token_from(read("a b;;=;")) is None


NEIGHBOURS = [
    'a={"x": 1}',
    "名前=会計課",
    "a[b]=1",
    "a",
    'a="x',
    "a=x,y z",
    "expires=Wed, 1 Jan",
    "path=/",
    "=",
    "a=é",
    "",
]


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_what_other_sites_of_the_domain_left_does_not_matter(neighbour):
    ours = session_cookie(bytes(range(32))).partition(";")[0]

    for header in (f"{neighbour}; {ours}", f"{ours}; {neighbour}", f"{neighbour};{ours};{neighbour}"):
        assert token_from(read(header)) == bytes(range(32))


def test_of_two_cookies_with_one_name_the_first_counts():
    assert read("a=1; a=2; b=x=y") == {"a": "1", "b": "x=y"}


def test_a_browser_is_known_to_the_account_that_signed_in_there_and_for_half_a_year():
    cookies = sent(known_cookie(BOX, "hanako", NOW))

    assert known_browser(BOX, cookies, "hanako", NOW)
    assert known_browser(BOX, cookies, "jiro", NOW) is None
    assert known_browser(BOX, cookies, "hanako", NOW + 181 * 86_400) is None
    assert known_browser(BOX, {KNOWN: "forged"}, "hanako", NOW) is None


def test_the_known_cookie_names_nobody():
    assert "hanako" not in known_cookie(BOX, "hanako", NOW)

from sudare.base.secret import Secret
from sudare.office.schedule import Login, UnreachableError


def test_a_login_never_prints_its_password():
    assert "himitsu" not in repr(Login("yamada", Secret("himitsu")))


def test_unreachable_says_since_when():
    error = UnreachableError("ConnectError", 12.5)
    assert (error.code, error.since) == ("office.calendar-unreachable", 12.5)

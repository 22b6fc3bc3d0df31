from sudare.base.secret import Secret
from sudare.office.schedule import Login, UnreachableError


def test_a_login_never_prints_its_password():
    assert "himitsu" not in repr(Login("yamada", Secret("himitsu")))


def test_unreachable_says_since_when():
    error = UnreachableError("ConnectError", "2026-11-23T08:12:00+09:00")
    assert (error.code, error.since) == ("office.calendar-unreachable", "2026-11-23T08:12:00+09:00")

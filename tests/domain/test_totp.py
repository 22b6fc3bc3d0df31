"""One-time passwords."""

import pyotp
import pytest

from sudare.domain.totp import STEP_S, accepted_step, uri

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW = 1_795_000_010.0
STEP = int(NOW) // STEP_S


@pytest.mark.parametrize(("drift", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_of_drift_is_accepted(drift, accepted):
    code = pyotp.TOTP(SECRET).generate_otp(STEP + drift)

    assert accepted_step(SECRET, code, 0, NOW) == (STEP + drift if accepted else None)


def test_a_step_is_accepted_once_and_nothing_older_after_it():
    codes = [pyotp.TOTP(SECRET).generate_otp(STEP + drift) for drift in (-1, 0, 1)]

    assert [accepted_step(SECRET, code, STEP, NOW) for code in codes] == [None, None, STEP + 1]


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "\uff11\uff12\uff13\uff14\uff15\uff16", "12 34 5"])
def test_what_is_not_six_digits_is_refused(code):
    assert accepted_step(SECRET, code, 0, NOW) is None


def test_the_rfc_6238_vector_is_accepted():
    assert accepted_step("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "287 082", 0, 59) == 1


def test_the_address_names_who_and_where():
    assert uri(SECRET, "hanako", "Sudare").startswith("otpauth://totp/Sudare:hanako?secret=")

"""
Time-based one-time passwords (RFC 6238): six digits, 30 s, SHA-1, one step of drift either way.

INVARIANT: a step that was accepted is never accepted again.
"""

import hmac

import pyotp

STEP_S = 30
DIGITS = 6


def accepted_step(secret: str, unverified_code: str, last_step: int, now: float) -> int | None:
    """The step the code belongs to, when it is within the window and newer than `last_step`."""
    code = unverified_code.strip().replace(" ", "")
    if len(code) != DIGITS or not code.isascii() or not code.isdigit():
        return None
    generator = pyotp.TOTP(secret)
    current = int(now) // STEP_S
    found = None
    for step in (current - 1, current, current + 1):  # every step is computed: no early way out to time
        if hmac.compare_digest(generator.generate_otp(step), code) and step > last_step:
            found = step
    return found


def uri(secret: str, login: str, issuer: str) -> str:
    """The `otpauth:` address an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)

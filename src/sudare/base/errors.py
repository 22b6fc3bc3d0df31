"""
The one exception that crosses a room's door, and the list of its codes.

INVARIANT: codes are stable; each has a Japanese and an English sentence in the catalogues (tests/test_house.py).
INVARIANT: `detail` is for the log on this side only; a peer never sees it, and it never holds a secret.
"""

from enum import Enum
from typing import Final


class Family(Enum):
    """Whose move is next."""

    CALLER = "caller"
    DENIED = "denied"
    BUSY = "busy"
    OFFICE = "office"
    LINK = "link"
    BUG = "bug"


CODES: Final[dict[str, int]] = {
    # code -> HTTP status; the WebSocket close code is derived from the family
    "caller.malformed": 400,
    "caller.not-found": 404,
    "caller.too-large": 413,
    "caller.password-too-short": 422,
    "caller.password-too-common": 422,
    "caller.login-taken": 409,
    "caller.last-credential": 409,
    "caller.configuration": 422,
    "caller.version": 426,
    "caller.recording-key": 422,
    "caller.recording-broken": 422,
    "denied.sign-in": 401,
    "denied.credentials": 401,
    "denied.origin": 403,
    "denied.csrf": 403,
    "denied.not-allowed": 403,
    "denied.invitation": 403,
    "denied.join-token": 403,
    "denied.connector-proof": 403,
    "denied.ticket-malformed": 403,
    "denied.ticket-signature": 403,
    "denied.ticket-expired": 403,
    "denied.ticket-replayed": 403,
    "denied.ticket-connector": 403,
    "denied.ticket-key": 403,
    "denied.target-not-listed": 403,
    "denied.secret-unreadable": 403,
    "busy.rate": 429,
    "busy.sessions": 503,
    "office.connector-away": 502,
    "office.connector-slow": 504,
    "office.calendar-unreachable": 502,
    "office.calendar-credentials": 502,
    "office.calendar-credentials-missing": 502,
    "office.calendar-answer": 502,
    "office.pc-unreachable": 502,
    "office.pc-credentials": 502,
    "office.pc-credentials-missing": 502,
    "office.pc-certificate": 502,
    "office.pc-protocol": 502,
    "office.pc-closed": 502,
    "office.sandbox": 502,
    "office.recording": 502,
    "office.recording-full": 502,
    "office.watermark-font": 502,
    "link.lost": 503,
    "link.taken-over": 409,
    "bug.unexpected": 500,
}

_CLOSE: Final = {
    Family.CALLER: 4400,
    Family.DENIED: 4403,
    Family.BUSY: 4429,
    Family.OFFICE: 4502,
    Family.LINK: 4408,
    Family.BUG: 4500,
}


class SudareError(Exception):
    """A failure with a stable code; `detail` never leaves this side."""

    def __init__(self, code: str, detail: str = "") -> None:
        if code not in CODES:
            detail = f"unlisted code {code}: {detail}"
            code = "bug.unexpected"
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail

    @property
    def family(self) -> Family:
        """The part of the code before the dot."""
        return Family(self.code.partition(".")[0])

    @property
    def http_status(self) -> int:
        """Status of the RFC 9457 answer."""
        return CODES[self.code]

    @property
    def close_code(self) -> int:
        """Close code of a WebSocket, RFC 6455 7.4.2 (4000-4999: private use)."""
        return _CLOSE[self.family]

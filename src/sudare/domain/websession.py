"""
The signed-in state of one browser.

INVARIANT: the token is 256 random bits and only its hash is stored; a new one is made at every sign-in.
INVARIANT: a session ends at the earlier of its idle and its absolute limit, and nothing moves the absolute one.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, replace

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session may live."""

    idle_s: float
    absolute_s: float


@dataclass(frozen=True, slots=True)
class WebSession:
    """One signed-in browser."""

    hash: str
    tenant: str
    person: str
    created: float
    seen: float
    absolute_until: float
    must_set_up: bool

    def idle_until(self, limits: Limits) -> float:
        """When it ends if nobody says they are here."""
        return min(self.seen + limits.idle_s, self.absolute_until)

    def alive(self, limits: Limits, now: float) -> bool:
        """Whether it still counts."""
        return now < self.idle_until(limits) and now < self.absolute_until

    def touched(self, now: float) -> "WebSession":
        """The same session, the person being here at `now`."""
        return replace(self, seen=max(self.seen, now))


def begin(token: bytes, tenant: str, person: str, limits: Limits, now: float, *, must_set_up: bool) -> WebSession:
    """A new session for a fresh random token."""
    return WebSession(token_hash(token), tenant, person, now, now, now + limits.absolute_s, must_set_up)


def token_hash(token: bytes) -> str:
    """What is stored of a token."""
    return hashlib.sha256(b"sudare-session-1\0" + token).hexdigest()


def csrf_token(token: bytes) -> str:
    """The token a page must send along; derived, so it needs no storing and says nothing about the cookie."""
    digest = hmac.digest(token, b"sudare-csrf-1", "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

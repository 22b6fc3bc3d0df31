"""
The two cookies.

* `__Host-sudare`: the session, 256 random bits; gone when the browser closes.
* `__Host-sudare-known`: "somebody signed in here before", sealed; it opens nothing and only spares its browser the
  delays that strangers cause (OWASP "device cookies").
"""

import base64
import binascii
import hashlib
import os

from sudare.domain.websession import TOKEN_BYTES
from sudare.gateway.signin.box import Box

SESSION = "__Host-sudare"
KNOWN = "__Host-sudare-known"
_KNOWN_S = 180 * 86_400
_FLAGS = "Path=/; Secure; HttpOnly; SameSite=Strict"


def read(header: str) -> dict[str, str]:
    """
    Name and value of each cookie sent (RFC 6265 4.2.1, 5.4); of two with one name the first.

    Other sites of the same domain leave cookies here, too, and with anything in them. Python's own parser gives up on
    the whole header then: one neighbour's cookie would sign everybody out.
    """
    out: dict[str, str] = {}
    for pair in header.split(";"):
        name, mark, value = pair.strip(" \t").partition("=")
        if mark:
            out.setdefault(name, value)
    return out


def token_from(cookies: dict[str, str]) -> bytes | None:
    """The session token, when it has the right form."""
    text = cookies.get(SESSION, "")
    try:
        token = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return token if len(token) == TOKEN_BYTES else None


def session_cookie(token: bytes) -> str:
    """`Set-Cookie` for a session."""
    return f"{SESSION}={base64.urlsafe_b64encode(token).decode().rstrip('=')}; {_FLAGS}"


def no_session_cookie() -> str:
    """`Set-Cookie` that ends it."""
    return f"{SESSION}=; {_FLAGS}; Max-Age=0"


def known_cookie(box: Box, account: str, now: float) -> str:
    """`Set-Cookie` that remembers that `account` signed in here."""
    value = box.seal(f"{os.urandom(16).hex()} {int(now) + _KNOWN_S} {account_mark(account)}".encode())
    return f"{KNOWN}={value}; {_FLAGS}; Max-Age={_KNOWN_S}"


def known_browser(box: Box, cookies: dict[str, str], account: str, now: float) -> str | None:
    """The mark of this browser, if this account signed in here before."""
    raw = box.open(cookies.get(KNOWN, ""))
    if raw is None:
        return None
    mark, until, whose = raw.decode().split(" ")
    return mark if int(until) > now and whose == account_mark(account) else None


def account_mark(account: str) -> str:
    """The login as a key that says nothing and has one length."""
    return hashlib.sha256(b"sudare-account-1\0" + account.encode()).hexdigest()[:32]

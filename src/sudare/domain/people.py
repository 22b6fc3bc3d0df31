"""
People and what they sign in with.

INVARIANT: a login is compared in one normal form (NFKC, case folded), so no two people look the same to the gateway.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

from sudare.base.errors import SudareError

_LOGIN = re.compile(r"[^\s\x00-\x1f\x7f/\\:]{1,64}")
NAME_LIMIT = 128


class CredentialKind(Enum):
    """Ways of showing who one is."""

    PASSKEY = "passkey"
    PASSWORD = "password"  # noqa: S105 - the name of a kind, not a password
    TOTP = "totp"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who may sign in."""

    id: str
    tenant: str
    login: str
    name: str
    yomi: str
    admin: bool
    created: float


@dataclass(frozen=True, slots=True)
class Credential:
    """One way of signing in; `data` depends on the kind and is never shown to anyone."""

    id: str
    tenant: str
    person: str
    kind: CredentialKind
    name: str
    created: float
    used: float | None
    external: str | None  # passkey: credential id, base64url
    data: str  # passkey: public key, base64url; password: Argon2id hash; totp: sealed secret
    counter: int  # passkey: signature counter; totp: last step used; password: 1 when it leans on a second factor

    @property
    def signs_in(self) -> bool:
        """Whether it opens a session by itself (a TOTP only completes a password)."""
        return self.kind is not CredentialKind.TOTP


def login_form(unverified_login: str) -> str:
    """The normal form of a login. Raises `caller.malformed`."""
    login = unicodedata.normalize("NFKC", unverified_login).strip().casefold()
    if not _LOGIN.fullmatch(login):
        raise SudareError("caller.malformed", "login: 1 to 64 characters without spaces, slashes or colons")
    return login


def display_name(unverified_name: str, what: str = "name", *, least: int = 1) -> str:
    """A name fit for showing. Raises `caller.malformed`."""
    name = unicodedata.normalize("NFKC", unverified_name).strip()
    if not least <= len(name) <= NAME_LIMIT or any(unicodedata.category(c) in {"Cc", "Cs"} for c in name):
        raise SudareError("caller.malformed", f"{what}: {least} to {NAME_LIMIT} characters without control characters")
    return name

r"""
Signed permission to open one stream (docs/wire/ticket.md).

`<payload>.<signature>`, base64url without padding; Ed25519 over "sudare-ticket-1\0" + payload.
INVARIANT: a `Ticket` that came out of `verify` was signed by a known key and is in force at `now`.
"""

import hashlib
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sudare.base.encoding import b64, unb64
from sudare.base.errors import SudareError

LIFE_S: Final = 60
SKEW_S: Final = 30
MAX_LENGTH: Final = 4096
_CONTEXT: Final = b"sudare-ticket-1\0"


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """What one stream may be; the field names are the wire's."""

    kid: str
    jti: str
    iat: int
    exp: int
    con: str
    tgt: str
    knd: str
    ten: str
    per: str
    acc: str
    nam: str
    dev: str
    ses: str
    rgt: dict[str, bool]
    cnf: str


def key_id(public: bytes) -> str:
    """First 8 bytes of SHA-256 of the raw public key, hex."""
    return hashlib.sha256(public).hexdigest()[:16]


def confirmation(public: bytes) -> str:
    """`cnf`: SHA-256 of the browser's ephemeral public key (65 bytes), base64url."""
    return b64(hashlib.sha256(public).digest())


def sign(ticket: Ticket, key: Ed25519PrivateKey) -> str:
    """The ticket as text."""
    payload = msgspec.json.encode(ticket)
    return f"{b64(payload)}.{b64(key.sign(_CONTEXT + payload))}"


def verify(text: str, keys: dict[str, bytes], *, now: float, connector: str | None = None) -> Ticket:
    """
    The ticket, when it is signed by one of `keys` (key id to raw public key), in force, and for `connector`.

    Raises `denied.ticket-malformed`, `-signature`, `-expired`, `-connector`.
    """
    ticket, payload, signature = _parse(text)
    public = keys.get(ticket.kid)
    if public is None:
        raise SudareError("denied.ticket-signature", f"unknown key {ticket.kid}")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _CONTEXT + payload)
    except (InvalidSignature, ValueError):
        raise SudareError("denied.ticket-signature") from None
    if ticket.exp - ticket.iat > LIFE_S or not ticket.iat - SKEW_S <= now <= ticket.exp + SKEW_S:
        raise SudareError("denied.ticket-expired", f"iat {ticket.iat} exp {ticket.exp} now {now:.0f}")
    if connector is not None and ticket.con != connector:
        raise SudareError("denied.ticket-connector")
    return ticket


def _parse(text: str) -> tuple[Ticket, bytes, bytes]:
    if len(text) > MAX_LENGTH:
        raise SudareError("denied.ticket-malformed", "too long")
    unverified_payload, dot, unverified_signature = text.partition(".")
    try:
        payload, signature = unb64(unverified_payload), unb64(unverified_signature)
        ticket = msgspec.json.decode(payload, type=Ticket)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        raise SudareError("denied.ticket-malformed") from None
    if not dot or len(signature) != 64 or len(ticket.jti) != 22:
        raise SudareError("denied.ticket-malformed")
    return ticket, payload, signature

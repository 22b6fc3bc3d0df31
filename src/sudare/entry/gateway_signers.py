"""The ticket signer, over the key on disk."""

import secrets

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sudare.base.encoding import b64
from sudare.wire.ticket.codec import LIFE_S, Ticket, key_id, sign


class TicketSigner:
    """Makes the tickets of docs/wire/ticket.md."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes_raw()
        self.kid = key_id(self.public)

    def issue(self, claims: dict[str, object], now: float) -> str:
        """A signed ticket, good once and for a minute."""
        times = {"iat": int(now), "exp": int(now) + LIFE_S}
        payload = {"kid": self.kid, "jti": b64(secrets.token_bytes(16)), **times, **claims}
        return sign(msgspec.convert(payload, Ticket), self._key)

    def public_keys(self) -> list[dict[str, str]]:
        """`[{kid, key}]`."""
        return [{"kid": self.kid, "key": b64(self.public)}]

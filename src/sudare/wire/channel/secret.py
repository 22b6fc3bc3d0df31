"""
Office passwords sealed in the browser for one connector, person and target (docs/wire/channel.md).

INVARIANT: what is sealed for one person and target opens for no other.
"""

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.wire.channel.hpke import ENC_SIZE, TAG_SIZE, setup_recipient, setup_sender

MAX_SECRET: Final = 1024
_INFO: Final = b"sudare-secret-1\0"


@dataclass(frozen=True, slots=True)
class Binding:
    """Whom and what a sealed secret is for; the values stand in the ticket."""

    tenant: str
    person: str
    target: str

    def aad(self) -> bytes:
        """The bytes the seal is bound to."""
        return f"{self.tenant}\0{self.person}\0{self.target}".encode()


def seal_secret(recipient: bytes, bind: Binding, secret: Secret[str], ephemeral: ec.EllipticCurvePrivateKey) -> bytes:
    """What the browser does; here for tests and for the demo city hall."""
    enc, context = setup_sender(recipient, _INFO, ephemeral)
    return enc + context.sequence().seal(secret.reveal().encode(), bind.aad())


def open_secret(sealed: bytes, private: ec.EllipticCurvePrivateKey, bind: Binding) -> Secret[str]:
    """The password. Raises `denied.secret-unreadable` when it was not sealed for this connector, person and target."""
    if not ENC_SIZE + TAG_SIZE <= len(sealed) <= ENC_SIZE + TAG_SIZE + MAX_SECRET:
        raise SudareError("denied.secret-unreadable", "size")
    try:
        context = setup_recipient(sealed[:ENC_SIZE], private, _INFO)
        return Secret(context.sequence().open(sealed[ENC_SIZE:], bind.aad()).decode())
    except (SudareError, UnicodeDecodeError):
        raise SudareError("denied.secret-unreadable") from None

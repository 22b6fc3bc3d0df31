"""
Small values sealed with the installation's own key: sign-in flows, TOTP secrets, the known-browser cookie.

AES-256-GCM with a random nonce, one key per purpose (HKDF-SHA256 from the master key), the purpose as additional data.
INVARIANT: a value sealed for one purpose opens for no other.
"""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sudare.base.secret import Secret

_NONCE = 12
_LIMIT = 4096


class Box:
    """Seals and opens values of one purpose."""

    def __init__(self, master: Secret[bytes], purpose: str) -> None:
        key = HKDF(SHA256(), 32, salt=None, info=f"sudare-box-1 {purpose}".encode()).derive(master.reveal())
        self._cipher = AESGCM(key)
        self._purpose = purpose.encode()

    def seal(self, value: bytes) -> str:
        """The value as base64url text."""
        nonce = os.urandom(_NONCE)
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, value, self._purpose)).decode().rstrip("=")

    def open(self, unverified_text: str) -> bytes | None:
        """The value, or None when it was not sealed here for this purpose."""
        if len(unverified_text) > _LIMIT or not unverified_text.isascii():
            return None
        try:
            raw = base64.urlsafe_b64decode(unverified_text + "=" * (-len(unverified_text) % 4))
            return self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], self._purpose)
        except (binascii.Error, InvalidTag, ValueError):
            return None

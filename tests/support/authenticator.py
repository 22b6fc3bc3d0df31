"""A software authenticator: discoverable P-256 passkeys, the person always verified, attestation "none"."""

import base64
import hashlib
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Key:
    id: bytes
    private: ec.EllipticCurvePrivateKey
    user: bytes
    counter: int = 0


@dataclass
class Authenticator:
    """What a phone does with `navigator.credentials`."""

    origin: str
    flags: int = PRESENT | VERIFIED
    keys: dict[str, Key] = field(default_factory=dict)

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """`navigator.credentials.create`, as JSON."""
        key = Key(os.urandom(32), ec.generate_private_key(ec.SECP256R1()), unbase64(options["user"]["id"]))
        self.keys[options["rp"]["id"]] = key
        data = self._client_data("webauthn.create", options["challenge"])
        attested = bytes(16) + struct.pack(">H", len(key.id)) + key.id + _cose(key.private)
        auth = self._auth_data(options["rp"]["id"], key, ATTESTED) + attested
        attestation = _map({"fmt": _text("none"), "attStmt": b"\xa0", "authData": _blob(auth)})
        return self._credential(key, {"clientDataJSON": base64url(data), "attestationObject": base64url(attestation)})

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """`navigator.credentials.get`, as JSON."""
        key = self.keys[options["rpId"]]
        key.counter += 1
        data = self._client_data("webauthn.get", options["challenge"])
        auth = self._auth_data(options["rpId"], key, 0)
        signature = key.private.sign(auth + hashlib.sha256(data).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            key,
            {
                "clientDataJSON": base64url(data),
                "authenticatorData": base64url(auth),
                "signature": base64url(signature),
                "userHandle": base64url(key.user),
            },
        )

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _auth_data(self, rp_id: str, key: Key, more: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + bytes([self.flags | more]) + struct.pack(">I", key.counter)

    def _credential(self, key: Key, response: dict[str, str]) -> dict[str, Any]:
        return {"id": base64url(key.id), "rawId": base64url(key.id), "type": "public-key", "response": response}


def base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _cose(key: ec.EllipticCurvePrivateKey) -> bytes:
    """COSE_Key: EC2, ES256, P-256, x, y."""
    numbers = key.public_key().public_numbers()
    point = b"\x21\x58\x20" + numbers.x.to_bytes(32, "big") + b"\x22\x58\x20" + numbers.y.to_bytes(32, "big")
    return b"\xa5\x01\x02\x03\x26\x20\x01" + point


def _text(value: str) -> bytes:
    return bytes([0x60 + len(value)]) + value.encode()


def _blob(value: bytes) -> bytes:
    return b"\x59" + struct.pack(">H", len(value)) + value


def _map(values: dict[str, bytes]) -> bytes:
    return bytes([0xA0 + len(values)]) + b"".join(_text(name) + value for name, value in values.items())

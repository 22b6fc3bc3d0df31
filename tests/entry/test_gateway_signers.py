"""Tickets and certificates."""

import base64
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sudare.entry.gateway_signers import TicketSigner

NOW = 1_795_000_000.0
CLAIMS = {"rgt": {}} | dict.fromkeys(("con", "tgt", "knd", "ten", "acc", "nam", "dev", "ses", "cnf"), "x")


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_ticket_is_signed_over_its_label_lives_a_minute_and_names_its_key():
    signer = TicketSigner(Ed25519PrivateKey.generate())

    payload, signature = (unbase64(part) for part in signer.issue(CLAIMS | {"per": "花子"}, NOW).split("."))

    claims = json.loads(payload)
    (key,) = signer.public_keys()
    signer._key.public_key().verify(signature, b"sudare-ticket-1\0" + payload)
    assert (claims["per"], claims["exp"] - claims["iat"]) == ("花子", 60)
    assert claims["kid"] == key["kid"] == hashlib.sha256(unbase64(key["key"])).digest()[:8].hex()
    assert len(unbase64(claims["jti"])) == 16

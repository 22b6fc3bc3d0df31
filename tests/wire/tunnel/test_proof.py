"""What a connector signs, and what the gateway believes."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from tests.support.tunnel import BOOT, HANDSHAKE, KEY, NONCE, SPKI, signed

from sudare.base.encoding import unb64
from sudare.base.errors import SudareError
from sudare.wire.tunnel.proof import check, prove

PUBLIC = KEY.public_key()
GOLDEN = unb64(json.loads(HANDSHAKE["lines"][2]["line"])["signature"])


def refusal(signature, *, key=PUBLIC, nonce=NONCE, boot=BOOT, spki=SPKI):
    with pytest.raises(SudareError) as caught:
        check(key, signature, nonce, boot, spki)
    return caught.value.code


def test_what_was_proved_is_believed():
    check(PUBLIC, prove(KEY, NONCE, BOOT, SPKI), NONCE, BOOT, SPKI)


def test_the_golden_proof_and_one_signed_by_the_written_rule_are_believed():
    check(PUBLIC, GOLDEN, NONCE, BOOT, SPKI)
    check(PUBLIC, signed(KEY), NONCE, BOOT, SPKI)


def test_our_proof_verifies_by_the_written_rule():
    from cryptography.hazmat.primitives import hashes

    signature = prove(KEY, NONCE, BOOT, SPKI)

    PUBLIC.verify(signature, bytes.fromhex(HANDSHAKE["statement"]), ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    "other",
    [
        {"nonce": bytes(32)},
        {"nonce": NONCE[:-1]},
        {"boot": "another"},
        {"boot": ""},
        {"spki": bytes(32)},
        {"key": ec.derive_private_key(9, ec.SECP256R1()).public_key()},
        {"nonce": NONCE + BOOT[:1].encode(), "boot": BOOT[1:], "spki": SPKI[::-1]},
    ],
    ids=["challenge", "short challenge", "process", "no process", "gateway key", "connector key", "moved borders"],
)
def test_a_proof_is_worth_nothing_for_anything_else(other):
    assert refusal(GOLDEN, **other) == "denied.connector-proof"


@given(st.integers(0, len(GOLDEN) - 1), st.integers(1, 255))
def test_no_flipped_byte_is_believed(where, flip):
    signature = bytearray(GOLDEN)
    signature[where] ^= flip

    assert refusal(bytes(signature)) == "denied.connector-proof"


@given(st.binary(max_size=80))
def test_no_other_bytes_are_believed(signature):
    assert refusal(signature) == "denied.connector-proof"


def test_the_refusal_holds_neither_challenge_nor_signature():
    with pytest.raises(SudareError) as caught:
        check(PUBLIC, b"\x30\x06", NONCE, BOOT, SPKI)

    assert caught.value.detail == "signature"
    assert caught.value.__cause__ is None

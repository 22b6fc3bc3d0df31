"""Tickets: signed, short, bound."""

import base64
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sudare.base.encoding import b64
from sudare.base.errors import SudareError
from sudare.wire.ticket.codec import Ticket, confirmation, key_id, sign, verify

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
KEYS = {key_id(PUBLIC): PUBLIC}
NOW = 1_790_000_000
VECTORS = Path(__file__).parents[2] / "vectors" / "ticket"


def ticket(**change):
    fields = {
        "kid": key_id(PUBLIC),
        "jti": b64(bytes(16)),
        "iat": NOW,
        "exp": NOW + 60,
        "con": "con1",
        "tgt": "kikaku-0123",
        "knd": "screen",
        "ten": "t1",
        "per": "p1",
        "acc": "yamada",
        "nam": "山田 花子",
        "dev": "",
        "ses": "s1",
        "rgt": {"input": True},
        "cnf": confirmation(b"\x04" + bytes(64)),
    }
    return Ticket(**(fields | change))


def refusal(text, **kwargs):
    with pytest.raises(SudareError) as caught:
        verify(text, KEYS, **({"now": NOW} | kwargs))
    return caught.value.code


def test_a_signed_ticket_comes_back_as_it_was():
    assert verify(sign(ticket(), KEY), KEYS, now=NOW + 59, connector="con1") == ticket()


def test_the_golden_ticket_stays_readable():
    golden = (VECTORS / "ticket.txt").read_text().strip()

    assert verify(golden, KEYS, now=NOW) == ticket()
    assert sign(ticket(), KEY) == golden


def test_a_ticket_of_another_key_is_refused():
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))

    assert refusal(sign(ticket(), other)) == "denied.ticket-signature"
    assert refusal(sign(ticket(kid="0" * 16), KEY)) == "denied.ticket-signature"


@pytest.mark.parametrize("late", [91, 3600, -31])
def test_a_ticket_outside_its_time_is_refused(late):
    assert refusal(sign(ticket(), KEY), now=NOW + late) == "denied.ticket-expired"


def test_a_ticket_that_claims_a_long_life_is_refused():
    assert refusal(sign(ticket(exp=NOW + 61), KEY)) == "denied.ticket-expired"


def test_a_ticket_for_another_connector_is_refused():
    assert refusal(sign(ticket(), KEY), connector="con2") == "denied.ticket-connector"


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_flipped_byte_is_accepted(where, flip):
    raw = bytearray(sign(ticket(), KEY).encode())
    raw[where % len(raw)] ^= flip

    assert refusal(raw.decode("latin-1")).startswith("denied.ticket-")


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: base64.urlsafe_b64encode(b).decode()))
def test_anything_else_is_malformed(text):
    assert refusal(text) == "denied.ticket-malformed"


def test_a_payload_of_another_shape_is_malformed():
    payload = msgspec.json.encode({"kid": key_id(PUBLIC)})

    text = f"{b64(payload)}.{b64(KEY.sign(b'sudare-ticket-1' + bytes(1) + payload))}"

    assert refusal(text) == "denied.ticket-malformed"


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_a_payload_nested_as_deep_as_fits_is_malformed(opening):
    payload = (b'{"deep":' + opening * 3000)[:2900]

    assert refusal(f"{b64(payload)}.{b64(bytes(64))}") == "denied.ticket-malformed"


def test_a_ticket_over_the_limit_is_malformed_before_it_is_decoded():
    assert refusal(sign(ticket(nam="n" * 4096), KEY)) == "denied.ticket-malformed"

"""Office passwords, sealed for one connector, person and target."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.channel.test_channel import EPHEMERAL, OFFICE, VECTORS

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.wire.channel.hpke import public_bytes
from sudare.wire.channel.secret import Binding, open_secret, seal_secret

BIND = Binding("t1", "p1", "kikaku-0123")


@given(st.text(max_size=200))
def test_what_is_sealed_opens_for_the_same_person_and_target(password):
    sealed = seal_secret(public_bytes(OFFICE), BIND, Secret(password), EPHEMERAL)

    assert open_secret(sealed, OFFICE, BIND) == Secret(password)


@pytest.mark.parametrize(
    "other", [Binding("t2", "p1", "kikaku-0123"), Binding("t1", "p2", "kikaku-0123"), Binding("t1", "p1", "x")]
)
def test_it_opens_for_nobody_else(other):
    sealed = seal_secret(public_bytes(OFFICE), BIND, Secret("ひみつ"), EPHEMERAL)

    with pytest.raises(SudareError, match=r"denied\.secret-unreadable"):
        open_secret(sealed, OFFICE, other)


def test_it_opens_for_no_other_connector():
    sealed = seal_secret(public_bytes(OFFICE), BIND, Secret("ひみつ"), EPHEMERAL)

    with pytest.raises(SudareError, match=r"denied\.secret-unreadable"):
        open_secret(sealed, ec.derive_private_key(5, ec.SECP256R1()), BIND)


@given(st.binary(max_size=200))
def test_garbage_is_unreadable(data):
    with pytest.raises(SudareError, match=r"denied\.secret-unreadable"):
        open_secret(data, OFFICE, BIND)


def test_the_golden_secret_stays_readable():
    golden = json.loads((VECTORS / "secret.json").read_text())

    opened = open_secret(bytes.fromhex(golden["sealed"]), OFFICE, Binding(**golden["bind"]))

    assert opened == Secret(golden["password"])

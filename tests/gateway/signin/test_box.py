"""Sealed small values."""

from hypothesis import given
from hypothesis import strategies as st

from sudare.base.secret import Secret
from sudare.gateway.signin.box import Box

MASTER = Secret(bytes(32))


@given(st.binary(max_size=200))
def test_what_was_sealed_opens(value):
    assert Box(MASTER, "a").open(Box(MASTER, "a").seal(value)) == value


def test_a_value_opens_for_its_purpose_and_key_only():
    sealed = Box(MASTER, "a").seal(b"x")

    assert Box(MASTER, "b").open(sealed) is None
    assert Box(Secret(b"\x01" * 32), "a").open(sealed) is None


@given(st.text(max_size=100))
def test_noise_does_not_open(text):
    assert Box(MASTER, "a").open(text) is None


def test_two_seals_of_one_value_differ():
    assert Box(MASTER, "a").seal(b"x") != Box(MASTER, "a").seal(b"x")

"""Secrets that reach no log."""

import traceback

import pytest

from sudare.base.secret import Secret


def test_neither_repr_nor_str_nor_format_says_anything():
    secret = Secret("hunter2-canary")

    assert "canary" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "hunter2-canary"


def test_an_exception_that_carries_it_says_nothing():
    error = ValueError(Secret(bytes.fromhex("63616e617279")))

    assert "canary" not in "".join(traceback.format_exception(error))


def test_equality_compares_the_values():
    assert Secret(b"a") == Secret(b"a")
    assert Secret(b"a") != Secret(b"b")
    assert Secret("a") != "a"


def test_a_secret_cannot_become_a_dictionary_key():
    with pytest.raises(TypeError):
        hash(Secret("a"))

"""Argon2id, for real."""

import pytest
from argon2 import PasswordHasher

from sudare.base.secret import Secret
from sudare.gateway.signin.passwords import Passwords

pytestmark = pytest.mark.anyio


async def test_the_right_password_is_right_and_others_are_not():
    passwords = Passwords()
    stored = await passwords.hash(Secret("縁側の猫"))

    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1")
    assert await passwords.verify(stored, Secret("縁側の猫")) is True
    assert await passwords.verify(stored, Secret("縁側の犬")) is False


async def test_nobody_has_no_right_password():
    passwords = Passwords()

    assert await passwords.verify(None, Secret("nobody has this password")) is False
    assert await passwords.verify("rubbish", Secret("x")) is False


async def test_weaker_hashes_are_outdated():
    passwords = Passwords()

    assert passwords.outdated(PasswordHasher(1, 1024, 1).hash("x")) is True
    assert passwords.outdated(await passwords.hash(Secret("x"))) is False

"""The relying party, against a software authenticator."""

import pytest
from tests.support.authenticator import Authenticator
from tests.support.rows import NOW, person

from sudare.base.errors import SudareError
from sudare.domain.people import Credential, CredentialKind
from sudare.gateway.signin.passkeys import Passkeys

ORIGIN = "https://telework.example.lg.jp"
PARTY = Passkeys("telework.example.lg.jp", ORIGIN)
CHALLENGE = bytes(range(32))


@pytest.fixture
def registered():
    phone = Authenticator(ORIGIN)
    new = PARTY.registered(phone.create(PARTY.registration_options(CHALLENGE, person(), "すだれ市", [])), CHALLENGE)
    known = Credential(
        "c1", "main", "p1", CredentialKind.PASSKEY, "", NOW, None, new.external, new.public_key, new.counter
    )
    return phone, known


def test_registration_asks_for_a_discoverable_key_a_verified_person_and_no_attestation(registered):
    options = PARTY.registration_options(CHALLENGE, person(), "すだれ市", [registered[1]])

    assert options["attestation"] == "none"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert [one["id"] for one in options["excludeCredentials"]] == [registered[1].external]


def test_an_assertion_moves_the_counter(registered):
    phone, known = registered

    assert PARTY.counter_after(phone.get(PARTY.signin_options(CHALLENGE)), CHALLENGE, known) == 1


@pytest.mark.parametrize("spoil", ["challenge", "signature", "user", "origin"])
def test_anything_amiss_is_refused(registered, spoil):
    phone, known = registered
    if spoil == "origin":
        phone.origin = "https://evil.example"
    sent = phone.get(PARTY.signin_options(CHALLENGE))
    if spoil == "signature":
        sent["response"]["signature"] = sent["response"]["signature"][:-4] + "AAAA"
    if spoil == "user":
        sent["response"]["userHandle"] = "cDI"
    challenge = bytes(32) if spoil == "challenge" else CHALLENGE

    with pytest.raises(SudareError, match=r"denied\.credentials"):
        PARTY.counter_after(sent, challenge, known)


def test_a_registration_for_another_challenge_is_refused():
    phone = Authenticator(ORIGIN)
    sent = phone.create(PARTY.registration_options(CHALLENGE, person(), "", []))

    with pytest.raises(SudareError, match=r"denied\.credentials"):
        PARTY.registered(sent, bytes(32))

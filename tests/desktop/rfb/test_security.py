import struct

import pytest
from tests.support.rfb import VERSION, client, greeting, server_init, with_password

from sudare.base.secret import Secret
from sudare.desktop.rfb.security import TLS, StartTLS, answer
from sudare.desktop.source import Phase

OK = struct.pack(">I", 0)
CHALLENGE = bytes(range(16))


def refusal(reason, result=1):
    return struct.pack(">II", result, len(reason)) + reason


def vencrypt(*subtypes):
    return VERSION + b"\x01\x13" + b"\x00\x02" + b"\x00" + struct.pack(f">B{len(subtypes)}I", len(subtypes), *subtypes)


def test_the_answer_to_a_challenge_is_des_with_a_mirrored_key():
    # The textbook vector 133457799BBCDFF1 / 0123456789ABCDEF; the key's parity bits do not count.
    password = Secret(bytes.fromhex("482c6a1e593d7b0f").decode())

    assert answer(password, bytes.fromhex("0123456789ABCDEF") * 2).hex() == "85e813540f0ab405" * 2


def test_only_eight_bytes_of_a_password_count():
    assert answer(Secret("longer-than-eight"), CHALLENGE) == answer(Secret("longer-t"), CHALLENGE)


def test_none_is_taken_when_allowed():
    c = client()

    c.receive(greeting())

    assert c.phase is Phase.ACTIVE
    assert c.data_to_send().startswith(VERSION + b"\x01\x01")


def test_none_is_refused_when_a_password_was_given():
    c = with_password()

    c.receive(VERSION + b"\x01\x01")

    assert c.failure == "office.pc-protocol"


def test_a_password_is_asked_for_when_we_have_none():
    c = client()

    c.receive(VERSION + b"\x01\x02")

    assert c.failure == "office.pc-credentials-missing"


def test_the_password_is_proved_and_never_sent():
    c = with_password(password="secret")

    c.receive(VERSION + b"\x01\x02" + CHALLENGE + OK + server_init())
    said = c.data_to_send()

    assert c.phase is Phase.ACTIVE
    assert said.startswith(VERSION + b"\x02" + answer(Secret("secret"), CHALLENGE))
    assert b"secret" not in said


@pytest.mark.parametrize("ending", [refusal(b"Authentication failure"), refusal(b"", 2)])
def test_a_wrong_password_is_a_matter_of_credentials(ending):
    c = with_password()

    c.receive(VERSION + b"\x01\x02" + CHALLENGE + ending)

    assert c.failure == "office.pc-credentials"


def test_too_many_wrong_passwords_are_a_matter_of_credentials():
    c = with_password()

    c.receive(VERSION + b"\x00" + refusal(b"Too many security failures")[4:])

    assert c.failure == "office.pc-credentials"


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400",
        b"RFB 003.003\n",
        b"RFB 003.007\n",
        VERSION + b"\x00" + struct.pack(">I", 1 << 31),
        VERSION + b"\x00" + refusal(b"no")[4:],
        VERSION + b"\x02\x05\x06",
        VERSION + b"\x01\x02" + CHALLENGE + struct.pack(">II", 1, 1 << 20),
    ],
)
def test_a_bad_beginning_is_the_protocols_fault(data):
    c = with_password()

    c.receive(data)

    assert c.failure == "office.pc-protocol"


def test_tls_is_asked_of_the_driver_and_nothing_follows_before_it_is_there():
    c = with_password(TLS.REQUIRE, user="tanaka", password="secret")

    events = c.receive(vencrypt(257, 258, 262) + b"\x01")
    before = c.data_to_send()
    c.tls_started()
    after = c.data_to_send()

    assert events == [StartTLS(x509=True)]
    assert before == VERSION + b"\x13" + b"\x00\x02" + struct.pack(">I", 262)
    assert after == struct.pack(">II", 6, 6) + b"tanakasecret"


def test_without_a_user_the_vnc_password_is_used_under_tls():
    c = with_password(TLS.REQUIRE)

    events = c.receive(vencrypt(258, 261, 262) + b"\x01")
    c.data_to_send()
    c.tls_started()
    c.receive(CHALLENGE + OK + server_init())

    assert events == [StartTLS(x509=True)]
    assert c.data_to_send().startswith(answer(Secret("secret"), CHALLENGE))
    assert c.phase is Phase.ACTIVE


def test_bytes_in_the_clear_behind_the_agreement_are_an_attack():
    c = with_password(TLS.REQUIRE)

    events = c.receive(vencrypt(261) + b"\x01" + CHALLENGE)

    assert events == []
    assert c.failure == "office.pc-protocol"


def test_without_encryption_a_session_that_requires_it_ends():
    c = with_password(TLS.REQUIRE)

    c.receive(VERSION + b"\x02\x01\x02")

    assert c.failure == "office.pc-certificate"


def test_a_pinned_certificate_forbids_going_without_one():
    for data in (VERSION + b"\x01\x02", vencrypt(257, 258, 259)):
        c = with_password(TLS.ALLOW, certificate_needed=True)

        c.receive(data)

        assert c.failure == "office.pc-certificate"


def test_a_password_is_never_sent_in_the_clear():
    c = with_password(TLS.ALLOW, user="tanaka")

    c.receive(vencrypt(256))

    assert c.failure == "office.pc-protocol"
    assert b"secret" not in c.data_to_send()


@pytest.mark.parametrize(
    "data",
    [
        VERSION + b"\x01\x13" + b"\x00\x01",
        VERSION + b"\x01\x13" + b"\x00\x02" + b"\x01",
        vencrypt(),
        vencrypt(258) + b"\x00",
    ],
)
def test_a_bad_vencrypt_is_the_protocols_fault(data):
    c = with_password(TLS.ALLOW)

    c.receive(data)

    assert c.failure == "office.pc-protocol"

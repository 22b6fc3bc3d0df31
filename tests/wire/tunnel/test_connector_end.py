"""The connector's end of a control connection: what it proves to whom, and whose word it takes."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from tests.support.tunnel import (
    BOOT,
    CATALOGUE,
    CERTIFICATE,
    DRAIN,
    HANDSHAKE,
    KEY,
    NONCE,
    NOW,
    OPEN,
    REFUSE,
    SPKI,
    WELCOME,
    connector_end,
    gateway_end,
    pieces,
    proof,
    shaken,
    until_failure,
)

from sudare.base.encoding import b64, unb64
from sudare.base.errors import SudareError
from sudare.wire.tunnel import messages as m
from sudare.wire.tunnel.connector_end import Echo
from sudare.wire.tunnel.proof import check

CHALLENGE = m.Challenge(b64(NONCE))
CUT, RENEWED = m.Cut("s1"), m.Renewed("certificate")
DAY = [OPEN, CUT, RENEWED, DRAIN]
FROM_CONNECTOR = [m.Hello("con1", BOOT, [1]), m.Proof("", ""), CATALOGUE, REFUSE, m.Renew("csr")]
SAID = b"".join(one["line"].encode() + b"\n" for one in HANDSHAKE["lines"] if one["from"] == "gateway")


def said(*messages):
    return b"".join(map(m.encode, messages))


def failure(end, *messages):
    """The code that ends the connection when these arrive."""
    return until_failure(end.receive(said(*messages), NOW))[1]


def proved(line):
    """The proof in this line, checked against the golden key."""
    message = m.decode(line.removesuffix(b"\n"))
    assert isinstance(message, m.Proof)
    check(KEY.public_key(), unb64(message.signature), NONCE, BOOT, SPKI)
    return message


def test_the_golden_transcript_word_for_word_but_for_the_random_in_the_signature():
    connector, events = connector_end(), []

    for one in HANDSHAKE["lines"]:
        line = one["line"].encode() + b"\n"
        if one["from"] == "gateway":
            events += connector.receive(line, NOW)
            continue
        message = m.decode(line)
        if isinstance(message, m.Catalogue | m.Refuse | m.Renew):
            connector.send(message)
        sent = connector.data_to_send()
        if isinstance(message, m.Proof):
            assert proved(sent).certificate == proved(line).certificate == CERTIFICATE
        else:
            assert sent == line

    assert events == [WELCOME, OPEN, m.Cut(person="p1"), m.Renewed("-----BEGIN\n"), DRAIN]


def test_the_proof_is_for_the_tls_key_that_was_seen():
    seen, real = b"s" * 32, SPKI
    connector = connector_end(spki=seen)
    connector.data_to_send()
    assert [*connector.receive(said(CHALLENGE), NOW)] == []
    signature = unb64(json.loads(connector.data_to_send())["signature"])

    check(KEY.public_key(), signature, NONCE, BOOT, seen)
    with pytest.raises(SudareError, match=r"denied\.connector-proof"):
        check(KEY.public_key(), signature, NONCE, BOOT, real)


def test_another_key_than_the_certificates_does_not_get_in():
    connector, gateway = connector_end(key=ec.derive_private_key(77, ec.SECP256R1())), gateway_end()

    with pytest.raises(SudareError, match=r"denied\.connector-proof"):
        proof(connector, gateway)


@pytest.mark.parametrize("code", ["denied.connector-proof", "caller.version", "link.lost"])
def test_a_refusal_ends_it_with_the_gateways_own_code(code):
    assert failure(connector_end(), m.Refused(code)) == code
    connector, _ = shaken()
    assert failure(connector, m.Refused(code)) == code


def test_a_refusal_with_a_code_of_another_version_is_a_bug_and_no_crash():
    assert failure(connector_end(), m.Refused("denied.weather")) == "bug.unexpected"


@pytest.mark.parametrize(
    "nonce",
    ["", "not base64url!", b64(bytes(31)), b64(bytes(33)), b64(NONCE + BOOT.encode()), b64(NONCE) + "="],
    ids=["none", "text", "31 bytes", "33 bytes", "more than a challenge", "padded"],
)
def test_only_a_challenge_of_32_bytes_is_signed(nonce):
    connector = connector_end()
    connector.data_to_send()

    assert failure(connector, m.Challenge(nonce)) == "caller.malformed"
    assert connector.data_to_send() == b""


def test_one_challenge_is_signed_and_no_second():
    connector = connector_end()
    connector.data_to_send()

    assert failure(connector, CHALLENGE, m.Challenge(b64(bytes(32)))) == "caller.malformed"
    assert len(connector.data_to_send().splitlines()) == 1


@pytest.mark.parametrize("message", [WELCOME, *DAY, m.Ping(1), m.Pong(1)], ids=lambda one: type(one).__name__)
def test_nothing_is_acted_on_before_the_challenge(message):
    assert failure(connector_end(), message) == "caller.malformed"


@pytest.mark.parametrize("message", [*DAY, m.Ping(1), m.Pong(1)], ids=lambda one: type(one).__name__)
def test_nothing_is_acted_on_before_welcome(message):
    assert failure(connector_end(), CHALLENGE, message) == "caller.malformed"


@pytest.mark.parametrize("message", [*FROM_CONNECTOR, WELCOME, CHALLENGE], ids=lambda one: type(one).__name__)
def test_neither_a_connectors_word_nor_a_second_welcome_is_taken_from_a_gateway(message):
    connector, _ = shaken()

    assert failure(connector, message) == "caller.malformed"


@pytest.mark.parametrize("message", DAY, ids=lambda one: type(one).__name__)
def test_after_welcome_the_gateways_wishes_are_events(message):
    connector, gateway = shaken()

    gateway.send(message)

    assert [*connector.receive(gateway.data_to_send(), NOW)] == [message]


@pytest.mark.parametrize("message", [CATALOGUE, REFUSE, m.Renew("csr"), m.Lag([])], ids=lambda one: type(one).__name__)
def test_what_it_says_arrives(message):
    connector, gateway = shaken()

    connector.send(message)

    assert [*gateway.receive(connector.data_to_send(), NOW)] == [message]


def test_pings_are_answered_with_their_number():
    connector, _ = shaken()

    assert [*connector.receive(said(m.Ping(7), m.Pong(1), m.Ping(8)), NOW)] == []

    assert connector.data_to_send() == said(m.Pong(7), m.Pong(8))


def test_a_ping_that_comes_back_says_how_long_it_took_and_how_late_the_gateway_is():
    connector, gateway = shaken()
    gateway.wait_ms = 70

    connector.tick(NOW + 10)
    assert [*gateway.receive(connector.data_to_send(), NOW + 10.1)] == []

    assert [*connector.receive(gateway.data_to_send(), NOW + 10.25)] == [Echo(0.25, 70)]


def test_a_pong_nobody_asked_for_says_nothing_and_none_counts_twice():
    connector, _ = shaken()
    connector.tick(NOW + 10)

    pongs = said(m.Pong(99), m.Pong(1, 3), m.Pong(1, 4))

    assert [*connector.receive(pongs, NOW + 10.5)] == [Echo(0.5, 3)]


def test_a_clock_that_went_back_measures_nothing_negative():
    connector, _ = shaken()
    connector.tick(NOW + 10)

    assert [*connector.receive(said(m.Pong(1)), NOW + 9)] == [Echo(0.0, 0)]


@pytest.mark.parametrize(("asked", "kept"), [(0, 1), (5, 5), (60, 60), (3600, 60)])
def test_the_gateway_says_how_often_to_ping_within_reason(asked, kept):
    connector = connector_end()

    events = [*connector.receive(said(CHALLENGE, m.Welcome(asked, [])), NOW + 3)]
    connector.data_to_send()

    assert events == [m.Welcome(asked, [])]
    assert connector.next_deadline() == NOW + 3 + kept
    connector.tick(NOW + 3 + kept)
    assert connector.data_to_send() == said(m.Ping(1))
    with pytest.raises(SudareError, match=r"link\.lost"):
        connector.tick(NOW + 3 + 2.5 * kept)


def test_two_idle_ends_keep_each_other_alive():
    connector, gateway = shaken()

    for now in range(NOW, NOW + 3600):
        for end, other in ((connector, gateway), (gateway, connector)):
            end.tick(now)
            assert [event for event in other.receive(end.data_to_send(), now) if not isinstance(event, Echo)] == []

    assert connector.next_deadline() > NOW + 3599


@pytest.mark.parametrize("begun", [b"", said(CHALLENGE)], ids=["before the challenge", "before welcome"])
def test_a_gateway_that_only_chatters_is_left_after_one_silence(begun):
    connector = connector_end()
    assert [*connector.receive(begun, NOW)] == []

    for second in range(25):
        assert [*connector.receive(b'{"t":"weather"}\n', NOW + second)] == []
        connector.tick(NOW + second)
    connector.data_to_send()

    with pytest.raises(SudareError, match=r"link\.lost"):
        connector.tick(NOW + 25)


def test_no_ping_is_sent_before_welcome():
    connector = connector_end()
    connector.data_to_send()

    connector.tick(NOW + 10)
    connector.tick(NOW + 20)

    assert connector.data_to_send() == b""
    assert connector.next_deadline() > NOW + 20


def test_a_lost_connection_says_hello_again_with_the_next_number():
    connector = connector_end(generation=4)

    hello = m.decode(connector.data_to_send()[:-1])

    assert hello == m.Hello("con1", BOOT, [1], 4)


@given(pieces(SAID))
def test_the_events_are_the_same_wherever_the_bytes_are_cut(cut):
    connector = connector_end()

    events = [event for piece in cut for event in connector.receive(piece, NOW)]

    assert events == [WELCOME, OPEN, m.Cut(person="p1"), m.Renewed("-----BEGIN\n"), DRAIN]


def test_a_cut_just_before_a_refusal_is_not_lost():
    connector, _ = shaken()

    came = until_failure(connector.receive(said(CUT, m.Refused("denied.connector-proof")), NOW))

    assert came == ([CUT], "denied.connector-proof")


noise = (
    st.binary(max_size=60)
    | st.sampled_from([said(one) for one in [CHALLENGE, WELCOME, m.Ping(1), *DAY]])
    | st.just(b"x" * 40_000)
)


@given(st.lists(noise, max_size=12))
def test_whatever_comes_is_events_or_a_refusal_and_memory_is_bounded(stream):
    connector, heard, answered = connector_end(), 0, -len(connector_end().data_to_send())
    for piece in stream:
        _, code = until_failure(connector.receive(piece, NOW))
        heard += len(piece)
        answered += len(connector.data_to_send())

        assert code in {None, "caller.malformed"}
        assert len(connector._lines._begun) <= m.MAX_LINE
        assert answered <= heard + len(CERTIFICATE) + 200
        if code:
            return

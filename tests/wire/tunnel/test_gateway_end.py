"""The gateway's end of a control connection: whom it lets in and what it takes from whom."""

import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
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
    WELCOME,
    authority,
    connector_end,
    gateway_end,
    pieces,
    proof,
    shaken,
    signed,
    until_failure,
)

from sudare.base.encoding import b64
from sudare.base.errors import SudareError
from sudare.gateway.controls import MAX_TARGETS
from sudare.wire.tunnel import messages as m
from sudare.wire.tunnel.gateway_end import ProofOffered

HELLO = m.Hello("con1", BOOT, [m.PROTO])
PROOF = m.Proof(CERTIFICATE, b64(signed(KEY)))
SAID = b"".join(one["line"].encode() + b"\n" for one in HANDSHAKE["lines"] if one["from"] == "connector")
FROM_CONNECTOR = [HELLO, PROOF, CATALOGUE, REFUSE, m.Renew("csr"), m.Ping(1), m.Pong(1), m.Lag([])]
FROM_GATEWAY = [m.Challenge(b64(NONCE)), WELCOME, OPEN, DRAIN, m.Cut("s"), m.Renewed("c"), m.Refused("link.lost")]


def said(*messages):
    return b"".join(map(m.encode, messages))


def failure(end, *messages):
    """The code that ends the connection when these arrive."""
    return until_failure(end.receive(said(*messages), NOW))[1]


def other_certificate(key, digest=None):
    """Self-made: somebody else's key, or another kind of key."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "con1")])
    loaded = x509.load_pem_x509_certificate(CERTIFICATE.encode())
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(loaded.not_valid_before_utc)
        .not_valid_after(loaded.not_valid_after_utc)
        .sign(key, digest)
    )
    return made.public_bytes(Encoding.PEM).decode()


def mutilated(old, new):
    """The golden certificate with some bytes replaced."""
    der = x509.load_pem_x509_certificate(CERTIFICATE.encode()).public_bytes(Encoding.DER)
    old, new = bytes.fromhex(old), bytes.fromhex(new)
    assert old in der
    body = b64(der.replace(old, new)).replace("-", "+").replace("_", "/")
    return f"-----BEGIN CERTIFICATE-----\n{body + '=' * (-len(body) % 4)}\n-----END CERTIFICATE-----\n"


def speak(gateway, message):
    """Have the gateway say this, if it does not by itself."""
    match message:
        case m.Challenge():
            pass
        case m.Welcome():
            gateway.welcome(message.ticket_keys, message.gateway)
        case m.Ping():
            gateway.tick(NOW + 10)
        case _:
            gateway.send(message)


def test_the_golden_transcript_word_for_word():
    gateway, events = gateway_end(), []

    for one in HANDSHAKE["lines"]:
        line = one["line"].encode() + b"\n"
        if one["from"] == "connector":
            events += gateway.receive(line, NOW)
        else:
            speak(gateway, m.decode(line))
            assert gateway.data_to_send() == line

    offered, *rest = events
    assert isinstance(offered, ProofOffered)
    assert (offered.connector, gateway.connector) == ("con1", "con1")
    assert offered.certificate.public_bytes(Encoding.PEM).decode() == CERTIFICATE
    assert rest == [CATALOGUE, REFUSE, m.Renew("-----BEGIN\n")]


def test_the_certificate_of_the_golden_transcript_is_the_authoritys():
    offered = proof(connector_end(), gateway_end())

    identity = authority().check(offered.certificate, NOW)

    assert (identity.connector, identity.tenant, identity.serial) == ("con1", "t1", HANDSHAKE["serial"])


@pytest.mark.parametrize("late", [-301, 7 * 86_400 + 1])
def test_a_proof_with_a_certificate_out_of_its_time_is_refused_by_the_authority(late):
    offered = proof(connector_end(), gateway_end())

    with pytest.raises(SudareError, match=r"denied\.connector-proof: out of date"):
        authority().check(offered.certificate, NOW + late)


def test_a_proof_with_a_certificate_of_nobodys_is_refused_by_the_authority():
    key = ec.derive_private_key(77, ec.SECP256R1())
    offered = proof(connector_end(key=key, certificate=other_certificate(key, hashes.SHA256())), gateway_end())

    with pytest.raises(SudareError, match=r"denied\.connector-proof: not issued here"):
        authority().check(offered.certificate, NOW)


@pytest.mark.parametrize(
    "signature",
    [
        signed(ec.derive_private_key(77, ec.SECP256R1())),
        signed(KEY, nonce=bytes(32)),
        signed(KEY, spki=bytes(32)),
        signed(KEY, boot="another process"),
        b"",
        b"\x30\x06\x02\x01\x01\x02\x01\x01",
    ],
    ids=["another key", "another challenge", "another gateway's key", "another process", "nothing", "no signature"],
)
def test_a_wrong_proof_is_refused(signature):
    gateway = gateway_end()

    assert failure(gateway, HELLO, m.Proof(CERTIFICATE, b64(signature))) == "denied.connector-proof"


def test_a_proof_overheard_is_worth_nothing_on_the_next_connection():
    overheard = PROOF
    assert failure(gateway_end(), HELLO, overheard) is None

    assert failure(gateway_end(nonce=bytes(32)), HELLO, overheard) == "denied.connector-proof"


def test_a_proof_given_to_an_impostor_is_worth_nothing_here():
    impostor = gateway_end(spki=b"i" * 32)
    fooled = connector_end(spki=b"i" * 32)
    assert isinstance(proof(fooled, impostor), ProofOffered)

    forwarded = m.Proof(CERTIFICATE, b64(signed(KEY, spki=b"i" * 32)))

    assert failure(gateway_end(), HELLO, forwarded) == "denied.connector-proof"


@pytest.mark.parametrize(
    "certificate",
    [
        "",
        "no certificate",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        other_certificate(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))),
        mutilated("a003020102", "a003020101"),
        mutilated("06072a8648ce3d0201", "06072a8648ce3d0209"),
        mutilated("06082a8648ce3d030107", "06082a8648ce3d030177"),
        mutilated(KEY.public_key().public_numbers().x.to_bytes(32, "big").hex(), "00" * 32),
    ],
    ids=["none", "text", "empty", "Ed25519", "X.509 version 2", "key of no kind", "no curve", "no point"],
)
def test_a_certificate_that_cannot_be_one_of_ours_is_refused(certificate):
    assert failure(gateway_end(), HELLO, m.Proof(certificate, PROOF.signature)) == "denied.connector-proof"


def test_a_proof_on_another_curve_is_refused_however_right_it_is():
    key = ec.derive_private_key(5, ec.SECP384R1())
    right = m.Proof(other_certificate(key, hashes.SHA256()), b64(signed(key)))

    assert failure(gateway_end(), HELLO, right) == "denied.connector-proof"


@pytest.mark.parametrize("signature", ["not base64url!", "MAA=", "福"])
def test_a_signature_that_is_not_base64url_is_refused(signature):
    assert failure(gateway_end(), HELLO, m.Proof(CERTIFICATE, signature)) == "denied.connector-proof"


def test_a_connector_of_another_version_is_told_so():
    assert failure(gateway_end(), m.Hello("con1", BOOT, [2, 3])) == "caller.version"
    assert failure(gateway_end(), m.Hello("con1", BOOT, [])) == "caller.version"


@pytest.mark.parametrize("message", FROM_CONNECTOR[1:] + FROM_GATEWAY, ids=lambda one: type(one).__name__)
def test_nothing_but_a_hello_comes_first(message):
    assert failure(gateway_end(), message) == "caller.malformed"


@pytest.mark.parametrize("message", [HELLO, *FROM_CONNECTOR[2:], *FROM_GATEWAY], ids=lambda one: type(one).__name__)
def test_nothing_but_the_proof_comes_after_the_hello(message):
    assert failure(gateway_end(), HELLO, message) == "caller.malformed"


@pytest.mark.parametrize("message", FROM_CONNECTOR + FROM_GATEWAY, ids=lambda one: type(one).__name__)
def test_a_proof_alone_opens_nothing_until_the_directory_said_welcome(message):
    gateway = gateway_end()
    proof(connector_end(), gateway)

    assert failure(gateway, message) == "caller.malformed"


@pytest.mark.parametrize("message", [HELLO, PROOF, *FROM_GATEWAY], ids=lambda one: type(one).__name__)
def test_neither_a_second_handshake_nor_a_gateways_word_is_taken_from_a_connector(message):
    _, gateway = shaken()

    assert failure(gateway, message) == "caller.malformed"


def test_pings_are_answered_with_their_number_once_it_is_in():
    _, gateway = shaken()

    assert [*gateway.receive(said(m.Ping(1), m.Pong(9), m.Ping(2**53 - 1)), NOW)] == []

    assert gateway.data_to_send() == said(m.Pong(1), m.Pong(2**53 - 1))


def test_refusing_says_the_code():
    gateway = gateway_end()

    gateway.refuse("denied.connector-proof")

    assert gateway.data_to_send() == said(m.Refused("denied.connector-proof"))


def test_it_pings_on_time_and_gives_up_after_silence():
    _, gateway = shaken()

    assert gateway.next_deadline() == NOW + 10
    gateway.tick(NOW + 9.9)
    assert gateway.data_to_send() == b""
    gateway.tick(NOW + 10)
    assert gateway.data_to_send() == said(m.Ping(1))
    assert [*gateway.receive(said(m.Pong(1)), NOW + 12)] == []
    gateway.tick(NOW + 36.9)
    with pytest.raises(SudareError, match=r"link\.lost"):
        gateway.tick(NOW + 37)


def test_no_ping_is_sent_before_welcome():
    gateway = gateway_end()
    proof(connector_end(), gateway)
    gateway.data_to_send()

    gateway.tick(NOW + 10)
    gateway.tick(NOW + 20)

    assert gateway.data_to_send() == b""
    assert gateway.next_deadline() > NOW + 20


def test_every_byte_of_a_connector_that_is_in_counts_as_life():
    _, gateway = shaken()

    assert [*gateway.receive(b'{"t":"catal', NOW + 24)] == []

    gateway.tick(NOW + 48)
    with pytest.raises(SudareError, match=r"link\.lost"):
        gateway.tick(NOW + 49)


@pytest.mark.parametrize(
    "chatter", [b"\n", b'{"t":"weather"}\n', b" "], ids=["empty lines", "unknown kinds", "a long line"]
)
@pytest.mark.parametrize("begun", [b"", said(HELLO)], ids=["before hello", "before the proof"])
def test_chatter_does_not_keep_a_connection_without_a_proof(begun, chatter):
    gateway = gateway_end()
    assert [*gateway.receive(begun, NOW)] == []

    for second in range(10):
        assert [*gateway.receive(chatter, NOW + second)] == []
        gateway.tick(NOW + second)

    assert gateway.next_deadline() == NOW + 10
    with pytest.raises(SudareError, match=r"denied\.connector-proof"):
        gateway.tick(NOW + 10)


def test_the_directory_has_time_after_a_late_proof():
    gateway = gateway_end()
    assert [*gateway.receive(said(HELLO), NOW + 8)] == []
    assert len([*gateway.receive(said(PROOF), NOW + 9)]) == 1

    gateway.tick(NOW + 33)
    gateway.welcome([], "")

    assert b'"t":"welcome"' in gateway.data_to_send()


def test_a_stranger_gets_a_short_line_and_a_connector_its_whole_catalogue():
    targets = [m.Target(f"pc-{number:05}", "rdp", "保健福祉局 高齢者支援課 PC-0042") for number in range(MAX_TARGETS)]
    catalogue = m.Catalogue("本庁舎", targets, CATALOGUE.seal_key)
    _, gateway = shaken()

    assert failure(gateway_end(), catalogue) == "caller.malformed"
    assert [*gateway.receive(said(catalogue), NOW)] == [catalogue]


@given(pieces(SAID))
def test_the_events_are_the_same_wherever_the_bytes_are_cut(cut):
    gateway, events = gateway_end(), []

    for piece in cut:
        for event in gateway.receive(piece, NOW):
            events.append(event)
            if isinstance(event, ProofOffered):
                gateway.welcome(WELCOME.ticket_keys, WELCOME.gateway)

    assert [type(event) for event in events] == [ProofOffered, m.Catalogue, m.Refuse, m.Renew]
    assert events[1:3] == [CATALOGUE, REFUSE]


noise = st.binary(max_size=60) | st.sampled_from([said(one) for one in FROM_CONNECTOR]) | st.just(b"x" * 40_000)


@given(st.lists(noise, max_size=12))
def test_whatever_comes_is_events_or_a_refusal_and_memory_is_bounded(stream):
    gateway, heard, answered = gateway_end(), 0, 0
    for piece in stream:
        events, code = until_failure(gateway.receive(piece, NOW))
        heard += len(piece)
        answered += len(gateway.data_to_send())

        assert all(isinstance(event, ProofOffered) for event in events)
        assert code in {None, "caller.malformed", "denied.connector-proof", "caller.version"}
        assert len(gateway._lines._begun) <= m.MAX_LINE
        assert answered <= heard + 100
        if code:
            return


def test_a_flood_of_pings_is_answered_with_no_more_than_it_brought():
    _, gateway = shaken()
    flood = said(m.Ping(1)) * 10_000

    assert [*gateway.receive(flood, NOW)] == []

    assert len(gateway.data_to_send()) == len(flood)
    assert gateway.data_to_send() == b""


def test_what_came_before_the_failure_is_not_lost():
    _, gateway = shaken()

    came = until_failure(gateway.receive(said(REFUSE) + b"nonsense\n" + said(CATALOGUE), NOW))

    assert came == ([REFUSE], "caller.malformed")


def test_the_refusals_detail_holds_nothing_of_what_came():
    gateway = gateway_end()

    with pytest.raises(SudareError) as caught:
        [*gateway.receive(json.dumps({"t": "hello", "connector": "canary"}).encode() + b"\n", NOW)]

    assert "canary" not in repr(caught.value)

"""Control messages as lines on the wire."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.tunnel import MESSAGES, VECTORS, pieces, until_failure
from tests.vectors.tunnel.generate import everything

from sudare.base.errors import SudareError
from sudare.gateway.controls import MAX_TARGETS
from sudare.wire.tunnel import messages as m

text = st.text(st.characters(codec="utf-8"), max_size=12)
name = st.text(st.characters(codec="utf-8"), min_size=1, max_size=64)
count = st.integers(0, 2**53 - 1)
any_message = st.one_of(
    st.builds(m.Hello, name, name, st.lists(st.integers(0, 9), max_size=3), count, st.lists(text, max_size=2)),
    st.builds(m.Challenge, text),
    st.builds(m.Proof, text, text),
    st.builds(m.Welcome, count, st.lists(st.builds(m.TicketKey, text, text), max_size=2), text),
    st.builds(m.Refused, text),
    st.builds(m.Catalogue, text, st.lists(st.builds(m.Target, text, text, text), max_size=3), text),
    st.builds(m.Open, text, text),
    st.builds(m.Refuse, text, text),
    st.builds(m.Cut, text, text, text),
    st.builds(m.Renew, text),
    st.builds(m.Renewed, text),
    st.builds(m.Ping, count),
    st.builds(m.Pong, count, count),
    st.builds(m.Lag, st.lists(st.builds(m.Measured, name, count, *[st.tuples(count, count)] * 6), max_size=2)),
    st.builds(m.Drain, count),
)


def value(message):
    return {"kind": type(message).__name__, **json.loads(msgspec.json.encode(msgspec.structs.asdict(message)))}


def code(action, *args):
    with pytest.raises(SudareError) as caught:
        action(*args)
    return caught.value.code


@pytest.mark.parametrize("case", MESSAGES["cases"], ids=lambda case: case["name"])
def test_vectors_decode_to_their_values_and_encode_to_their_bytes(case):
    message = m.decode(case["line"].encode())

    assert value(message) == case["message"]
    if case["canonical"]:
        assert m.encode(message) == case["line"].encode() + b"\n"


def test_every_kind_of_message_has_a_vector():
    seen = {case["message"]["kind"] for case in MESSAGES["cases"] if case["canonical"]}

    assert seen == {kind.__name__ for kind in m.Message.__args__}


@pytest.mark.parametrize("case", MESSAGES["ignored"], ids=lambda case: case["name"])
def test_kinds_of_another_version_are_ignored(case):
    assert m.decode(case["line"].encode()) is None


@pytest.mark.parametrize("case", MESSAGES["malformed"], ids=lambda case: case["name"])
def test_malformed_vectors_are_refused(case):
    assert code(m.decode, bytes.fromhex(case["hex"])) == "caller.malformed"


def test_the_vectors_are_what_the_generator_writes():
    for file, content in everything().items():
        assert json.loads((VECTORS / file).read_text()) == content


@given(any_message)
def test_what_was_encoded_decodes_to_itself_and_is_one_line(message):
    line = m.encode(message)

    assert line.count(b"\n") == 1
    assert m.decode(line[:-1]) == message


@given(
    st.binary(max_size=80)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["t", "n", "proto", "stream"]), inner)
        ),
        max_leaves=9,
    ).map(lambda one: json.dumps(one).encode())
)
def test_any_line_is_a_message_or_ignored_or_malformed(line):
    came, failure = until_failure(m.decode(one) for one in [line])

    assert failure in {None, "caller.malformed"}
    assert all(message is None or m.decode(m.encode(message)[:-1]) == message for message in came)


@given(st.lists(any_message | st.sampled_from([b"", b'{"t":"weather"}'])), st.data())
def test_messages_are_the_same_wherever_the_bytes_are_cut(sent, data):
    stream = b"".join(one + b"\n" if isinstance(one, bytes) else m.encode(one) for one in sent)
    lines = m.Lines()

    came = [message for piece in data.draw(pieces(stream)) for message in lines.receive(piece)]

    assert came == [one for one in sent if not isinstance(one, bytes)]


@given(st.lists(any_message, max_size=3), st.sampled_from([b"{", b'{"t":"ping"}', b"x" * (m.MAX_LINE + 1)]), st.data())
def test_what_came_before_a_bad_line_is_not_lost_wherever_the_bytes_are_cut(sent, bad, data):
    stream = b"".join(map(m.encode, sent)) + bad + b"\n" + m.encode(m.Ping(1))
    lines = m.Lines()

    came, failure = until_failure(message for piece in data.draw(pieces(stream)) for message in lines.receive(piece))

    assert (came, failure) == (sent, "caller.malformed")


@given(st.lists(st.binary(max_size=40) | st.just(b'{"t":"pong","n":1}\n'), max_size=30), st.integers(0, 64))
def test_no_stream_makes_it_keep_more_than_one_line(stream, limit):
    lines = m.Lines(limit)

    for piece in stream:
        _, failure = until_failure(lines.receive(piece))
        assert failure in {None, "caller.malformed"}
        assert len(lines._begun) <= limit


def test_a_line_without_end_is_refused_at_its_limit_and_not_kept():
    lines = m.Lines()
    for _ in range(m.MAX_LINE // 15):
        assert [*lines.receive(b" " * 15)] == []
    assert len(lines._begun) == m.MAX_LINE

    assert code(lambda: [*lines.receive(bytes(1 << 20))]) == "caller.malformed"
    assert len(lines._begun) == m.MAX_LINE


def test_the_longest_line_that_may_be_written_may_be_read():
    longest = m.Open("", "x" * (m.MAX_LINE - len(m.encode(m.Open("", ""))) + 1))

    line = m.encode(longest)

    assert len(line) == m.MAX_LINE + 1
    assert [*m.Lines().receive(line)] == [longest]
    assert code(m.encode, m.Open("", longest.ticket + "x")) == "caller.too-large"
    assert code(lambda: [*m.Lines().receive(b" " + line)]) == "caller.malformed"


def test_a_catalogue_of_as_many_targets_as_a_gateway_takes_fits_its_line():
    targets = [m.Target(f"pc-{number:05}", "rdp", "保健福祉局 高齢者支援課 PC-0042") for number in range(MAX_TARGETS)]
    catalogue = m.Catalogue("本庁舎", targets, "k" * 87)

    line = m.encode(catalogue)

    assert [*m.Lines(m.MAX_CATALOGUE).receive(line)] == [catalogue]
    assert code(m.encode, m.Catalogue("", targets * 3, "")) == "caller.too-large"

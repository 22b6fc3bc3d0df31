"""The head a connection begins with: read strictly, within a limit, the same wherever it was cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.tunnel import HEADS, pieces

from sudare.base.errors import CODES, SudareError
from sudare.wire.tunnel.head import (
    MAX_HEAD,
    Head,
    close_frame,
    end_of_head,
    parse,
    plain_answer,
    upgrade_answer,
    upgrade_request,
    websocket_accept,
)

ANSWERS = {name: bytes.fromhex(raw) for name, raw in HEADS["answers"].items()}
REQUESTS = {case["name"]: bytes.fromhex(case["hex"]) for case in HEADS["requests"]}
BROWSER = REQUESTS["a browser, RFC 6455 1.2"]
token = st.text(st.sampled_from("abcXYZ-09_~"), min_size=1, max_size=9)
value = st.text(st.characters(codec="latin-1", exclude_characters="\0\r\n"), max_size=30).map(lambda v: v.strip(" \t"))


def refusal(action, *args):
    with pytest.raises(SudareError) as caught:
        action(*args)
    return caught.value.code


def taken(stream):
    """The head and what follows it, out of the pieces as the edge takes them; or None while it is not complete."""
    buffer = bytearray()
    for piece in stream:
        buffer += piece
        if (length := end_of_head(buffer)) is not None:
            return parse(bytes(buffer[:length])), length
    return None


@pytest.mark.parametrize("case", HEADS["requests"], ids=lambda case: case["name"])
def test_vectors_parse_to_their_values(case):
    raw = bytes.fromhex(case["hex"])

    head = parse(raw)

    assert end_of_head(raw) == len(raw)
    assert head == Head(case["method"], case["path"], case["headers"])
    assert head.protocols() == case["protocols"]
    assert [one for one in ("sudare-control-1", "sudare-1", "websocket") if head.wants(one)] == (
        [case["upgrade"]] if case["upgrade"] else []
    )


@pytest.mark.parametrize("case", HEADS["malformed"], ids=lambda case: case["name"])
def test_malformed_vectors_are_refused(case):
    raw = bytes.fromhex(case["hex"])
    length = end_of_head(raw)

    assert refusal(parse, raw[:length]) == "caller.malformed"


def test_what_a_connector_sends_is_what_the_vectors_say():
    stream = parse(REQUESTS["data connection"]).headers["sudare-stream"]

    assert upgrade_request("/tunnel/v1/control", "gw.example:443", "sudare-control-1") == REQUESTS["control connection"]
    assert (
        upgrade_request("/tunnel/v1/data", "gw.example:443", "sudare-1", Sudare_Stream=stream)
        == REQUESTS["data connection"]
    )


def test_what_the_edge_answers_is_what_the_vectors_say():
    accept = websocket_accept(parse(BROWSER).headers["sec-websocket-key"])

    assert upgrade_answer("sudare-control-1") == ANSWERS["upgraded"]
    assert (
        upgrade_answer("websocket", Sec_WebSocket_Accept=accept, Sec_WebSocket_Protocol="sudare-1")
        == ANSWERS["upgraded to websocket"]
    )
    assert plain_answer(403, "Forbidden") == ANSWERS["forbidden"]
    assert close_frame(4502, "office.connector-away") == ANSWERS["connector away"]


@pytest.mark.parametrize("code", CODES)
def test_every_code_fits_the_reason_of_a_close_frame(code):
    failure = SudareError(code)

    frame = close_frame(failure.close_code, failure.code)

    assert frame[:2] == bytes([0x88, len(frame) - 2])
    assert frame[2:] == failure.close_code.to_bytes(2, "big") + code.encode()


def test_a_reason_too_long_for_a_control_frame_is_cut():
    frame = close_frame(4400, "r" * 200)

    assert (len(frame), frame[1]) == (127, 125)


@given(
    st.sampled_from(["GET", "POST"]),
    token,
    st.dictionaries(token, value, max_size=5),
    st.binary(max_size=40),
    st.data(),
)
def test_a_head_is_the_same_wherever_it_was_cut_and_nothing_after_it_is_eaten(method, path, headers, rest, data):
    head = (
        f"{method} /{path}?q HTTP/1.1\r\n" + "".join(f"{name}: {text}\r\n" for name, text in headers.items()) + "\r\n"
    )
    raw = head.encode("latin-1")

    found, length = taken(data.draw(pieces(raw + rest)))

    assert length == len(raw)
    assert (found.method, found.path) == (method, f"/{path}")
    assert set(found.headers) == {name.lower() for name in headers}


@given(st.integers(0, len(BROWSER) - 1))
def test_a_head_that_is_cut_off_is_waited_for(size):
    assert end_of_head(BROWSER[:size]) is None


@given(
    st.lists(st.binary(max_size=50) | st.sampled_from([b"GET / HTTP/1.1\r\n", b"\r\n\r\n", b"a: b\r\n", b"\r", b"\n"]))
)
def test_any_bytes_are_a_head_or_malformed_or_waited_for(stream):
    try:
        found = taken(stream)
    except SudareError as failure:
        found = failure
    assert found is None or isinstance(found, tuple) or found.code == "caller.malformed"


@pytest.mark.parametrize("endless", [b"a", b"a: b\r\n", b"\r", b"\0"])
def test_an_endless_head_is_refused_at_its_limit(endless):
    begun = (b"GET / HTTP/1.1\r\n" + endless * MAX_HEAD)[:MAX_HEAD]

    assert end_of_head(begun[:-1]) is None
    assert refusal(end_of_head, begun) == "caller.malformed"


def test_the_longest_head_is_taken_and_one_byte_more_is_not():
    begun = b"GET / HTTP/1.1\r\nx: "
    longest = begun + b"v" * (MAX_HEAD - len(begun) - 4) + b"\r\n\r\n"

    assert end_of_head(longest + b"and more") == MAX_HEAD
    assert len(parse(longest).headers["x"]) == MAX_HEAD - len(begun) - 4
    assert refusal(end_of_head, longest[:-4] + b"v\r\n\r\n") == "caller.malformed"


def test_a_head_at_the_front_of_very_many_bytes_is_found_and_one_behind_them_is_not():
    assert end_of_head(BROWSER + bytes(1 << 20)) == len(BROWSER)
    assert refusal(end_of_head, bytes(1 << 20) + BROWSER) == "caller.malformed"


@pytest.mark.parametrize(
    ("connection", "upgrade", "wanted"),
    [
        ("Upgrade", "sudare-1", True),
        ("keep-alive, UPGRADE", "Sudare-1", True),
        ("keep-alive", "sudare-1", False),
        ("upgrades", "sudare-1", False),
        ("upgrade", "sudare-10", False),
        ("upgrade", "", False),
        ("", "sudare-1", False),
    ],
)
def test_an_upgrade_is_wanted_only_when_both_headers_say_so(connection, upgrade, wanted):
    head = Head("GET", "/", {"connection": connection, "upgrade": upgrade})

    assert head.wants("sudare-1") is wanted


def test_no_upgrade_is_wanted_without_headers():
    assert not Head("GET", "/", {}).wants("websocket")
    assert Head("GET", "/", {}).protocols() == []


def test_a_path_loses_its_query_and_nothing_else():
    assert parse(b"GET /a//b/../%2e?x?/y HTTP/1.1\r\n\r\n").path == "/a//b/../%2e"


def test_the_refusal_holds_nothing_of_what_came():
    with pytest.raises(SudareError) as caught:
        parse(b"GET / HTTP/1.1\r\nauthorization canary\r\n\r\n")

    assert "canary" not in repr(caught.value)

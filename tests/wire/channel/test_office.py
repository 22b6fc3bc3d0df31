"""The JSON inside the channel."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudare.base.errors import SudareError
from sudare.wire.channel.office import Answer, Caps, Hello, Problem, View, decode_hello, decode_request, encode

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["v", "knd", "view", "id"]), inner),
    max_leaves=12,
)


def test_a_hello_comes_back_as_it_was():
    hello = Hello(
        v=1, knd="screen", view=View(1280, 800, 150), layout="us", caps=Caps(tiles=2048, ramp=True, jpeg=True)
    )

    assert decode_hello(encode(hello)) == hello


def test_a_hello_of_another_version_says_so():
    with pytest.raises(SudareError, match=r"caller\.version"):
        decode_hello(b'{"v":2,"knd":"screen"}')


@pytest.mark.parametrize(
    "hello",
    [
        {"v": 1, "knd": "shell"},
        {"v": 1, "knd": "screen", "layout": "fr"},
        {"v": 1, "knd": "screen", "view": {"w": 1, "h": 800}},
        {"v": 1, "knd": "screen", "view": {"w": 99999, "h": 800}},
        {"v": 1},
        {"v": 1, "knd": "screen", "caps": {"tiles": -1}},
        {"v": 1, "knd": "screen", "caps": {"tiles": 65537}},
        {"v": 1, "knd": "screen", "caps": {"tiles": "many"}},
    ],
)
def test_a_hello_with_impossible_values_is_malformed(hello):
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        decode_hello(json.dumps(hello).encode())


def test_what_a_browser_does_not_say_it_does_not_take_and_what_nobody_knows_is_ignored():
    old = decode_hello(b'{"v":1,"knd":"screen","caps":{"zstd":true}}')
    future = decode_hello(b'{"v":1,"knd":"screen","caps":{"zstd":true,"tiles":8,"hologram":{"depth":3}}}')

    assert old.caps == Caps(tiles=0, ramp=False)
    assert future.caps == Caps(tiles=8, ramp=False)


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_anything_else_is_a_hello_or_refused(data):
    for decode in (decode_hello, decode_request):
        try:
            value = decode(data)
        except SudareError as refusal:
            value = refusal
        assert value is not None


def test_deep_nesting_is_refused():
    with pytest.raises(SudareError):
        decode_request(b'{"id":1,"op":"x","args":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}")


def test_an_answer_says_either_ok_or_the_problem():
    good = json.loads(encode(Answer(id=1, ok={"as_of": None})))
    bad = json.loads(encode(Answer(id=2, problem=Problem("office.calendar-unreachable", "2026-07-29T09:41:00+09:00"))))

    assert good == {"id": 1, "ok": {"as_of": None}}
    assert bad == {
        "id": 2,
        "problem": {"code": "office.calendar-unreachable", "since": "2026-07-29T09:41:00+09:00"},
    }

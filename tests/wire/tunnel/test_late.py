"""The ticket of a line that was opened before it."""

import pytest
from tests.support.frames import BINARY, CLOSE, CONT, PING, TEXT, frame

from sudare.base.errors import SudareError
from sudare.wire.tunnel.late import ticket_frame

LIMIT = 4096


def refusal(data):
    with pytest.raises(SudareError) as caught:
        ticket_frame(data, LIMIT)
    return caught.value.code


@pytest.mark.parametrize("length", [1, 125, 126, LIMIT])
def test_a_ticket_is_read_when_its_frame_is_whole_and_not_a_byte_before(length):
    text = ("payload.signature-_" * 300)[:length]
    sent = frame(TEXT, text.encode())

    assert ticket_frame(sent + b"what follows", LIMIT) == (text, len(sent))
    assert [ticket_frame(sent[:cut], LIMIT) for cut in range(len(sent))] == [None] * len(sent)


@pytest.mark.parametrize(
    "sent",
    [
        frame(BINARY, b"x.y"),
        frame(PING, b"x.y"),
        frame(CONT, b"x.y"),
        frame(TEXT, b"x.y", fin=False),
        frame(TEXT, b"x.y", rsv=4),
        frame(TEXT, b"x.y", mask=None),
        frame(TEXT, "x.ý".encode()),
        b"GET / HTTP/1.1\r\n",
    ],
)
def test_anything_else_is_malformed(sent):
    assert refusal(sent) == "caller.malformed"


def test_a_longer_one_is_refused_before_it_is_there():
    assert refusal(frame(TEXT, b"x" * (LIMIT + 1))[:4]) == "caller.malformed"
    assert refusal(frame(TEXT, length=1 << 20)[:4]) == "caller.malformed"


def test_a_device_may_leave_without_showing_one():
    assert refusal(frame(CLOSE)) == "link.lost"


def test_the_example_of_the_rfc_is_read():
    assert ticket_frame(bytes.fromhex("818537fa213d7f9f4d5158"), LIMIT) == ("Hello", 11)  # RFC 6455 5.7

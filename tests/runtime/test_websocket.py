"""WebSocket frames as a browser sends them, and as nobody should."""

import asyncio
import contextlib
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.frames import BINARY, CLOSE, CONT, MASK, PING, PONG, TEXT, closing, frame, message
from tests.support.tunnel import pieces, until_failure
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from sudare.base.errors import SudareError
from sudare.runtime.websocket import MAX_MESSAGE, WebSocketEnd, first_message
from sudare.wire.tunnel.head import parse, upgrade_answer, websocket_accept

HEADER = 14  # the longest header of a frame


def heard(data, **limits):
    """What comes of these bytes: messages, the code that ended it, and what is to be sent."""
    end = WebSocketEnd(**limits)
    messages, code = until_failure(end.receive(data))
    return messages, code, end.data_to_send()


def held(end):
    return len(end._parts) + len(end._protocol.reader.buffer)


def test_a_masked_frame_is_a_message():
    raw = bytes.fromhex("828537fa213d7f9f4d5158")  # RFC 6455 5.7, as binary

    assert heard(raw) == ([b"Hello"], None, b"")


def test_fragments_are_one_message():
    raw = frame(BINARY, b"Hel", fin=False) + frame(CONT, fin=False) + frame(CONT, b"lo")

    assert heard(raw) == ([b"Hello"], None, b"")


def test_control_frames_between_fragments_are_answered_and_break_nothing():
    raw = frame(BINARY, b"Hel", fin=False) + frame(PING, b"there?") + frame(PONG, b"yes") + frame(CONT, b"lo")

    assert heard(raw) == ([b"Hello"], None, frame(PONG, b"there?", mask=None))


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, MAX_MESSAGE])
def test_messages_of_every_length_form_come_whole_and_go_unmasked(size):
    payload = bytes(range(256)) * (size // 256) + bytes(range(size % 256))
    end = WebSocketEnd()

    end.send(payload)

    assert end.data_to_send() == frame(BINARY, payload, mask=None)
    assert heard(frame(BINARY, payload)) == ([payload], None, b"")


@pytest.mark.parametrize(
    ("raw", "close"),
    [
        (frame(BINARY, b"x", mask=None), 1002),
        (frame(BINARY, b"x", rsv=4), 1002),
        (frame(BINARY, b"x", rsv=1), 1002),
        (frame(3, b"x"), 1002),
        (frame(7, b"x"), 1002),
        (frame(11, b"x"), 1002),
        (frame(15, b"x"), 1002),
        (frame(CONT, b"x"), 1002),
        (frame(BINARY, b"x", fin=False) + frame(BINARY, b"y"), 1002),
        (frame(PING, b"x" * 126), 1002),
        (frame(PING, b"x", fin=False), 1002),
        (frame(CLOSE, b"\x03"), 1002),
        (frame(CLOSE, closing(999)), 1002),
        (frame(CLOSE, closing(1005)), 1002),
        (frame(CLOSE, closing(1000, b"\xff")), 1007),
        (frame(TEXT, b"text"), 1003),
        (frame(TEXT, b"te", fin=False) + frame(CONT, b"xt"), 1003),
    ],
    ids=[
        "unmasked", "first reserved bit", "last reserved bit", "opcode 3", "opcode 7", "opcode 11", "opcode 15",
        "continuation of nothing", "message within a message", "long ping", "ping in fragments", "close of one byte",
        "close code 999", "close code for nobody", "close reason not UTF-8", "text", "text in fragments",
    ],
)  # fmt: skip
def test_who_breaks_the_protocol_is_told_so(raw, close):
    messages, code, out = heard(raw)

    assert (messages, code) == ([], "caller.malformed")
    assert out[0] == 0x88
    assert out[2:4] == close.to_bytes(2, "big")


@pytest.mark.parametrize(
    "raw",
    [
        frame(BINARY, length=101),
        frame(BINARY, length=2**16),
        frame(BINARY, length=2**63),
        frame(BINARY, length=2**64 - 1),
        frame(BINARY, bytes(60), fin=False) + frame(CONT, length=41),
        frame(BINARY, bytes(100), fin=False) + frame(CONT, fin=False) + frame(CONT, length=1),
    ],
    ids=["a frame", "two-byte length", "the sign bit", "every bit", "the second fragment", "one byte more"],
)
def test_a_message_over_the_limit_is_refused_at_its_header(raw):
    messages, code, out = heard(raw, max_message=100)

    assert (messages, code) == ([], "caller.malformed")
    assert out[2:4] == (1009).to_bytes(2, "big")


def test_fragments_up_to_the_limit_are_taken_again_and_again():
    assert heard(message(bytes(100), 33, 0, 60) * 5, max_message=100) == ([bytes(100)] * 5, None, b"")


def test_a_close_is_answered_with_its_code_and_the_line_is_lost():
    assert heard(frame(CLOSE, closing(1001, b"bye"))) == (
        [],
        "link.lost",
        frame(CLOSE, closing(1001, b"bye"), mask=None),
    )
    assert heard(frame(CLOSE)) == ([], "link.lost", frame(CLOSE, mask=None))


def test_what_was_said_before_a_close_is_not_lost():
    raw = message(b"the last word") + frame(CLOSE, closing(1000)) + message(b"too late")

    assert heard(raw)[:2] == ([b"the last word"], "link.lost")


def test_nothing_is_heard_and_nothing_can_be_said_after_a_failure():
    end = WebSocketEnd()
    assert until_failure(end.receive(frame(TEXT, b"x"))) == ([], "caller.malformed")
    end.data_to_send()

    messages, _ = until_failure(end.receive(message(b"x") * 100))

    assert messages == []
    with pytest.raises(SudareError, match=r"link\.lost"):
        end.send(b"x")
    assert end.data_to_send() == b""
    assert held(end) == 0


@pytest.mark.parametrize("goodbye", ["ours", "theirs"])
def test_nothing_can_be_said_after_goodbye(goodbye):
    end = WebSocketEnd()
    if goodbye == "ours":
        end.close(4502, "office.pc-closed")
    else:
        until_failure(end.receive(frame(CLOSE)))

    with pytest.raises(SudareError, match=r"link\.lost"):
        end.send(b"x")


def test_goodbye_is_said_once():
    end = WebSocketEnd()

    end.close(4502, "office.pc-closed")
    end.close(1000, "")

    assert end.data_to_send() == frame(CLOSE, closing(4502, b"office.pc-closed"), mask=None)
    assert end.data_to_send() == b""


def test_an_answer_to_our_goodbye_is_the_end():
    end = WebSocketEnd()
    end.close(1000, "")
    end.data_to_send()

    assert until_failure(end.receive(message(b"late") + frame(CLOSE, closing(1000)))) == ([b"late"], "link.lost")
    assert end.data_to_send() == b""


small = st.binary(max_size=300)
frames = st.one_of(
    st.builds(message, small),
    st.builds(message, small, st.integers(0, 99), st.integers(0, 99)),
    st.builds(lambda payload: frame(PING, payload), st.binary(max_size=125)),
    st.builds(lambda payload: frame(PONG, payload), st.binary(max_size=125)),
)
endings = st.sampled_from([b"", frame(CLOSE, closing(1000)), frame(TEXT, b"x"), frame(3), frame(BINARY, length=2**32)])


@given(st.lists(frames, max_size=5), endings, st.data())
def test_messages_answers_and_end_are_the_same_wherever_the_bytes_are_cut(sent, ending, data):
    raw = b"".join(sent) + ending
    whole = heard(raw)
    end, messages, out, code = WebSocketEnd(), [], b"", None

    for piece in data.draw(pieces(raw)):
        came, failure = until_failure(end.receive(piece))
        messages, out, code = messages + came, out + end.data_to_send(), code or failure

    assert (messages, code, out) == whole
    assert (code is None) == (ending == b"")


@given(st.lists(st.binary(max_size=80) | frames | endings, max_size=20))
def test_any_bytes_are_messages_or_a_refusal_and_memory_is_bounded(stream):
    end = WebSocketEnd(max_message=200)

    for piece in stream:
        messages, code = until_failure(end.receive(piece))

        assert code in {None, "caller.malformed", "link.lost"}
        assert all(len(one) <= 200 for one in messages)
        assert len(end.data_to_send()) <= len(piece) + 127
        assert held(end) <= 200 + HEADER


def test_endless_fragments_of_nothing_keep_nothing():
    end = WebSocketEnd()
    assert [*end.receive(frame(BINARY, b"begun", fin=False))] == []

    for _ in range(100):
        assert [*end.receive(frame(CONT, fin=False) * 1000)] == []

    assert held(end) == 5


# -- the first message ---------------------------------------------------------

pytest_anyio = pytest.mark.anyio


@contextlib.asynccontextmanager
async def line():
    """A real connection: our reader, their writer and its socket."""
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    _, peer = await asyncio.open_connection(sock=theirs)
    try:
        yield reader, peer
    finally:
        for one in (writer, peer):
            one.close()


async def first(raw, *, end=True, limit=100):
    """What `first_message` makes of these bytes, and what it leaves."""
    async with line() as (reader, peer), asyncio.timeout(20):
        peer.write(raw)
        if end:
            peer.write_eof()
        try:
            found = await first_message(reader, limit)
        except SudareError as failure:
            return failure.code
        return found, await reader.read() if end else b""


@pytest_anyio
@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535])
async def test_the_first_message_is_read_and_not_a_byte_more(size):
    payload = (b"first" * 14_000)[:size]
    rest = frame(BINARY, b"second") + b"\x82"

    assert await first(frame(BINARY, payload) + rest, limit=65_536) == (payload, rest)


@pytest_anyio
async def test_the_first_message_is_read_byte_by_byte():
    raw = frame(BINARY, b"h" * 130)
    async with line() as (reader, peer), asyncio.timeout(20):
        found = asyncio.ensure_future(first_message(reader, 130))
        for byte in raw:
            peer.write(bytes([byte]))
            await peer.drain()
            await asyncio.sleep(0)

        assert await found == b"h" * 130


@pytest_anyio
@pytest.mark.parametrize(
    "raw",
    [
        frame(BINARY, b"x", mask=None),
        frame(TEXT, b"x"),
        frame(CONT, b"x"),
        frame(PING, b"x"),
        frame(BINARY, b"x", fin=False),
        frame(BINARY, b"x", rsv=4),
        frame(BINARY, bytes(101)),
        frame(BINARY, bytes(126)),
        frame(BINARY, length=2**16),
        frame(BINARY, length=2**64 - 1),
        b"GET / HTTP/1.1\r\n\r\n",
        bytes.fromhex("160301020001"),
    ],
    ids=[
        "unmasked", "text", "continuation", "ping", "fragment", "reserved bit", "too long", "too long, two bytes",
        "64 KiB", "every bit", "HTTP", "TLS",
    ],
)  # fmt: skip
async def test_anything_else_first_is_malformed_before_its_body_is_waited_for(raw):
    assert await first(raw[:8], end=False) == "caller.malformed"


@pytest_anyio
async def test_a_length_of_eight_bytes_is_never_that_of_a_first_message():
    assert await first(frame(BINARY, length=2**16)[:2], end=False, limit=65_536) == "caller.malformed"


@pytest_anyio
@pytest.mark.parametrize("size", range(len(frame(BINARY, b"x" * 126))))
async def test_a_line_that_ends_early_is_lost(size):
    assert await first(frame(BINARY, b"x" * 126)[:size], limit=126) == "link.lost"


@pytest_anyio
async def test_an_aborted_line_is_lost():
    async with asyncio.timeout(20):
        server = await asyncio.start_server(lambda reader, writer: found.set_result((reader, writer)), "127.0.0.1", 0)
        found = asyncio.get_running_loop().create_future()
        async with server:
            _, peer = await asyncio.open_connection(*server.sockets[0].getsockname())
            reader, writer = await found
            reading = asyncio.ensure_future(first_message(reader))
            peer.write(frame(BINARY, b"xx")[:5])
            await peer.drain()
            peer.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0" + bytes(4)
            )
            peer.transport.abort()

            with pytest.raises(SudareError, match=r"link\.lost"):
                await reading
            writer.close()


@pytest_anyio
async def test_a_real_client_talks_to_it_after_the_first_message_was_taken():
    async def serve(reader, writer):
        head = parse(await reader.readuntil(b"\r\n\r\n"))
        accept = websocket_accept(head.headers["sec-websocket-key"])
        writer.write(upgrade_answer("websocket", Sec_WebSocket_Accept=accept, Sec_WebSocket_Protocol="sudare-1"))
        end, said = WebSocketEnd(), [await first_message(reader)]
        while len(said) < 4:
            said += end.receive(await reader.read(7))
        for one in said:
            end.send(one.upper())
        end.close(4502, "office.pc-closed")
        writer.write(end.data_to_send())
        await writer.drain()
        assert until_failure(end.receive(await reader.read(100)))[1] == "link.lost"
        writer.close()

    sent = [b"hello", b"", b"x" * 70_000, b"last"]
    async with asyncio.timeout(30), await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}/", subprotocols=["sudare-1", "ticket"], compression=None) as client:
            for one in sent[:2]:
                await client.send(one)
            await client.send([sent[2][:30_000], sent[2][30_000:]])
            await client.send(sent[3])

            assert [await client.recv() for _ in sent] == [one.upper() for one in sent]
            with pytest.raises(ConnectionClosed) as caught:
                await client.recv()

    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (4502, "office.pc-closed")


def test_the_mask_is_the_one_of_the_rfc():
    assert frame(TEXT, b"Hello") == bytes.fromhex("818537fa213d7f9f4d5158")
    assert frame(TEXT, b"Hello", mask=None) == bytes.fromhex("810548656c6c6f")
    assert len(MASK) == 4

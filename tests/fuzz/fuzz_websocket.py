"""
Hostile browsers below the sealed channel: frames of every kind, and the first message.

The first byte chooses how the rest is cut. Messages and refusal are the same for the whole and for the pieces, and so
are the answers (but in the whole a ping behind what is refused may still be answered). No more is kept than one
message. The first message is what the whole reading says it is.
"""

import asyncio
import json
from pathlib import Path

from tests.support.frames import BINARY, CLOSE, CONT, PING, TEXT, closing, frame, message

from sudare.base.errors import SudareError
from sudare.runtime.websocket import WebSocketEnd, first_message

VECTORS = Path(__file__).parents[1] / "vectors" / "screen" / "inputs.json"
LIMIT, HEADER = 1000, 14
LOOP = asyncio.new_event_loop()  # a StreamReader wants one; nothing ever runs on it


def drive(pieces):
    """Messages, refusal, answers."""
    end, messages, answers, refusal = WebSocketEnd(LIMIT), [], b"", None
    for piece in pieces:
        try:
            messages.extend(end.receive(piece))
        except SudareError as error:
            refusal = refusal or error.code
        answers += end.data_to_send()
        assert len(end._parts) + len(end._protocol.reader.buffer) <= LIMIT + HEADER
        if refusal:
            break
    return messages, refusal, answers


def first(data):
    """The first message and what it left, or the refusal."""
    reader = asyncio.StreamReader(loop=LOOP)
    reader.feed_data(data)
    reader.feed_eof()
    reading = first_message(reader, LIMIT)
    try:
        reading.send(None)
    except StopIteration as found:
        return found.value, bytes(reader._buffer)
    except SudareError as error:
        return error.code
    raise AssertionError("it waits for what cannot come")


def one(data):
    """One browser."""
    if not data:
        return
    step, rest = data[0] + 1, data[1:]

    messages, refusal, answers = drive([rest])

    assert refusal in {None, "caller.malformed", "link.lost"}
    assert all(len(one) <= LIMIT for one in messages)
    # a pong for each ping of the same length, less the mask; and one close frame
    assert len(answers) <= len(rest) + 127
    told = drive([rest[at : at + step] for at in range(0, len(rest), step)])
    assert told[:2] == (messages, refusal)
    assert refusal or told[2] == answers
    begun = first(rest)
    if isinstance(begun, tuple):
        assert messages[:1] == [begun[0]]
        assert rest.endswith(begun[1])
    else:
        assert begun in {"caller.malformed", "link.lost"}


def seeds():
    for case in json.loads(VECTORS.read_text())["cases"]:
        yield b"\xff" + frame(BINARY, bytes.fromhex(case["hex"]))
    yield (
        b"\x03"
        + message(b"Hello", 3)
        + frame(PING, b"there?")
        + message(b"again")
        + frame(CLOSE, closing(1000, b"bye"))
    )
    yield b"\x40" + frame(BINARY, b"Hel", fin=False) + frame(PING) + frame(CONT, b"lo") + message(bytes(200), 50, 0)
    yield b"\x00" + frame(TEXT, b"text")
    yield b"\x10" + frame(BINARY, b"unmasked", mask=None)
    yield b"\x10" + frame(BINARY, bytes(LIMIT))
    yield b"\x10" + frame(BINARY, bytes(LIMIT + 1))
    yield b"\x10" + frame(BINARY, b"far too long", length=2**63)
    yield b"\x10" + frame(BINARY, bytes(600), fin=False) + frame(CONT, bytes(401))
    yield b"\x10" + frame(11, b"reserved") + frame(CLOSE, closing(1005))

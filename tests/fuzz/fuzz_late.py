"""
Hostile devices on a line that waits for its ticket.

The first byte chooses how the rest is cut. A ticket is found or waited for or refused, the same for the whole and for
the pieces; no more is kept than the longest ticket's frame and one piece, and what was found stands in the frame.
"""

from tests.support.frames import BINARY, CLOSE, TEXT, frame

from sudare.base.errors import SudareError
from sudare.wire.ticket.codec import MAX_LENGTH
from sudare.wire.tunnel.late import ticket_frame

HEADER = 8


def shown(pieces):
    """Ticket and length, a refusal, or None while it is not complete."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        try:
            found = ticket_frame(buffer, MAX_LENGTH)
        except SudareError as error:
            return error.code
        if found is not None:
            return found
    assert len(buffer) < HEADER + MAX_LENGTH
    return None


def one(data):
    """One device."""
    if not data:
        return
    step, rest = data[0] + 1, data[1:]

    found = shown([rest])

    assert isinstance(found, tuple) or found in {None, "caller.malformed", "link.lost"}
    assert shown([rest[at : at + step] for at in range(0, len(rest), step)]) == found
    if isinstance(found, tuple):
        text, length = found
        assert rest[:2] in {frame(TEXT, text.encode())[:2], b"\x81\xfe"}
        assert length - len(text) in {6, HEADER}


def seeds():
    """Tickets and what is none."""
    for text in (b"", b"x.y", b"t" * 125, b"t" * 126, b"t" * MAX_LENGTH):
        yield b"\x02" + frame(TEXT, text) + b"and what follows"
    yield b"\xff" + frame(TEXT, b"t" * (MAX_LENGTH + 1))
    yield b"\x00" + frame(TEXT, b"x.y", mask=None)
    yield b"\x00" + frame(BINARY, b"x.y")
    yield b"\x00" + frame(TEXT, b"x.y", fin=False)
    yield b"\x00" + frame(CLOSE, b"")
    yield b"\x00" + frame(TEXT, "ticket\u00e9".encode())

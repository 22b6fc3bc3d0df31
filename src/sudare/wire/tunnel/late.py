"""
The ticket of a line that was opened before it: the first frame of the device, RFC 6455 5.2.

A browser cannot send a header late, and its handshakes take three round trips; so it may open the line first and show
its ticket as one text message. It is the only frame the edge ever reads, and it goes no further.
INVARIANT: the frame is one whole masked text frame of at most `limit` bytes; anything else is `caller.malformed`.
"""

from typing import Final

from sudare.base.errors import SudareError

_FIN_TEXT: Final = 0x81
_FIN_CLOSE: Final = 0x88
_MASKED: Final = 0x80
_TWO_BYTES, _EIGHT_BYTES = 126, 127  # of length follow


def ticket_frame(data: bytes | bytearray, limit: int) -> tuple[str, int] | None:
    """
    The ticket and the length of its frame; None while that is incomplete.

    Raises `caller.malformed`, or `link.lost` when the device closes instead.
    """
    if len(data) < 2:
        return None
    if data[0] == _FIN_CLOSE:
        raise SudareError("link.lost", "closed before its ticket")
    if data[0] != _FIN_TEXT or not data[1] & _MASKED:
        raise SudareError("caller.malformed", "not a ticket")
    length, start = data[1] & ~_MASKED, 2
    if length == _TWO_BYTES:
        if len(data) < 4:
            return None
        length, start = int.from_bytes(data[2:4], "big"), 4
    elif length == _EIGHT_BYTES:
        length = limit + 1
    if length > limit:
        raise SudareError("caller.malformed", "ticket too long")
    end = start + 4 + length
    if len(data) < end:
        return None
    mask, body = data[start : start + 4], data[start + 4 : end]
    try:
        return bytes(byte ^ mask[at & 3] for at, byte in enumerate(body)).decode("ascii"), end
    except UnicodeDecodeError:
        raise SudareError("caller.malformed", "ticket") from None

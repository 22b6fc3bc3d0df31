"""
ExtendedDesktopSize (-308): the picture's size, its screens, and the answer to our wish for another size.

x = who asked (0 server, 1 we, 2 another client), y = outcome (0 done), then `u8 count`, 3 bytes, count * 16 bytes
`u32 id, u16 x, u16 y, u16 w, u16 h, u32 flags`.
"""

import struct

from sudare.desktop.rfb.stream import Parser


def decode() -> Parser[tuple[int, int]]:
    """Id and flags of the first screen, to be named again when we ask for a size; zeros when there is none."""
    count = (yield 4)[0]
    if not count:
        return 0, 0
    data = yield count * 16
    first: tuple[int, int] = struct.unpack_from(">I8xI", data)
    return first

"""
What a client says, RFC 6143 7.5 and the community's extensions; every function returns the message's bytes.

| type | message |
|---|---|
| 0 | pixel format: 32 bits, depth 24, little-endian, bytes B G R X |
| 2 | encodings, best first |
| 3 | update request |
| 4 / 5 | key / pointer |
| 150 / 248 / 251 | continuous updates / fence / desktop size |
"""

import struct
from enum import IntEnum


class Encoding(IntEnum):
    """Encodings and pseudo-encodings we understand."""

    RAW = 0
    COPY_RECT = 1
    ZLIB = 6
    TIGHT = 7
    ZRLE = 16
    DESKTOP_SIZE = -223
    LAST_RECT = -224
    CURSOR = -239
    COMPRESS_LEVEL_1 = -255
    EXTENDED_DESKTOP_SIZE = -308
    FENCE = -312
    CONTINUOUS_UPDATES = -313
    CURSOR_WITH_ALPHA = -314


def pixel_format() -> bytes:
    """Ours: B, G, R, X in memory."""
    return struct.pack(">B3xBBBBHHHBBB3x", 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)


def encodings(wanted: list[Encoding]) -> bytes:
    """The list, best first."""
    return struct.pack(f">BxH{len(wanted)}i", 2, len(wanted), *wanted)


def update_request(w: int, h: int, *, incremental: bool) -> bytes:
    """Ask for what changed, or for everything."""
    return struct.pack(">BBHHHH", 3, incremental, 0, 0, w, h)


def key(keysym: int, *, down: bool) -> bytes:
    """One key."""
    return struct.pack(">BB2xI", 4, down, keysym)


def pointer(mask: int, x: int, y: int) -> bytes:
    """Position and the buttons held, bit 0 = button 1."""
    return struct.pack(">BBHH", 5, mask, x, y)


def continuous(w: int, h: int, *, on: bool) -> bytes:
    """Switch updates without requests on or off."""
    return struct.pack(">BBHHHH", 150, on, 0, 0, w, h)


def fence(flags: int, payload: bytes) -> bytes:
    """A fence's answer."""
    return struct.pack(">B3xIB", 248, flags, len(payload)) + payload


def desktop_size(w: int, h: int, screen: tuple[int, int]) -> bytes:
    """Ask for one screen of another size; `screen` is its id and flags."""
    return struct.pack(">BxHHBxIHHHHI", 251, w, h, 1, screen[0], 0, 0, w, h, screen[1])

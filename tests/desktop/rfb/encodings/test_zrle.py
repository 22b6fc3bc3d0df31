import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.rfb import run

from sudare.base.errors import SudareError
from sudare.desktop.rfb.encodings import deflate, zrle
from sudare.desktop.source import Rect

TILES = ("raw", "solid", "packed", "runs", "palette-runs")


def length(n):
    return b"\xff" * ((n - 1) // 255) + bytes([(n - 1) % 255])


def runs_of(values):
    """(value, count) of a flat list."""
    out = []
    for value in values:
        if out and out[-1][0] == value:
            out[-1][1] += 1
        else:
            out.append([value, 1])
    return out


def encode_tile(tile, kind):
    """A plain encoder, pixel by pixel: the decoder's slow twin."""
    flat = [bytes(p) for p in tile.reshape(-1, 3)]
    palette = list(dict.fromkeys(flat))
    if kind == "solid" and len(palette) == 1:
        return b"\x01" + palette[0]
    if kind == "packed" and 2 <= len(palette) <= 16:
        bits = 1 if len(palette) == 2 else 2 if len(palette) <= 4 else 4
        out = bytes([len(palette)]) + b"".join(palette)
        for y in range(tile.shape[0]):
            row = "".join(f"{palette.index(bytes(p)):0{bits}b}" for p in tile[y])
            row += "0" * (-len(row) % 8)
            out += bytes(int(row[i : i + 8], 2) for i in range(0, len(row), 8))
        return out
    if kind == "runs":
        return b"\x80" + b"".join(value + length(n) for value, n in runs_of(flat))
    if kind == "palette-runs" and 2 <= len(palette) <= 127:
        out = bytes([128 + len(palette)]) + b"".join(palette)
        for value, n in runs_of(flat):
            i = palette.index(value)
            out += bytes([i]) if n == 1 else bytes([i | 128]) + length(n)
        return out
    return b"\x00" + b"".join(flat)


def encode(picture, kinds, z=None):
    z = z or zlib.compressobj()
    data = b""
    n = 0
    for y in range(0, picture.shape[0], 64):
        for x in range(0, picture.shape[1], 64):
            data += encode_tile(picture[y : y + 64, x : x + 64], kinds[n % len(kinds)])
            n += 1
    out = z.compress(data) + z.flush(zlib.Z_SYNC_FLUSH)
    return struct.pack(">I", len(out)) + out


@given(
    st.integers(1, 130), st.integers(1, 70), st.integers(1, 20), st.integers(0, 1 << 30),
    st.lists(st.sampled_from(TILES), min_size=1, max_size=6),
)  # fmt: skip
def test_every_tile_decodes_to_what_was_encoded(w, h, colours, seed, kinds):
    rng = np.random.default_rng(seed)
    palette = rng.integers(0, 256, (colours, 3), np.uint8)
    run_length = int(rng.integers(1, 9))
    picture = palette[np.repeat(rng.integers(0, colours, w * h), run_length)[: w * h]].reshape(h, w, 3)
    frame = np.zeros((h + 2, w + 1, 4), np.uint8)

    run(zrle.decode(frame, Rect(1, 2, w, h), deflate.Inflater()), encode(picture, kinds))

    assert (frame[2:, 1:, :3] == picture).all()
    assert not frame[:2].any()


def test_a_run_may_fill_a_whole_tile():
    picture = np.full((64, 64, 3), 7, np.uint8)
    frame = np.zeros((64, 64, 4), np.uint8)

    run(zrle.decode(frame, Rect(0, 0, 64, 64), deflate.Inflater()), encode(picture, ["runs"]))

    assert (frame[:, :, :3] == 7).all()


@pytest.mark.parametrize(
    "tile",
    [
        b"",  # nothing
        b"\x00\x01\x02",  # raw cut short
        b"\x01\x02",  # solid cut short
        b"\x11",  # 17: not a tile
        b"\x81",  # 129: not a tile
        b"\x03" + bytes(9) + b"\xff" * 4,  # index 3 of 3
        b"\x80abc\xff\xff\x00",  # run past the end
        b"\x80abc",  # run without a length
        b"\x82abcdef\x05",  # palette run outside its palette
        b"\x82abcdef\x80\xff\xff\xff",  # palette run past the end
        b"\x01abcd",  # bytes left over
        b"\x80" + b"abc\x00" * 17,  # a run too many
    ],
)
def test_a_broken_tile_is_the_protocols_fault(tile):
    z = zlib.compressobj()
    data = z.compress(tile) + z.flush(zlib.Z_SYNC_FLUSH)
    frame = np.zeros((4, 4, 4), np.uint8)

    with pytest.raises(SudareError) as caught:
        run(zrle.decode(frame, Rect(0, 0, 4, 4), deflate.Inflater()), struct.pack(">I", len(data)) + data)

    assert caught.value.code == "office.pc-protocol"

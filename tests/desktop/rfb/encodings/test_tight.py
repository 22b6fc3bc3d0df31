import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.rfb import run

from sudare.base.errors import SudareError
from sudare.desktop.rfb.encodings import tight
from sudare.desktop.source import Rect

FILTERS = ("pixels", "palette", "gradient")


def length(size):
    out = b""
    while size >= 128 and len(out) < 2:
        out += bytes([size & 127 | 128])
        size >>= 7
    return out + bytes([size])


class Encoder:
    """A plain encoder with its four streams: the decoder's slow twin."""

    def __init__(self):
        self.streams = [zlib.compressobj() for _ in range(4)]

    def encode(self, picture, kind, *, stream=0, restart=False, stored=False):
        """One rectangle of a picture in RGB."""
        colours = list(dict.fromkeys(bytes(pixel) for pixel in picture.reshape(-1, 3)))
        if kind == "palette" and len(colours) == 1:
            return b"\x80" + colours[0]
        if restart:
            self.streams[stream] = zlib.compressobj()
        number, head, data = 0, b"", picture.tobytes()
        if kind == "palette" and len(colours) <= 256:
            number, head, data = 1, bytes([len(colours) - 1]) + b"".join(colours), indices(picture, colours)
        elif kind == "gradient":
            number, data = 2, differences(picture)
        control = (10 if stored else stream) << 4 | restart << stream | (0x40 if number else 0)
        return bytes([control]) + (bytes([number]) + head if number else b"") + self._data(data, stream, stored)

    def _data(self, data, stream, stored):
        if len(data) < 12:
            return data
        if stored:
            return length(len(data)) + data
        out = self.streams[stream].compress(data) + self.streams[stream].flush(zlib.Z_SYNC_FLUSH)
        return length(len(out)) + out


def indices(picture, colours):
    rows = [[colours.index(bytes(pixel)) for pixel in row] for row in picture]
    if len(colours) != 2:
        return b"".join(map(bytes, rows))
    return b"".join(np.packbits(np.array(row, np.uint8)).tobytes() for row in rows)


def differences(picture):
    out = np.zeros_like(picture)
    padded = np.zeros((picture.shape[0] + 1, picture.shape[1] + 1, 3), int)
    padded[1:, 1:] = picture
    for y in range(picture.shape[0]):
        for x in range(picture.shape[1]):
            guess = np.clip(padded[y + 1, x] + padded[y, x + 1] - padded[y, x], 0, 255)
            out[y, x] = (picture[y, x].astype(int) - guess) & 255
    return out.tobytes()


def picture_of(w, h, colours, seed):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (colours, 3), np.uint8)[rng.integers(0, colours, (h, w))]


rectangles = st.tuples(
    st.integers(1, 40), st.integers(1, 30), st.sampled_from([1, 2, 3, 17, 256, 600]), st.integers(0, 1 << 30),
    st.sampled_from(FILTERS), st.integers(0, 3), st.booleans(), st.booleans(),
)  # fmt: skip


@given(st.lists(rectangles, min_size=1, max_size=5))
def test_every_rectangle_decodes_to_what_was_encoded(cases):
    encoder, streams = Encoder(), tight.Streams()
    for w, h, colours, seed, kind, stream, restart, stored in cases:
        picture = picture_of(w, h, colours, seed)
        frame = np.full((h + 2, w + 1, 4), 9, np.uint8)

        data = encoder.encode(picture, kind, stream=stream, restart=restart, stored=stored)
        run(tight.decode(frame, Rect(1, 2, w, h), streams), data)

        assert (frame[2:, 1:, 2::-1] == picture).all()
        assert (frame[:2] == 9).all()
        assert (frame[:, 0] == 9).all()


def test_a_large_rectangle_comes_in_pieces():
    picture = np.random.default_rng(1).integers(0, 256, (300, 700, 3), np.uint8)
    for stored in (False, True):
        frame = np.zeros((300, 700, 4), np.uint8)

        run(tight.decode(frame, Rect(0, 0, 700, 300), tight.Streams()), Encoder().encode(picture, "", stored=stored))

        assert (frame[:, :, 2::-1] == picture).all()


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_an_empty_rectangle_changes_nothing(size):
    frame = np.zeros((5, 5, 4), np.uint8)

    run(tight.decode(frame, Rect(0, 0, *size), tight.Streams()), b"\x00")
    run(tight.decode(frame, Rect(0, 0, *size), tight.Streams()), b"\x80abc")

    assert not frame.any()


def squeezed(data):
    z = zlib.compressobj()
    out = z.compress(data) + z.flush(zlib.Z_SYNC_FLUSH)
    return length(len(out)) + out


@pytest.mark.parametrize(
    "rectangle",
    [
        b"\x90" + length(3) + b"abc",  # JPEG: never asked for
        b"\xb0",  # no rectangle
        b"\x40\x03",  # no filter
        b"\x00" + squeezed(bytes(47)),  # a byte too few
        b"\x00" + squeezed(bytes(49)),  # a byte too many
        b"\x00" + squeezed(bytes(1 << 20)),  # a bomb
        b"\x00" + length(20) + bytes(range(20)),  # no zlib stream
        b"\x00" + length(1 << 20),  # longer than any encoder makes it
        b"\x40\x01\x02" + bytes(9) + squeezed(b"\x03" * 16),  # number 3 of 3
        b"\xa0" + length(47) + bytes(47),  # another size than the rectangle's
    ],
)
def test_a_broken_rectangle_is_the_protocols_fault_and_never_grows(rectangle):
    frame = np.zeros((4, 4, 4), np.uint8)

    with pytest.raises(SudareError) as caught:
        run(tight.decode(frame, Rect(0, 0, 4, 4), tight.Streams()), rectangle)

    assert caught.value.code == "office.pc-protocol"
    assert struct.pack("64x") == frame.tobytes()

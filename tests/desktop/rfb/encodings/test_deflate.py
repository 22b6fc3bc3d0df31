import struct
import zlib

import numpy as np
import pytest
from tests.support.rfb import run

from sudare.base.errors import SudareError
from sudare.desktop.rfb.encodings import deflate
from sudare.desktop.source import Rect


def packed(z, data):
    out = z.compress(data) + z.flush(zlib.Z_SYNC_FLUSH)
    return struct.pack(">I", len(out)) + out


def test_the_stream_lasts_over_rectangles():
    z, stream = zlib.compressobj(), deflate.Inflater()
    frame = np.zeros((4, 4, 4), np.uint8)
    pixels = np.random.default_rng(1).integers(0, 256, (2, 2, 4), np.uint8)

    for x in (0, 2):
        run(deflate.decode(frame, Rect(x, 1, 2, 2), stream), packed(z, pixels.tobytes()))

    assert (frame[1:3, :2] == pixels).all()
    assert (frame[1:3, 2:] == pixels).all()


@pytest.mark.parametrize("size", [0, 15, 17, 1 << 20])
def test_a_rectangle_of_another_size_is_refused(size):
    frame = np.zeros((4, 4, 4), np.uint8)

    with pytest.raises(SudareError) as caught:
        run(deflate.decode(frame, Rect(0, 0, 2, 2), deflate.Inflater()), packed(zlib.compressobj(), bytes(size)))

    assert caught.value.code == "office.pc-protocol"


def test_noise_is_not_a_stream():
    with pytest.raises(SudareError):
        run(deflate.Inflater().read(100), struct.pack(">I", 4) + b"\xff\xff\xff\xff")


def test_an_endless_length_is_refused_before_it_is_read():
    with pytest.raises(SudareError):
        run(deflate.Inflater().read(100), struct.pack(">I", 1 << 31))

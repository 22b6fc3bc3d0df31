import numpy as np
from tests.support.rfb import run

from sudare.desktop.rfb.encodings import raw
from sudare.desktop.source import Rect


def test_pixels_land_in_their_rectangle_and_nowhere_else():
    frame = np.zeros((5, 6, 4), np.uint8)
    pixels = np.arange(1, 2 * 3 * 4 + 1, dtype=np.uint8).reshape(2, 3, 4)

    run(raw.decode(frame, Rect(2, 1, 3, 2)), pixels.tobytes())

    assert (frame[1:3, 2:5] == pixels).all()
    frame[1:3, 2:5] = 0
    assert not frame.any()


def test_a_large_rectangle_comes_in_bands():
    frame = np.zeros((600, 800, 4), np.uint8)
    pixels = np.random.default_rng(1).integers(0, 256, frame.shape, np.uint8)

    run(raw.decode(frame, Rect(0, 0, 800, 600)), pixels.tobytes())

    assert (frame == pixels).all()


def test_an_empty_rectangle_has_no_bytes():
    frame = np.zeros((5, 5, 4), np.uint8)

    run(raw.decode(frame, Rect(0, 0, 0, 5)), b"")
    run(raw.decode(frame, Rect(0, 0, 5, 0)), b"")

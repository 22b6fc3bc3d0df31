import numpy as np
import pytest
from tests.support.rfb import run

from sudare.base.errors import SudareError
from sudare.desktop.rfb.encodings import copyrect
from sudare.desktop.source import CopyHint, Rect


def test_overlapping_areas_move_whole():
    frame = np.random.default_rng(1).integers(0, 256, (10, 10, 4), np.uint8)
    before = frame.copy()

    hint = run(copyrect.decode(frame, Rect(0, 0, 10, 8)), bytes([0, 0, 0, 2]))

    assert hint == CopyHint(0, 2, 10, 8, 0, 0)
    assert (frame[:8] == before[2:]).all()


def test_a_source_outside_the_picture_is_refused():
    frame = np.zeros((10, 10, 4), np.uint8)

    with pytest.raises(SudareError):
        run(copyrect.decode(frame, Rect(0, 0, 5, 5)), bytes([0, 6, 0, 0]))

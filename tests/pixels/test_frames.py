import pytest

from sudare.pixels import frames
from sudare.wire.screen import records


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (1, 1), (16384, 2048), (16384, 2049), (16385, 1), (2049, 16384)])
def test_both_rooms_agree_on_the_sizes_allowed(size):
    assert frames.size_is_allowed(*size) == records.size_is_allowed(*size)


def test_a_new_frame_is_black():
    frame = frames.black(3, 2)

    assert frame.shape == (2, 3, 4)
    assert not frame.any()

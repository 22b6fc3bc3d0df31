import pytest
from tests.pixels.pictures import photograph
from tests.pixels.test_encoder import coloured_text, text_like

from sudare.pixels.photo import is_photo

TILES = [(x, y, 64, 64) for y in range(0, 448, 64) for x in range(0, 640, 64)]


def test_a_photograph_is_known_by_every_tile():
    assert all(is_photo(photograph(640, 448), box) for box in TILES)


@pytest.mark.parametrize("frame", [text_like(640, 448), coloured_text(640, 448)], ids=["grey", "coloured"])
def test_text_is_no_photograph(frame):
    assert not any(is_photo(frame, box) for box in TILES)


def test_a_small_area_is_never_one():
    assert not is_photo(photograph(64, 64), (0, 0, 31, 32))

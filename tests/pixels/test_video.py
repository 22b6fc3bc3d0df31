"""The encoder of films: sizes, areas, key frames."""

import numpy as np
import pytest
from tests.pixels.pictures import photograph

from sudare.pixels import tiles, twin
from sudare.pixels.tiles import NATIVE
from sudare.pixels.video import CODECS

pytestmark = pytest.mark.skipif(not NATIVE, reason="the extension was not built")


@pytest.mark.parametrize(
    ("w", "h", "scale"), [(0, 32, 1), (32, 31, 1), (34, 64, 2), (32, 32, 3), (14, 14, 1), (16386, 32, 1), (-2, 32, 1)]
)
def test_an_encoder_of_a_size_that_cannot_be_is_refused(w, h, scale):
    with pytest.raises(ValueError, match="no film"):
        tiles.video("av1", w, h, scale)


@pytest.mark.parametrize("box", [(0, 0, 62, 64), (1, 0, 64, 64), (0, 1, 64, 64), (2**32, 0, 64, 64)])
def test_an_area_of_another_size_or_outside_is_refused(box):
    encoder = tiles.video("av1", 64, 64, 1)
    frame = photograph(64, 64, 1)

    with pytest.raises(ValueError, match=r"does not fit|lies outside"):
        encoder.encode(frame, box, at_ms=0, ms=33, kbit=100, key=True)

    assert encoder.encode(frame, (0, 0, 64, 64), at_ms=0, ms=33, kbit=100, key=True)


@pytest.mark.parametrize("codec", CODECS)
def test_a_frame_with_key_needs_no_other_and_the_others_are_much_smaller(codec):
    encoder = tiles.video(codec, 128, 64, 1)
    still = photograph(128, 64, 1)

    sizes = [
        len(encoder.encode(still, (0, 0, 128, 64), at_ms=33 * i, ms=33, kbit=300, key=i in {0, 20})) for i in range(40)
    ]

    assert sizes[20] > 5 * max(sizes[10:20])
    assert min(sizes) > 0


@pytest.mark.parametrize("codec", ["", "vp9", "AV1"])
def test_another_codec_is_refused(codec):
    with pytest.raises(ValueError, match="no film"):
        tiles.video(codec, 64, 64, 1)


def test_without_the_extension_there_is_no_film():
    with pytest.raises(ValueError, match="no film"):
        twin.video("av1", 64, 64, 1)


def test_what_lies_beside_the_area_changes_nothing():
    frame = photograph(128, 96, 1)
    other = np.full_like(frame, 200)
    other[16:80, 32:96] = frame[16:80, 32:96]

    one, two = (
        tiles.video("av1", 64, 64, 1).encode(each, (32, 16, 64, 64), at_ms=0, ms=33, kbit=300, key=True)
        for each in (frame, other)
    )

    assert one == two

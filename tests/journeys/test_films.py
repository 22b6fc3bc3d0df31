"""A video plays on the office PC: real Chromium decodes it, and what it leaves behind is exact."""

from collections import deque

import numpy as np
import pytest
from tests.pixels.pictures import photograph
from tests.support.screens import Screen

BOX = (101, 61, 640, 360)


class Player:
    """A window on the office PC in which a camera pans over a photograph, as fast as the PC can."""

    def __init__(self, screen):
        self.screen = screen
        self.world = photograph(2 * BOX[2], BOX[3], 9)
        self.at = 0
        self.lately = deque(maxlen=40)

    def play(self, frames):
        x, y, w, _ = BOX
        for _ in range(frames):
            self.at += 3
            left = abs(self.at % (2 * w) - w)
            picture = self.world[:, left : left + w]
            self.screen.paint(picture, x, y)
            self.lately.append(picture[:, :, :3].astype(int))

    def likeness(self, shown):
        """How close what is shown comes to the closest of the latest pictures, in dB."""
        error = min(((shown.astype(int) - one) ** 2).mean() for one in self.lately)
        return 10 * np.log10(255**2 / error) if error else float("inf")


ONLY_H264 = """
  const ask = VideoDecoder.isConfigSupported.bind(VideoDecoder);
  VideoDecoder.isConfigSupported = async (asked) => asked.codec.startsWith("av01") ? { supported: false } : ask(asked);
"""
DECODES = """
  async () => {
    const all = ["av01.0.08M.08", "avc1.42E01F"];
    const asked = await Promise.all(all.map((codec) => VideoDecoder.isConfigSupported({ codec })));
    return all.map((codec, at) => (asked[at].supported ? codec.slice(0, 4) : ""));
  }
"""


@pytest.mark.parametrize(("kind", "codec"), [("rdp", "av01"), ("vnc", "av01"), ("vnc", "avc1")])
def test_a_video_is_shown_as_a_film_beside_exact_text_and_is_exact_when_it_stops(person, town, kind, codec):
    if codec == "avc1":
        person.context.add_init_script(ONLY_H264)
    resumed = town.logs().count(b"session-resumed")  # so a browser does whose decoder fails
    person.begin("yamada")
    assert next(filter(None, person.page.evaluate(DECODES))) == codec
    person.open_pc(kind)
    person.phase("active")
    person.point(900, 600)
    x, y, w, h = BOX

    with Screen(town.pc(kind).display) as desktop:
        assert person.shows(desktop)
        desktop.cover()
        player = Player(desktop)

        def film():
            player.play(10)
            shown = person.picture(*desktop.size())
            beside = np.delete(shown, np.s_[x : x + w], axis=1)
            assert (beside == (0x40, 0x30, 0x20)).all()
            return 25 < player.likeness(shown[y : y + h, x : x + w]) < 60

        assert person.until(film)
        assert person.shows(desktop)
    assert town.logs().count(b"session-resumed") == resumed

import numpy as np
import pytest

from sudare.pixels import ops, scroll, tiles
from sudare.pixels.decoder import Client
from sudare.pixels.encoder import Encoder


def page(w=640, h=480, seed=1):
    rng = np.random.default_rng(seed)
    frame = np.full((h, w, 4), 255, np.uint8)
    for y in range(4, h - 16, 22):
        frame[y : y + 14, 6 : w - 6, :3] = (rng.random((14, w - 12, 1)) > 0.6) * 255
    return frame


@pytest.mark.parametrize("step", [22, 66, -66, 101])
def test_a_scrolled_page_is_recognised(step):
    before = page()
    after = page(seed=2)
    source, target = (step, 0) if step > 0 else (0, -step)
    after[target : target + 480 - abs(step)] = before[source : source + 480 - abs(step)]

    move = scroll.guess(after, before, tiles.diff(after, before, None))

    assert move is not None
    assert move[5] - move[1] == -step
    x, y, w, h = move[0], move[1], move[2], move[3]
    assert tiles.distance(after, (move[4], move[5], w, h), before, x, y) <= 640 * 22


@pytest.mark.parametrize(
    "other", [page(seed=5), np.zeros((480, 640, 4), np.uint8), page()], ids=["text", "black", "same"]
)
def test_what_did_not_scroll_is_no_move(other):
    before = page()

    assert scroll.guess(other, before, tiles.diff(other, before, None)) is None


def test_a_scroll_bar_that_moves_the_other_way_does_not_hide_the_scroll():
    encoder, client, frame = Encoder(640, 480), Client(), page()
    client.resize(640, 480)
    while (update := encoder.encode(frame, limit=100_000, now=0)) is not None:
        client.update(update.body)
    frame = page(seed=2)
    frame[:414] = page()[66:]
    frame[100:200, 620:636, :3] = 90
    encoder.note([(0, 0, 640, 480)])

    update = encoder.encode(frame, limit=100_000, now=0)

    assert isinstance(ops.split(update.body)[0][0], ops.Copy)
    while update is not None:
        client.update(update.body)
        update = encoder.encode(frame, limit=100_000, now=0)
    assert np.array_equal(client.frame[:, :, :3], frame[:, :, :3])

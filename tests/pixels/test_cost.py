import numpy as np
from tests.pixels.test_encoder import text_like

from sudare.pixels import cost

BOXES = [(x, y, 64, 64) for y in range(0, 448, 64) for x in range(0, 640, 64)]


def test_noise_costs_its_bytes_and_one_colour_next_to_nothing():
    noise = np.random.default_rng(1).integers(0, 256, (448, 640, 4)).astype(np.uint8)

    assert abs(cost.estimate(noise, BOXES) / (640 * 448 * 3) - 1) <= 0.05
    assert cost.estimate(np.zeros_like(noise), BOXES) <= 1000
    assert cost.estimate(noise, []) == 0


def test_text_is_judged_by_a_sample():
    frame = text_like(640, 448)

    whole, sample = cost.estimate(frame, BOXES[:16]) * len(BOXES) / 16, cost.estimate(frame, BOXES)

    assert 0.5 <= sample / whole <= 2

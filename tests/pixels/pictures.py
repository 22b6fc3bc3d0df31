"""Small framebuffers for the tests of this room."""

import numpy as np
from hypothesis import strategies as st


@st.composite
def pictures(draw):
    """Few colours in blocks, so that equal areas, fills and copies all happen; X is noise."""
    return picture(draw(st.integers(1, 150)), draw(st.integers(1, 140)), draw(st.integers(0, 2**32 - 1)))


def picture(w, h, seed):
    rng = np.random.default_rng(seed)
    frame = np.zeros((h, w, 4), np.uint8)
    frame[:, :, :3] = rng.choice(np.array([0, 255], np.uint8), 3)
    for _ in range(rng.integers(0, 6)):
        paint(frame, rng)
    noise_in_x(frame, rng)
    return frame


def paint(frame, rng):
    """One block of colour or of noise; gives its box."""
    h, w = frame.shape[:2]
    x, y = int(rng.integers(0, w)), int(rng.integers(0, h))
    bw, bh = int(rng.integers(1, w - x + 1)), int(rng.integers(1, h - y + 1))
    if rng.integers(0, 2):
        frame[y : y + bh, x : x + bw, :3] = rng.choice(np.array([0, 128, 255], np.uint8), 3)
    else:
        frame[y : y + bh, x : x + bw, :3] = rng.choice(np.array([0, 40, 255], np.uint8), (bh, bw, 3))
    return x, y, bw, bh


def noise_in_x(frame, rng):
    frame[:, :, 3] = rng.integers(0, 256, frame.shape[:2])


def photograph(w, h, seed=5):
    """Light and colour that change slowly, detail at every size, and the noise of a sensor; X is noise."""
    rng = np.random.default_rng(seed)
    far = np.hypot(np.fft.fftfreq(h)[:, None], np.fft.fftfreq(w)[None])
    far[0, 0] = 1
    layers = [np.fft.ifft2(np.fft.fft2(rng.standard_normal((h, w))) / far**1.2).real for _ in range(4)]
    light, *tints = [layer / max(1e-9, np.abs(layer).max()) for layer in layers]
    frame = rng.integers(0, 256, (h, w, 4), np.uint8)
    for channel, tint in enumerate(tints):
        frame[:, :, channel] = np.clip(120 + 150 * light + 60 * tint + rng.normal(0, 2.5, (h, w)), 0, 255)
    return frame


@st.composite
def boxes(draw, frame):
    h, w = frame.shape[:2]
    x, y = draw(st.integers(0, w - 1)), draw(st.integers(0, h - 1))
    return x, y, draw(st.integers(1, w - x)), draw(st.integers(1, h - y))

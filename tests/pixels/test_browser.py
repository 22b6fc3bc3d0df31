"""The browser's framebuffer, its own TypeScript in Node, ends with the picture of the source, hash for hash."""

import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pixels import test_encoder, test_film
from tests.pixels.pictures import picture

from sudare.base.cursor import Writer
from sudare.pixels.decoder import Client
from sudare.pixels.ops import Caps
from sudare.pixels.tiles import NATIVE

WEB = Path(__file__).parents[2] / "web"
NODE = Path(__file__).parents[2] / ".venv/bin/node"


SIZES = st.tuples(st.integers(1, 200), st.integers(1, 200))


class Tape(Client):
    """The reference client; keeps what it is told."""

    def __init__(self, tiles=0):
        super().__init__(tiles)
        self.messages = []

    def apply(self, kind, flags, body):
        self.messages.append((bytes([kind, flags]) + bytes(10) + Writer().blob(body).done()).hex())
        super().apply(kind, flags, body)


class Pair(test_encoder.Pair):
    Client = Tape


class Cinema(test_film.Cinema):
    Client = Tape


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Gives the hash of what the browser shows after these messages."""
    if not NODE.exists() or not (WEB / "node_modules").exists():
        pytest.skip("the front end was not set up")
    bundle = tmp_path_factory.mktemp("browser") / "replay.mjs"
    rolldown = [NODE, WEB / "node_modules/.bin/rolldown", "packages/screen/test/replay.ts", "--file", bundle]
    subprocess.run([*rolldown, "--format", "esm", "--platform", "node"], cwd=WEB, check=True, capture_output=True)
    node = subprocess.Popen([NODE, bundle, "replay"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def shown(client, tiles):
        node.stdin.write(json.dumps({"tiles": tiles, "messages": client.messages}) + "\n")
        node.stdin.flush()
        return node.stdout.readline().strip()

    with node:
        yield shown
        node.stdin.close()


def digest(frame):
    return hashlib.sha256(frame[:, :, :3].tobytes()).hexdigest()


@settings(max_examples=50, deadline=None)
@given(size=SIZES, seed=test_encoder.seeds, script=test_encoder.steps, taken=test_encoder.caps)
def test_whatever_happens_the_browser_ends_with_the_pixels_of_the_source(browser, size, seed, script, taken):
    pair = Pair(picture(*size, seed), taken)

    for what, number in script:
        test_encoder.play(pair, what, np.random.default_rng(number))
    pair.settle(limit=2000, crisp=int(seed % 2) * 2000)

    assert browser(pair.client, taken.tiles) == digest(pair.frame)


@pytest.mark.skipif(not NATIVE, reason="the extension was not built")
@settings(max_examples=25, deadline=None)
@given(acts=test_film.ACTS, seed=test_encoder.seeds, caps=st.sampled_from([test_film.VIDEO, test_film.IMAGES, Caps()]))
def test_whatever_moves_at_rest_the_browser_shows_the_picture(browser, acts, seed, caps):
    cinema = Cinema(caps, size=(330, 260), box=(30, 20, 260, 200))

    test_film.perform(cinema, acts, seed)

    assert browser(cinema.client, caps.tiles) == digest(cinema.frame)

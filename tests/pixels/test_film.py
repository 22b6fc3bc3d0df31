"""What moves is shown as a film, and only what moves like one."""

import io
import shutil
import struct
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pixels.pictures import paint, photograph, picture

from sudare.pixels import film as module
from sudare.pixels import ops
from sudare.pixels.decoder import RESET, RESIZE, UPDATE, Client
from sudare.pixels.encoder import Encoder
from sudare.pixels.ops import Caps
from sudare.pixels.tiles import NATIVE

pytestmark = pytest.mark.skipif(not NATIVE, reason="the extension was not built")

W, H = 800, 480
BOX = (100, 60, 640, 360)
VIDEO = Caps(tiles=40, ramp=True, jpeg=True, video="av1")
IMAGES = Caps(tiles=40, ramp=True, jpeg=True)
EVERY_S = 1 / 30


class Cinema:
    """A desktop with a film in it, its encoder, and a client; time passes as the film is played."""

    Client = Client

    def __init__(self, caps=VIDEO, size=(W, H), box=BOX, *, background=None):
        w, h = size
        self.frame = picture(w, h, 1) if background is None else background
        self.box = box
        self.encoder = Encoder(w, h, caps=caps)
        self.client = self.Client(caps.tiles)
        self.client.apply(RESIZE, RESET, ops.Writer().varint(w).varint(h).done())
        self.now = 0.0
        self.seen = []
        self.step = 0
        self.world = photograph(2 * box[2], box[3], 9)
        self.settle()

    def take(self, update):
        if update is None:
            return False
        self.client.apply(UPDATE, 0, update.body)
        self.seen += [(self.now, op) for op in ops.split(update.body)[0]]
        return True

    def send(self, line_kbit=20_000, most=None):
        units = 0
        while units != most and self.take(
            self.encoder.encode(self.frame, limit=8000, now=self.now, line_kbit=line_kbit)
        ):
            units += 1

    def paint(self):
        x, y, w, h = self.box
        at = abs(3 * self.step % (2 * w) - w)  # there and back
        self.step += 1
        self.frame[y : y + h, x : x + w] = self.world[:, at : at + w]

    def play(self, seconds, fps=30, line_kbit=20_000, also=lambda _: None):
        self.seen = []
        for step in range(int(seconds * fps)):
            self.now += 1 / fps
            self.paint()
            also(step)
            self.encoder.note([self.box], now=self.now)
            self.send(line_kbit)

    def forget(self, how):
        """Both sides start over: another client, or another size."""
        h, w = self.frame.shape[:2]
        if how == "reset":
            self.encoder.reset()
        else:
            self.encoder.resize(w, h)
        flags = RESET if how == "reset" else 0
        self.client.apply(RESIZE, flags, ops.Writer().varint(w).varint(h).done())

    def settle(self):
        """Time passes until nothing is left to say."""
        self.now += 1
        self.send()
        while (at := self.encoder.next_deadline()) is not None:
            self.now = max(self.now, at)
            self.send()

    def ops(self, kind):
        return [op for _, op in self.seen if isinstance(op, kind)]

    def is_exact(self):
        return self.client.film is None and np.array_equal(self.client.frame[:, :, :3], self.frame[:, :, :3])


def ivf(frames, w, h):
    """Frames as a file ffmpeg reads (IVF)."""
    out = io.BytesIO()
    out.write(struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, b"AV01", w, h, 30, 1, len(frames), 0))
    for number, frame in enumerate(frames):
        out.write(struct.pack("<IQ", len(frame), number) + frame)
    return out.getvalue()


def decoded(frames, w, h, codec="av1"):
    data = ivf(frames, w, h) if codec == "av1" else b"".join(frames)
    form = "ivf" if codec == "av1" else "h264"
    command = f"ffmpeg -v error -f {form} -i - -pix_fmt bgr0 -f rawvideo -fps_mode passthrough -"
    raw = subprocess.run(command.split(), input=data, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, h, w, 4)


def psnr(a, b):
    error = ((a[:, :, :3].astype(float) - b[:, :, :3].astype(float)) ** 2).mean()
    return 10 * np.log10(255**2 / error)


def test_what_moves_and_looks_like_photographs_becomes_a_film_of_exactly_its_box():
    cinema = Cinema()

    cinema.play(2)

    frames = cinema.ops(ops.Video)
    assert len(frames) > 30
    assert {(op.x, op.y, op.w, op.h) for op in frames} == {BOX}
    assert [op.key for op in frames] == [True] + [False] * (len(frames) - 1)
    assert cinema.client.film == BOX


def test_a_film_that_the_line_lets_through_five_times_a_second_begins_all_the_same():
    cinema = Cinema()

    cinema.play(3, fps=5)

    assert cinema.ops(ops.Video)


def test_pictures_that_are_leafed_through_are_no_film():
    cinema = Cinema()

    cinema.play(4, fps=2)

    assert not cinema.ops(ops.Video)


def test_once_it_stands_still_it_is_over_and_exact():
    cinema = Cinema()
    cinema.play(2)

    cinema.settle()

    assert len(cinema.ops(ops.End)) == 1
    assert cinema.is_exact()


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg decodes what was encoded")
@pytest.mark.parametrize(("codec", "kbit"), [("av1", 270), ("h264", 420)])
def test_what_is_decoded_looks_like_the_picture_at_few_kbit_a_second(codec, kbit):
    cinema = Cinema(Caps(tiles=40, ramp=True, jpeg=True, video=codec))
    shown = []
    cinema.play(4, also=lambda _: shown.append(cinema.frame.copy()))

    frames = cinema.ops(ops.Video)
    assert {op.h264 for op in frames} == {codec == "h264"}
    pictures = decoded([op.frame for op in frames], *BOX[2:], codec)
    x, y, w, h = BOX
    sources = [source[y : y + h, x : x + w] for source in shown[-len(frames) :]]
    quality = [psnr(one, source) for one, source in zip(pictures, sources, strict=True)]
    assert min(quality) > 27
    assert np.mean(quality) > 30
    assert sum(len(op.frame) for op in frames) * 8 / 1000 / (len(frames) * EVERY_S) <= kbit


def test_scrolled_text_is_no_film():
    page = np.zeros((2000, W, 4), np.uint8)
    rng = np.random.default_rng(2)
    page[:, :, :3] = 255
    for row in range(0, 2000, 20):  # lines of letters: a few grey levels, mostly paper
        letters = rng.choice([0, 80, 160, 255, 255, 255], (12, W // 2)).repeat(2, axis=1)
        page[row : row + 12, :, :3] = letters[:, :W, None]
    cinema = Cinema(box=(0, 0, W, H))

    def scroll(step):
        cinema.frame[:] = page[3 * step : 3 * step + H]

    cinema.play(2, also=scroll)

    assert not cinema.ops(ops.Video)


def test_photographs_that_are_scrolled_are_no_film():
    cinema = Cinema(box=(0, 0, W, H))
    gallery = photograph(W, 2000, 4)

    def scroll(step):
        cinema.frame[:] = gallery[3 * step : 3 * step + H]

    cinema.play(2, also=scroll)

    assert cinema.ops(ops.Copy)
    assert not cinema.ops(ops.Video)


def test_text_that_stands_still_on_top_stays_exact_and_is_left_out_of_the_mask():
    box = (64, 64, 640, 384)
    cinema = Cinema(box=box)
    title = picture(128, 64, 8)

    def cover(_):
        cinema.frame[192:256, 256:384] = title

    cover(0)
    cinema.play(2, also=cover)

    last = cinema.ops(ops.Video)[-1]
    shows = np.unpackbits(np.frombuffer(last.mask, np.uint8), bitorder="little")[:60].reshape(6, 10)
    assert not shows[2, 3:5].any()
    assert shows.sum() == 58
    assert np.array_equal(cinema.client.frame[192:256, 256:384, :3], title[:, :, :3])


def test_a_letter_typed_beside_the_film_is_exact_with_the_next_unit_and_the_film_goes_on():
    cinema = Cinema()
    cinema.play(2)

    cinema.encoder.expect_answer()
    cinema.frame[10:26, 20:28, :3] = 77
    cinema.encoder.note([(20, 10, 8, 16)], now=cinema.now)
    answer = cinema.encoder.answer(cinema.frame, limit=4000, now=cinema.now, near=None)

    assert cinema.take(answer)
    assert (cinema.client.frame[10:26, 20:28, :3] == 77).all()
    assert len(answer.body) < 100
    cinema.play(0.5)
    assert len(cinema.ops(ops.Video)) >= 14
    assert not cinema.ops(ops.Pix)


def test_what_shares_a_tile_with_the_film_is_drawn_exactly_beside_it():
    cinema = Cinema()
    cinema.play(2)

    cinema.frame[40:60, 90:110, :3] = 33  # above and left of the film's corner, over the edge of its tiles
    cinema.encoder.note([(90, 40, 20, 20)], now=cinema.now)
    cinema.send()

    assert (cinema.client.frame[40:60, 90:110, :3] == 33).all()
    assert cinema.client.film == BOX


def test_a_film_ends_when_something_is_scrolled_across_it():
    cinema = Cinema()
    cinema.play(2)

    cinema.frame[:400] = cinema.frame[64:464].copy()
    cinema.encoder.note([], [(0, 64, W, 400, 0, 0)], now=cinema.now)
    cinema.send()

    assert cinema.ops(ops.End)
    assert cinema.is_exact()


@pytest.mark.parametrize("forget", ["reset", "resize"])
def test_a_client_that_starts_over_is_shown_the_film_from_a_key_frame(forget):
    cinema = Cinema()
    cinema.play(2)

    cinema.forget(forget)
    cinema.play(2)

    frames = cinema.ops(ops.Video)
    assert frames[0].key
    assert not any(op.key for op in frames[1:])
    cinema.settle()
    assert cinema.is_exact()


def test_a_client_that_takes_no_video_is_shown_ten_images_a_second():
    cinema = Cinema(IMAGES)

    cinema.play(4)

    assert not cinema.ops(ops.Video)
    late = [at for at, op in cinema.seen if isinstance(op, ops.Image) and at > cinema.now - 2]
    assert 16 <= len(late) <= 20
    cinema.settle()
    assert cinema.is_exact()


def test_a_client_of_the_first_days_is_shown_exact_pixels_only():
    cinema = Cinema(Caps())

    cinema.play(1)

    assert {type(op) for _, op in cinema.seen} <= {ops.Pix, ops.Fill, ops.Copy}
    cinema.settle()
    assert cinema.is_exact()


def test_a_slow_line_is_given_fewer_and_smaller_frames():
    fast, slow = Cinema(), Cinema()
    fast.play(2)
    slow.play(2)

    fast.play(2)
    slow.play(2, line_kbit=200)

    def size(cinema):
        return sum(len(op.frame) for op in cinema.ops(ops.Video))

    assert size(slow) * 8 / 1000 / 2 < 0.7 * 200
    assert len(slow.ops(ops.Video)) < 0.8 * len(fast.ops(ops.Video))


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg decodes what was encoded")
def test_a_large_film_is_encoded_at_half_its_size():
    cinema = Cinema(size=(1920, 1080), box=(40, 20, 1800, 1000), background=photograph(1920, 1080, 3))

    cinema.play(1.2)

    frames = cinema.ops(ops.Video)
    assert {(op.w, op.h) for op in frames} == {(1800, 1000)}
    (first, *_) = decoded([op.frame for op in frames], 900, 500)
    x, y, w, h = cinema.box
    half = cinema.frame[y : y + h : 2, x : x + w : 2]
    assert first.shape == half.shape


def test_a_picture_that_changes_faster_than_a_film_is_shown_at_its_pace():
    cinema = Cinema()
    cinema.play(2, fps=60)

    cinema.play(2, fps=60)

    assert 50 <= len(cinema.ops(ops.Video)) <= 80


ACTS = st.lists(st.sampled_from(["play", "paint", "scroll", "other", "pause", "reset", "resize", "line"]), max_size=12)


def perform(cinema, acts, seed):
    """Whatever may happen to a film, and then rest."""
    rng = np.random.default_rng(seed)
    units = None
    for act in acts:
        if act == "play":
            for _ in range(int(rng.integers(1, 40))):
                cinema.now += EVERY_S
                cinema.paint()
                cinema.encoder.note([cinema.box], now=cinema.now)
                cinema.send(400, units)
        elif act == "paint":
            cinema.encoder.note([paint(cinema.frame, rng)], now=cinema.now)
        elif act == "scroll":
            cinema.frame[:200] = cinema.frame[60:].copy()
            hints = [(0, 60, 330, 200, 0, 0)][: int(rng.integers(0, 2))]
            cinema.encoder.note([(0, 0, 330, 260)], hints, now=cinema.now)
        elif act == "other":
            cinema.frame[:] = picture(330, 260, int(rng.integers(0, 5)))
            cinema.encoder.note([(0, 0, 330, 260)], now=cinema.now)
        elif act == "pause":
            cinema.now += float(rng.uniform(0, 0.6))
            cinema.send(400, units)
        elif act in {"reset", "resize"}:
            cinema.forget(act)
        else:  # the line takes fewer units, or all, from here on
            units = [None, 1, 2][int(rng.integers(0, 3))]
    cinema.settle()


@given(acts=ACTS, seed=st.integers(0, 2**32 - 1), caps=st.sampled_from([VIDEO, IMAGES, Caps()]))
@settings(max_examples=40, deadline=None)
def test_whatever_moves_at_rest_the_client_shows_the_picture_and_no_film(acts, seed, caps):
    cinema = Cinema(caps, size=(330, 260), box=(30, 20, 260, 200))

    perform(cinema, acts, seed)

    assert cinema.is_exact()
    assert not cinema.encoder.pending(cinema.now)


def test_the_mask_has_a_bit_for_each_tile_of_the_box():
    film = module.Film((60, 60, 130, 70), {0: (60, 60, 4, 4), 7: (128, 64, 62, 64)}, 0.0, codec="")

    bits = np.unpackbits(np.frombuffer(film.mask, np.uint8), bitorder="little")
    assert bits[:9].tolist() == [1, 0, 0, 0, 0, 1, 0, 0, 0]

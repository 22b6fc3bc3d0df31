import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pixels.pictures import noise_in_x, paint, photograph, picture

from sudare.pixels import encoder as module
from sudare.pixels import ops, twin
from sudare.pixels.decoder import RESET, RESIZE, UPDATE, Client
from sudare.pixels.encoder import Encoder
from sudare.pixels.ops import Caps
from sudare.pixels.passes import MOVES_MAX

OLD, NEW = Caps(), Caps(tiles=40, ramp=True, jpeg=True)


class Pair:
    """An encoder and the reference client, joined by bytes only. A second goes by between two calls."""

    Client = Client

    def __init__(self, frame, caps=OLD):
        h, w = frame.shape[:2]
        self.frame = frame
        self.encoder = Encoder(w, h, caps=caps)
        self.client = self.Client(caps.tiles)
        self.now = 0.0
        self.other = None
        self.reset_next = True
        self.tell_size()

    def tell_size(self):
        h, w = self.frame.shape[:2]
        body = ops.Writer().varint(w).varint(h).done()
        self.client.apply(RESIZE, self.flags(), body)

    def flags(self):
        flags, self.reset_next = RESET if self.reset_next else 0, False
        return flags

    def step(self, limit=8000, near=None, crisp=None):
        self.now += 1
        return self.shown(self.encoder.encode(self.frame, limit=limit, now=self.now, near=near, crisp=crisp))

    def shown(self, update):
        if update is not None:
            self.client.apply(UPDATE, self.flags(), update.body)
            differs = (self.client.frame[:, :, :3] != self.encoder._shadow[:, :, :3]).any(axis=2)
            for x, y, w, h in self.encoder._lossy.in_order(None):
                differs[y : y + h, x : x + w] = False
            assert not differs.any()
        return update

    def answer(self, limit=4000, near=None):
        self.now += 1
        return self.shown(self.encoder.answer(self.frame, limit=limit, now=self.now, near=near))

    def settle(self, limit=8000, crisp=None):
        updates = []
        while (update := self.step(limit, crisp=crisp)) is not None:
            updates.append(update)
        assert not self.encoder.pending(self.now)
        assert np.array_equal(self.client.frame[:, :, :3], self.frame[:, :, :3])
        return updates


seeds = st.integers(0, 2**32 - 1)
steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "paint",
                "paint",
                "scroll",
                "scroll",
                "lie",
                "reset",
                "resize",
                "send",
                "send",
                "outside",
                "away",
                "back",
                "photo",
            ]
        ),
        seeds,
    ),
    max_size=14,
)
caps = st.builds(Caps, tiles=st.sampled_from([0, 1, 3, 40]), ramp=st.booleans(), jpeg=st.booleans())


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.integers(1, 200), seeds, steps, caps)
def test_whatever_happens_the_client_ends_with_the_pixels_of_the_source(w, h, seed, script, taken):
    pair = Pair(picture(w, h, seed), taken)

    for what, number in script:
        play(pair, what, np.random.default_rng(number))

    rng = np.random.default_rng(seed)
    pair.settle(limit=int(rng.choice([1, 300, 2000, 100_000])), crisp=int(rng.choice([0, 2000])))


def play(pair, what, rng):  # noqa: C901, PLR0912 - one arm a step
    frame = pair.frame
    h, w = frame.shape[:2]
    if what == "paint":
        pair.encoder.note([paint(frame, rng)], now=float(rng.random()))
    elif what == "scroll":
        sw, sh = int(rng.integers(1, w + 1)), int(rng.integers(1, h + 1))
        sx, dx = (int(v) for v in rng.integers(0, w - sw + 1, 2))
        sy, dy = (int(v) for v in rng.integers(0, h - sh + 1, 2))
        twin.copy(frame, (sx, sy, sw, sh), dx, dy)
        pair.encoder.note([], [(sx, sy, sw, sh, dx, dy)])
    elif what == "lie":  # a hint about something that never happened
        pair.encoder.note([], [tuple(int(v) for v in rng.integers(-2, max(w, h) + 2, 6))])
    elif what == "reset":
        pair.encoder.reset()
        pair.reset_next = True
    elif what == "resize":
        pair.frame = picture(int(rng.integers(1, 150)), int(rng.integers(1, 150)), int(rng.integers(0, 2**32)))
        pair.encoder.resize(pair.frame.shape[1], pair.frame.shape[0])
        pair.tell_size()
    elif what == "outside":
        pair.encoder.note([(-50, -50, 40, 40), (w, h, 10, 10), (0, 0, -3, 5), (-5, -5, 10**6, 10**6)])
    elif what == "send":
        near = tuple(int(v) for v in rng.integers(-5, 200, 2)) if rng.integers(0, 2) else None
        limit = int(rng.choice([1, 300, 3000, 100_000]))
        if rng.integers(0, 2):
            pair.answer(limit, near)
        else:
            pair.step(limit, near, crisp=int(rng.choice([0, 0, 500, 10**6])))
    elif what == "away":  # another window, drawn whole
        pair.other = frame.copy()
        frame[:] = picture(w, h, int(rng.integers(0, 3)))
        pair.encoder.note([(0, 0, w, h)])
    elif what == "photo":
        frame[h // 3 :, w // 3 :] = photograph(w, h, int(rng.integers(0, 9)))[h // 3 :, w // 3 :]
        pair.encoder.note([(w // 3, h // 3, w, h)])
    elif what == "back":
        if pair.other is not None and pair.other.shape == frame.shape:
            frame[:] = pair.other
        pair.encoder.note([(0, 0, w, h)])
    noise_in_x(pair.frame, rng)


def test_the_twin_can_take_the_place_of_the_extension(monkeypatch):
    for name in set(module.tiles.__all__) - {"NATIVE"}:
        monkeypatch.setattr(module.tiles, name, getattr(twin, name))
    pair = Pair(text_like(300, 200), NEW)

    for number, what in enumerate(
        ["send", "away", "send", "back", "scroll", "paint", "send", "lie", "reset", "resize"]
    ):
        play(pair, what, np.random.default_rng(number))

    pair.settle()


def text_like(w, h, seed=1):
    rng = np.random.default_rng(seed)
    frame = np.full((h, w, 4), 255, np.uint8)
    for y in range(4, h - 16, 22):
        frame[y : y + 14, 6 : w - 6, :3] = (rng.random((14, w - 12, 1)) > 0.6) * 255
    return frame


def test_nothing_noted_gives_nothing():
    pair = Pair(text_like(300, 200))
    pair.settle()

    assert pair.step() is None
    assert not pair.encoder.pending(pair.now)


def test_noted_damage_that_changed_nothing_costs_nothing():
    pair = Pair(text_like(300, 200))
    pair.settle()
    pair.encoder.note([(0, 0, 300, 200)])

    assert pair.encoder.pending(pair.now)
    assert pair.step() is None


def test_one_colour_is_filled_without_any_pixels():
    pair = Pair(np.full((200, 300, 4), 7, np.uint8))

    [update] = pair.settle()

    assert update.raw_pixels == 0
    assert ops.split(update.body) == ([ops.Fill(0, 0, 300, 200, b"\x07\x07\x07")], b"")
    assert update.last


def test_a_scroll_with_its_hint_is_a_copy_and_the_strip_it_revealed():
    pair = Pair(text_like(640, 480))
    pair.settle()
    twin.copy(pair.frame, (0, 22, 640, 458), 0, 0)
    pair.frame[458:] = text_like(640, 22, 9)
    pair.encoder.note([(0, 458, 640, 22)], [(0, 22, 640, 458, 0, 0)])

    [update] = pair.settle()

    found, _ = ops.split(update.body)
    assert found[0] == ops.Copy(0, 22, 640, 458, 0, 0)
    assert update.raw_pixels <= 640 * 22


def test_three_scrolls_between_two_looks_are_three_copies():
    pair = Pair(text_like(640, 480))
    pair.settle()
    for seed in (5, 6, 7):
        twin.copy(pair.frame, (0, 22, 640, 458), 0, 0)
        pair.frame[458:] = text_like(640, 22, seed)
        pair.encoder.note([(0, 458, 640, 22)], [(0, 22, 640, 458, 0, 0)])

    updates = pair.settle()

    assert [type(op) for op in ops.split(updates[0].body)[0]][:3] == [ops.Copy] * 3
    assert sum(u.raw_pixels for u in updates) <= 640 * 66


def test_a_hint_that_would_not_help_is_not_used():
    pair = Pair(text_like(320, 240))
    pair.settle()
    pair.encoder.note([], [(0, 22, 320, 200, 0, 0)])

    assert pair.step() is None


def test_more_hints_than_are_worth_trying_are_only_damage():
    pair = Pair(text_like(320, 240))
    pair.settle()
    twin.copy(pair.frame, (0, 22, 320, 200), 0, 0)
    pair.encoder.note([], [(0, 22, 320, 200, 0, 0)] * (MOVES_MAX + 1))

    updates = pair.settle()

    assert sum(isinstance(op, ops.Copy) for u in updates for op in ops.split(u.body)[0]) <= 1  # found by search


@pytest.mark.parametrize("limit", [1300, 4096, 8000])
@pytest.mark.parametrize("kind", ["text", "noise"])
def test_units_keep_close_to_their_limit(limit, kind):
    rng = np.random.default_rng(3)
    frame = text_like(640, 480) if kind == "text" else rng.integers(0, 256, (240, 320, 4)).astype(np.uint8)
    pair = Pair(frame)

    sizes = [len(update.body) for update in pair.settle(limit)]

    assert max(sizes) <= limit * 4.5  # the first guess, over content it knows nothing of
    assert max(sizes[3:]) <= limit * 1.5
    assert sum(sizes[:-1]) / len(sizes[:-1]) >= limit * 0.6


def test_only_the_end_of_a_pass_is_last():
    updates = Pair(text_like(1280, 720)).settle(2000)

    assert [u.last for u in updates] == [False] * (len(updates) - 1) + [True]


def test_what_is_near_comes_first_and_small_before_large():
    pair = Pair(np.zeros((640, 1280, 4), np.uint8))
    pair.settle()
    rng = np.random.default_rng(2)
    places = {"large": (0, 0, 400, 300), "small": (900, 0, 20, 20), "here": (640, 520, 60, 60)}
    for x, y, w, h in places.values():
        pair.frame[y : y + h, x : x + w] = rng.integers(0, 256, (h, w, 4))
        pair.encoder.note([(x, y, w, h)])

    first, second = pair.step(300, near=(660, 540)), None
    while pair.client.frame[579, 699, 0] != pair.frame[579, 699, 0]:
        second = pair.step(300, near=(660, 540))
    after = pair.step(300, near=(660, 540))

    assert first is not None
    assert second is not None
    assert {(op.x // 64 * 64, op.y // 64 * 64) for op in ops.split(first.body)[0]} == {(640, 512)}
    assert {op.x >= 896 for op in ops.split(after.body)[0]} == {True}


def test_a_small_area_that_never_rests_does_not_starve_a_large_one():
    pair = Pair(np.zeros((640, 1280, 4), np.uint8))
    pair.settle()
    rng = np.random.default_rng(2)
    pair.frame[0:300, 0:600] = rng.integers(0, 256, (300, 600, 4))
    pair.encoder.note([(0, 0, 600, 300)])

    for _ in range(600 * 300 * 3 // 2000):
        pair.frame[600:620, 1200:1220] = rng.integers(0, 256, (20, 20, 4))
        pair.encoder.note([(1200, 600, 20, 20)])
        pair.step(4000)

    assert np.array_equal(pair.client.frame[:300, :600, :3], pair.frame[:300, :600, :3])


@pytest.fixture
def busy():
    """In the middle of sending something large at the left top."""
    pair = Pair(np.zeros((640, 1280, 4), np.uint8))
    pair.settle()
    scribble(pair, 0, 0, 600, 300)
    pair.step(2000)
    return pair


def scribble(pair, x, y, w, h, now=0.0):  # noqa: PLR0917
    noise = np.random.default_rng(int(now * 1000) + x).bytes(w * h * 4)
    pair.frame[y : y + h, x : x + w] = np.frombuffer(noise, np.uint8).reshape(h, w, 4)
    pair.encoder.note([(x, y, w, h)], now=now)


def pixels_of(update):
    return [(op.x, op.y, op.w, op.h) for op in ops.split(update.body)[0] if isinstance(op, ops.Pix)]


def test_an_answer_is_fresh_small_damage_and_nothing_else(busy):
    scribble(busy, 1200, 600, 20, 20)

    update = busy.answer(near=None)

    assert pixels_of(update) == [(1200, 600, 20, 20)]
    assert update.last
    assert busy.answer(near=None) is None
    busy.settle()


def test_without_fresh_damage_there_is_no_answer(busy):
    assert busy.answer(near=(0, 0)) is None
    assert busy.encoder.pending(busy.now)


def test_an_answer_that_did_not_fit_goes_on_before_everything_else(busy):
    scribble(busy, 1200, 560, 60, 60)

    first, second = busy.answer(limit=2000, near=None), busy.step(2000)

    assert not first.last
    assert {x >= 1200 for x, _, _, _ in pixels_of(first) + pixels_of(second)} == {True}


def test_of_large_fresh_damage_only_what_is_near_is_an_answer(busy):
    scribble(busy, 640, 0, 640, 640)

    update = busy.answer(limit=100_000, near=(1000, 320))

    assert pixels_of(update)
    assert all(abs(x + w / 2 - 1000) < 256 and abs(y + h / 2 - 320) < 256 for x, y, w, h in pixels_of(update))
    busy.settle(100_000)


def test_a_scroll_that_answers_is_a_copy():
    pair = Pair(text_like(640, 480))
    pair.settle()
    twin.copy(pair.frame, (0, 22, 640, 458), 0, 0)
    pair.frame[458:] = text_like(640, 22, 9)
    pair.encoder.note([(0, 0, 640, 480)])

    update = pair.answer(limit=100_000, near=(320, 240))

    assert ops.Copy in {type(op) for op in ops.split(update.body)[0]}
    assert update.raw_pixels <= 640 * 64


def film(pair, seconds, *, until=0.0):
    """A moving picture of 25 frames a second at the left top, looked at as often as it changes."""
    for frame in range(int(seconds * 25)):
        scribble(pair, 0, 0, 600, 300, now=until + frame / 25)
        pair.step(4000)
    return until + seconds


def test_what_a_film_touches_is_answered_without_the_film():
    pair = Pair(np.zeros((640, 1280, 4), np.uint8))
    pair.settle()
    now = film(pair, 2)
    scribble(pair, 640, 320, 20, 20, now=now)  # its tile touches the film's

    update = pair.answer(near=(300, 150))

    assert pixels_of(update) == [(640, 320, 20, 20)]


def test_other_damage_goes_before_the_rest_of_a_film():
    pair = Pair(np.zeros((640, 1280, 4), np.uint8))
    pair.settle()
    now = film(pair, 2)
    scribble(pair, 640, 320, 640, 320, now=now)
    scribble(pair, 0, 0, 600, 300, now=now + 0.04)

    places = []
    while not np.array_equal(pair.client.frame[320:, 640:, :3], pair.frame[320:, 640:, :3]):
        places += pixels_of(pair.step(8000))

    assert {x >= 640 for x, _, _, _ in places} == {True}
    pair.settle()


def test_a_film_that_stops_is_shown_to_its_last_pixel():
    pair = Pair(np.zeros((640, 1280, 4), np.uint8))
    pair.settle()

    film(pair, 2)

    pair.settle()


def test_what_scrolls_faster_than_the_line_carries_is_shown_as_it_once_was():
    page = text_like(640, 4000, seed=3)
    pair = Pair(page[:480].copy())
    pair.settle()
    past, shown, copies = [], [], 0

    for step in range(1, 120):
        pair.frame[:] = page[step * 8 : step * 8 + 480]
        past.append(pair.frame[:, :, :3].copy())
        pair.encoder.note([(0, 0, 640, 480)], now=step / 30)
        update = pair.step(1800)
        if update is not None and step > 30:
            copies += sum(isinstance(op, ops.Copy) for op in ops.split(update.body)[0])
            if update.last:
                shown.append(any(np.array_equal(pair.client.frame[:, :, :3], picture) for picture in past))

    assert len(shown) > 10
    assert all(shown)
    assert copies >= len(shown)
    pair.settle()


def test_two_films_take_turns():
    pair = Pair(np.zeros((640, 1280, 4), np.uint8))
    pair.settle()
    shown = {0: 0, 640: 0}
    for frame in range(200):
        for x in shown:
            scribble(pair, x, 0, 120, 120, now=frame / 25)
        for x in {x // 640 * 640 for x, _, _, _ in pixels_of(pair.step(8000))}:
            shown[x] += 1

    assert min(shown.values()) > 0.3 * max(shown.values())


def test_a_region_that_changes_before_its_turn_is_sent_once():
    pair = Pair(text_like(640, 480))
    pair.settle()
    for seed in range(20):
        pair.frame[100:140] = text_like(640, 40, seed)
        pair.encoder.note([(0, 100, 640, 40)])

    updates = pair.settle(100_000)

    assert sum(u.raw_pixels for u in updates) <= 640 * 40


def test_a_frame_that_changes_while_it_is_encoded_is_repaired_by_the_damage_noted_afterwards(monkeypatch):
    pair = Pair(text_like(640, 480))
    pair.settle()
    pair.frame[0:64, 0:64] = text_like(64, 64, 4)
    pair.encoder.note([(0, 0, 64, 64)])
    real = module.tiles.pack

    def pack_then_change(frame, box):
        part = real(frame, box)
        frame[10:30, 10:30, :3] ^= 255
        return part

    monkeypatch.setattr(module.tiles, "pack", pack_then_change)
    pair.step(100_000)
    monkeypatch.undo()
    pair.encoder.note([(10, 10, 20, 20)])

    pair.settle()


def test_damage_noted_in_the_middle_of_an_encode_is_kept(monkeypatch):
    pair = Pair(text_like(640, 480))
    pair.settle()
    pair.encoder.note([(0, 0, 64, 64)])
    real = module.tiles.diff

    def diff_while_noting(frame, shadow, touched):
        monkeypatch.setattr(module.tiles, "diff", real)
        found = real(frame, shadow, touched)
        pair.encoder.note([(300, 300, 10, 10)], [(0, 0, 10, 10, 300, 300)])
        return found

    monkeypatch.setattr(module.tiles, "diff", diff_while_noting)
    pair.step()

    assert pair.encoder.pending(pair.now)
    pair.settle()


def test_a_frame_of_another_size_is_a_programming_mistake():
    pair = Pair(text_like(64, 64))

    with pytest.raises(ValueError, match="shadow"):
        pair.encoder.encode(text_like(65, 64), limit=1000, now=0)
    with pytest.raises(ValueError, match="framebuffer"):
        pair.encoder.resize(0, 5)


def names(update):
    return {type(op).__name__ for op in ops.split(update.body)[0]}


def test_a_client_of_the_first_days_gets_only_what_it_knows():
    pair = Pair(text_like(640, 480))
    seen = set()

    for seed in (1, 2, 1):
        pair.frame[:] = text_like(640, 480, seed)
        pair.encoder.note([(0, 0, 640, 480)])
        seen |= set().union(*map(names, pair.settle(crisp=0)))

    assert seen <= {"Copy", "Fill", "Pix"}


def test_a_client_of_today_shows_what_a_server_of_the_first_days_sends():
    pair = Pair(text_like(640, 480), OLD)
    pair.client = Client(tiles=4096)
    pair.tell_size()

    pair.settle()


def test_another_client_gets_what_it_takes():
    pair = Pair(text_like(640, 480), NEW)
    pair.step(crisp=0)

    pair.encoder.reset(OLD)
    pair.client, pair.reset_next = Client(), True
    pair.tell_size()
    updates = pair.settle(crisp=0)

    assert set().union(*map(names, updates)) <= {"Fill", "Pix"}


def test_going_back_to_a_window_costs_a_few_bytes():
    pair = Pair(text_like(640, 448), Caps(tiles=200))
    pair.settle()
    first = {}
    for seed in (2, 1):
        pair.frame[:] = text_like(640, 448, seed)
        pair.encoder.note([(0, 0, 640, 448)])
        first[seed] = pair.settle()

    assert sum(len(u.body) for u in first[1]) <= 100
    assert sum(len(u.body) for u in first[2]) >= 5000
    assert [u.raw_pixels for u in first[1]] == [0]


def test_a_tile_that_never_rests_is_not_remembered():
    pair = Pair(text_like(64, 64), NEW)
    pair.settle()

    seen = []
    for seed in range(3, 9):
        pair.frame[:] = text_like(64, 64, seed)
        pair.encoder.note([(0, 0, 64, 64)])
        seen.append(names(pair.step(100_000)))
        pair.now -= 0.95

    assert seen == [{"Store", "Pix"}] + [{"Pix"}] * 5


def test_a_large_change_on_a_slow_line_is_readable_first_and_exact_after():
    pair = Pair(coloured_text(640, 448), NEW)

    updates = pair.settle(crisp=1000)
    kinds = [u.lossy for u in updates]
    readable = kinds.index(False)

    assert not any(kinds[readable:])
    assert updates[readable - 1].last
    assert 4 * sum(len(u.body) for u in updates[:readable]) < sum(len(u.body) for u in updates[readable:]) * 3


def coloured_text(w, h):
    """Text with the colour fringes of sub-pixel rendering."""
    frame = text_like(w, h)
    rng = np.random.default_rng(1)
    fringe = (frame[:, :, 0] == 0) & (rng.random((h, w)) < 0.7)
    frame[fringe, :3] = rng.integers(0, 180, (int(fringe.sum()), 3))
    return frame


def test_a_change_the_line_carries_at_once_is_exact_at_once():
    pair = Pair(coloured_text(640, 448), NEW)

    assert not any(u.lossy for u in pair.settle(crisp=10**6))


def mixed():
    frame = coloured_text(1280, 448)
    frame[:, 640:] = photograph(640, 448)
    return frame


@pytest.mark.skipif(not module.tiles.NATIVE, reason="the extension was not built")
def test_a_photograph_comes_as_an_image_and_text_never_does():
    pair = Pair(mixed(), NEW)

    updates = pair.settle(crisp=1000)
    images = [op for u in updates for op in ops.split(u.body)[0] if isinstance(op, ops.Image)]
    ramps = [op for u in updates for op in ops.split(u.body)[0] if isinstance(op, ops.Ramp)]

    assert sum(op.w * op.h for op in images) >= 0.9 * 640 * 448
    assert min(op.x for op in images) >= 640
    assert max(op.x for op in ramps) < 640


@pytest.mark.parametrize("caps", [Caps(ramp=True), Caps(jpeg=True), OLD], ids=["ramp only", "JPEG only", "neither"])
def test_a_client_without_images_gets_none(caps):
    pair = Pair(mixed(), caps)

    assert not any("Image" in names(u) for u in pair.settle(crisp=1000))


def test_fresh_damage_comes_before_refinement():
    pair = Pair(coloured_text(1280, 448), NEW)
    while (update := pair.step(crisp=1000)).lossy:
        pass
    assert pair.encoder._lossy
    assert update.last  # what is refined is shown as it comes

    pair.frame[3:20, 3:20, :3] = 77
    pair.encoder.note([(3, 3, 17, 17)])
    update = pair.step(crisp=1000)

    assert (pair.client.frame[3:20, 3:20, :3] == 77).all()
    assert pair.encoder.pending(pair.now)
    pair.settle()


def test_what_is_near_is_refined_first():
    pair = Pair(coloured_text(1280, 448), NEW)
    while pair.step(near=(650, 200), crisp=0).lossy or pair.encoder._passes.waiting:
        pass

    boxes = list(pair.encoder._lossy.in_order((650, 200)))

    assert boxes
    middle = np.s_[192:256, 640:704, :3]
    assert np.array_equal(pair.client.frame[middle], pair.frame[middle])
    pair.settle()


def test_lossy_pixels_that_were_copied_are_refined_where_they_went():
    pair = Pair(coloured_text(640, 448), NEW)
    while not pair.step(crisp=0).last:
        pass
    assert list(pair.encoder._lossy.in_order(None))

    twin.copy(pair.frame, (0, 22, 640, 426), 0, 0)
    pair.encoder.note([(0, 426, 640, 22)], [(0, 22, 640, 426, 0, 0)])
    first = pair.step(crisp=10**6)

    assert "Copy" in names(first)
    pair.settle()

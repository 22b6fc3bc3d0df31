import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pixels.pictures import noise_in_x, paint, photograph, picture

from sudare.pixels import moves, ops, ramp, tiles, twin
from sudare.pixels.decoder import RESET, RESIZE, UPDATE, Client
from sudare.pixels.encoder import Encoder
from sudare.pixels.mark import SIDE_MAX, Marked, Pattern, bared
from sudare.pixels.ops import Caps

seeds = st.integers(0, 2**32 - 1)


def pattern(w=37, h=23, seed=1):
    """Strokes in an odd size, so that nothing fits by chance."""
    rng = np.random.default_rng(seed)
    return Pattern(w, h, (rng.random((h, w)) < 0.3).astype(np.uint8).tobytes())


def covers(place):
    """What of each pixel's place is covered; `place` is (rows, columns) of the pattern."""
    strokes = pattern()
    rows, columns = place
    return np.frombuffer(strokes.cover, np.uint8).reshape(strokes.h, strokes.w)[rows % strokes.h, columns % strokes.w]


def blend(clean, covered):
    """What a person is to see, said another way than the product says it."""
    bgr = clean[:, :, :3].astype(int)
    return np.where(covered[:, :, None] != 0, np.where(bgr < 128, bgr + 23, bgr - 23), bgr).astype(np.uint8)


class Places:
    """Where each pixel is in the pattern: followed move by move."""

    def __init__(self, w, h):
        self.rows, self.columns = np.mgrid[0:h, 0:w]

    def follow(self, move):
        sx, sy, w, h, dx, dy = move
        for plane in (self.rows, self.columns):
            plane[dy : dy + h, dx : dx + w] = plane[sy : sy + h, sx : sx + w].copy()
        if sx == dx and 0 < abs(sy - dy) < h:
            span = range(dy + h, sy + h) if sy > dy else range(dy - 1, sy - 1, -1)
            for row in span:
                beside = row - 1 if sy > dy else row + 1
                self.rows[row, dx : dx + w] = self.rows[beside, dx : dx + w] + row - beside
                self.columns[row, dx : dx + w] = self.columns[beside, dx : dx + w]
        elif sy == dy and 0 < abs(sx - dx) < w:
            span = range(dx + w, sx + w) if sx > dx else range(dx - 1, sx - 1, -1)
            for column in span:
                beside = column - 1 if sx > dx else column + 1
                self.columns[dy : dy + h, column] = self.columns[dy : dy + h, beside] + column - beside
                self.rows[dy : dy + h, column] = self.rows[dy : dy + h, beside]


class Chain:
    """Source, stage, encoder and reference client; a second goes by between two units."""

    def __init__(self, source, caps):
        self.source = source
        self.caps = caps
        h, w = source.shape[:2]
        self.stage = Marked(pattern(), w, h)
        self.encoder = Encoder(w, h, caps=caps, marked=True)
        self.places = Places(w, h)
        self.client = Client(caps.tiles)
        self.now = 0.0
        self.reset_next = True
        self.noted = []
        self.hints = []
        self.tell_size()

    def tell_size(self):
        h, w = self.source.shape[:2]
        self.apply(RESIZE, ops.Writer().varint(w).varint(h).done())
        self.noted.append((0, 0, w, h))

    def apply(self, kind, body):
        self.client.apply(kind, RESET if self.reset_next else 0, body)
        self.reset_next = False

    def resize(self, source):
        self.source = source
        h, w = source.shape[:2]
        self.stage.resize(w, h)
        self.encoder.resize(w, h)
        self.places = Places(w, h)
        self.noted, self.hints = [], []
        self.tell_size()

    def look(self):
        """The stage takes what changed; the marked plane is what it should be, and the encoder is told."""
        before = self.stage.frame.copy()
        look = self.stage.look(self.source, self.noted, self.hints)
        self.noted, self.hints = [], []
        for move in look.moves:
            self.places.follow(move)
        covered = covers((self.places.rows, self.places.columns))
        assert np.array_equal(self.stage.frame[:, :, :3], blend(self.source, covered))
        assert np.array_equal(self.stage.frame[:, :, 3] != 0, covered != 0)
        for move in look.moves:
            twin.copy(before, move[:4], *move[4:])
        # Of several moves at once the encoder looks at wherever one of them leads to.
        for x, y, w, h in (*look.boxes, *(moves.targets(look.moves) if len(look.moves) > 1 else ())):
            before[y : y + h, x : x + w] = self.stage.frame[y : y + h, x : x + w]
        assert np.array_equal(before, self.stage.frame)  # boxes and moves say all that became different
        self.encoder.note(look.boxes, look.moves, now=self.now)
        return look

    def send(self, limit=8000, crisp=None):
        """One unit; the areas of it that were drawn show nothing that is not marked."""
        self.now += 1
        update = self.encoder.encode(self.stage.frame, limit=limit, now=self.now, crisp=crisp)
        if update is None:
            return None
        self.apply(UPDATE, update.body)
        drawn = np.zeros(self.source.shape[:2], bool)
        for op in ops.split(update.body)[0]:
            for x, y, w, h in areas(op, self.encoder):
                drawn[y : y + h, x : x + w] = not isinstance(op, ops.Copy)
        bare = (self.client.frame[:, :, :3] == self.source[:, :, :3]).all(axis=2)
        covered = covers((self.places.rows, self.places.columns)) != 0
        # What moves may be sent as it was a moment ago; there is nothing to compare that with here.
        assert self.encoder._passes._moving.still is not None or not (bare & covered & drawn).any()
        return update

    def settle(self, limit=8000, crisp=None):
        self.look()
        sent = []
        while (update := self.send(limit, crisp)) is not None:
            sent.append(update)
        assert np.array_equal(self.client.frame[:, :, :3], self.stage.frame[:, :, :3])
        return sent


def areas(op, encoder):
    match op:
        case ops.Store():
            return []
        case ops.Cache():
            return [encoder._grid.box(tile) for tile in range(op.tile, op.tile + op.count)]
        case ops.Copy():
            return [(op.dx, op.dy, op.w, op.h)]
        case _:
            return [(op.x, op.y, op.w, op.h)]


steps = st.lists(
    st.tuples(
        st.sampled_from(["paint", "paint", "scroll", "scroll", "move", "lie", "reset", "resize", "look", "send", "send",
                         "photo", "away", "outside"]),
        seeds,
    ),
    max_size=14,
)  # fmt: skip
caps = st.builds(Caps, tiles=st.sampled_from([0, 3, 40]), ramp=st.booleans(), jpeg=st.booleans())


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 200), st.integers(1, 200), seeds, steps, caps)
def test_whatever_happens_the_client_ends_with_the_marked_picture_and_the_mark_is_where_it_belongs(
    w, h, seed, script, taken
):
    chain = Chain(picture(w, h, seed), taken)
    chain.look()

    for what, number in script:
        play(chain, what, np.random.default_rng(number))

    rng = np.random.default_rng(seed)
    chain.settle(limit=int(rng.choice([300, 2000, 100_000])), crisp=int(rng.choice([0, 2000])))


def play(chain, what, rng):  # noqa: C901 - one arm a step
    source = chain.source
    h, w = source.shape[:2]
    if what == "paint":
        chain.noted.append(paint(source, rng))
    elif what in {"scroll", "move"}:
        sw, sh = int(rng.integers(1, w + 1)), int(rng.integers(1, h + 1))
        sx, dx = (int(v) for v in rng.integers(0, w - sw + 1, 2))
        sy, dy = (int(v) for v in rng.integers(0, h - sh + 1, 2))
        if what == "scroll":
            sx, sy = (dx, sy) if rng.integers(0, 2) else (sx, dy)
        twin.copy(source, (sx, sy, sw, sh), dx, dy)
        chain.hints.append((sx, sy, sw, sh, dx, dy))
    elif what == "lie":
        chain.hints.append(tuple(int(v) for v in rng.integers(-2, max(w, h) + 2, 6)))
    elif what == "reset":
        chain.encoder.reset()
        chain.reset_next = True
    elif what == "resize":
        chain.resize(picture(int(rng.integers(1, 150)), int(rng.integers(1, 150)), int(rng.integers(0, 2**32))))
        chain.look()
    elif what == "look":
        chain.look()
    elif what == "send":
        chain.look()
        chain.send(int(rng.choice([1, 300, 3000, 100_000])), crisp=int(rng.choice([0, 0, 500, 10**6])))
    elif what == "photo":
        source[h // 3 :, w // 3 :] = photograph(w, h, int(rng.integers(0, 9)))[h // 3 :, w // 3 :]
        chain.noted.append((w // 3, h // 3, w, h))
    elif what == "away":
        source[:] = picture(w, h, int(rng.integers(0, 3)))
        chain.noted.append((0, 0, w, h))
    elif what == "outside":
        chain.noted += [(-50, -50, 40, 40), (w, h, 10, 10), (0, 0, -3, 5), (-5, -5, 10**6, 10**6)]
    noise_in_x(chain.source, rng)


def page(w=400, h=300, first=0):
    """Lines of text-like dots on white, each unlike the others."""
    frame = np.full((h, w, 4), 255, np.uint8)
    for top in range(0, h, 15):
        dots = np.random.default_rng((top + first) // 15).random((10, w - 40)) < 0.3
        frame[top + 2 : top + 12, 20:-20, :3][dots[: max(0, h - top - 2)]] = 30
    return frame


@pytest.mark.parametrize("hinted", [True, False])
def test_a_scrolled_text_keeps_its_mark_and_costs_a_move_and_its_new_lines(hinted):
    chain = Chain(page(), Caps())
    first = sum(len(update.body) for update in chain.settle())
    chain.source[:] = page(first=45)
    if hinted:
        chain.hints.append((0, 45, 400, 255, 0, 0))
        chain.noted.append((0, 255, 400, 45))
    else:
        chain.noted.append((0, 0, 400, 300))

    sent = chain.settle()

    copy = ops.split(sent[0].body)[0][0]
    assert isinstance(copy, ops.Copy)
    assert (copy.sx - copy.dx, copy.sy - copy.dy) == (0, 45)
    assert sum(len(update.body) for update in sent) < first / 3
    inner = np.s_[10:290, 30:370]  # of both the old lines and the new ones
    wanted = blend(page(first=45), covers(np.mgrid[45:345, 0:400]))
    assert np.array_equal(chain.stage.frame[inner][:, :, :3], wanted[inner])


def test_a_window_that_comes_back_where_text_was_scrolled_is_still_remembered():
    chain = Chain(page(), Caps(tiles=200))
    first = sum(len(update.body) for update in chain.settle())
    chain.source[:] = page(first=45)
    chain.hints.append((0, 45, 400, 255, 0, 0))
    chain.noted.append((0, 255, 400, 45))
    chain.settle()
    chain.now += 1

    chain.source[:] = page(first=900)
    chain.noted.append((0, 0, 400, 300))
    chain.settle()
    chain.source[:] = page(first=45)
    chain.noted.append((0, 0, 400, 300))
    back = chain.settle()

    assert sum(len(update.body) for update in back) < first / 10
    assert chain.places.rows[0, 0] == 45


def test_a_mark_nobody_moved_changes_nothing_and_says_nothing():
    chain = Chain(page(), Caps())
    chain.settle()
    chain.noted.append((0, 0, 400, 300))

    look = chain.look()

    assert (look.boxes, look.moves) == ([], [])
    assert chain.send() is None


@pytest.mark.parametrize("background", [(255, 255, 255), (0, 0, 0), (200, 80, 30), (128, 128, 128), (0, 255, 255)])
def test_in_ramp_pixels_no_covered_pixel_looks_as_it_did(background):
    source = page()
    paper = (source[:, :, 0] == 255)[:, :, None]
    source[:, :, :3] = np.where(paper, np.array(background, np.uint8), 255 - np.array(background, np.uint8) // 2)
    stage = Marked(pattern(), 400, 300)
    stage.look(source, [(0, 0, 400, 300)], [])
    bare = kept = 0

    for y in range(0, 300, 64):
        for x in range(0, 400, 64):
            w, h = min(64, 400 - x), min(64, 300 - y)
            part = np.s_[y : y + h, x : x + w]
            for marked in (False, True):
                shown = np.zeros((h, w, 3), np.uint8)
                ramp.draw(shown, tiles.ramp(stage.frame, (x, y, w, h), marked=marked))
                same = (shown == source[part][:, :, :3]).all(axis=2) & (stage.frame[part][:, :, 3] != 0)
                bare, kept = bare + (same.sum() if not marked else 0), kept + (same.sum() if marked else 0)

    assert kept == 0
    assert bare > 0  # it would have been, had nobody seen to it


def test_what_an_image_shows_as_it_was_is_found_in_runs():
    source = photograph(64, 40)
    stage = Marked(pattern(), 64, 40)
    stage.look(source, [(0, 0, 64, 40)], [])
    shown = stage.frame[10:40, 5:60].copy()
    shown[3, 2:20] = source[13, 7:25]
    shown[20, 50] = source[30, 55]
    covered = stage.frame[:, :, 3] != 0
    wanted = {(x, 13) for x in range(7, 25) if covered[13, x]} | ({(55, 30)} if covered[30, 55] else set())

    found = bared(stage.frame, (5, 10, 55, 30), shown)

    assert {(x + i, y) for x, y, w, _ in found for i in range(w)} == wanted
    assert len(found) < len(wanted)


def test_a_photograph_sent_as_an_image_is_marked_everywhere():
    taken = Caps(ramp=True, jpeg=True)
    drawn_over = 0

    for seed in range(6):
        chain = Chain(photograph(256, 192, seed), taken)
        kinds = [[type(op) for op in ops.split(update.body)[0]] for update in chain.settle(limit=100_000, crisp=0)]
        assert ops.Image in kinds[0] or not tiles.NATIVE
        drawn_over += kinds[0].count(ops.Pix)

    assert drawn_over or not tiles.NATIVE  # among 300,000 pixels some come out as they were, by chance


@pytest.mark.parametrize(
    ("w", "h", "strokes"), [(0, 1, b""), (1, 0, b""), (2, 2, b"\1\0\1"), (2, 1, b"\0\0"), (SIDE_MAX + 1, 1, b"\1")]
)
def test_a_pattern_that_cannot_mark_is_refused(w, h, strokes):
    with pytest.raises(ValueError, match="pattern"):
        Pattern(w, h, strokes * (w if w > SIDE_MAX else 1))


def test_a_source_of_another_size_is_refused():
    stage = Marked(pattern(), 20, 10)

    with pytest.raises(ValueError, match="source"):
        stage.look(picture(10, 20, 1), [], [])
    with pytest.raises(ValueError, match="framebuffer"):
        stage.resize(0, 5)

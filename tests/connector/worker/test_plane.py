"""What leaves a session that has to be marked: all a browser is sent, held against the office PC's own picture."""

import numpy as np
import pytest
from tests.connector.worker.test_loop import Office
from tests.pixels.pictures import photograph
from tests.support.lines import tabs
from tests.support.source import ARROW

from sudare.connector.worker.plane import Plane
from sudare.pixels import ops, tiles
from sudare.pixels.decoder import Client
from sudare.pixels.grid import Grid
from sudare.pixels.mark import Pattern
from sudare.pixels.ops import Caps
from sudare.wire.screen import inputs as i
from sudare.wire.screen import records as r

pytestmark = pytest.mark.anyio
ALL = Caps(tiles=200, ramp=True, jpeg=True)
STROKES = (np.random.default_rng(3).random((41, 53)) < 0.2).astype(np.uint8)
MARK = Pattern(53, 41, STROKES.tobytes())
W, H = 640, 480


def covered(w, h, down=0):
    """Where the mark is on a screen whose content was scrolled up by `down`."""
    rows, columns = np.mgrid[down : h + down, 0:w]
    return STROKES[rows % 41, columns % 53] != 0


def marked(picture, down=0):
    """The picture as it is to be seen."""
    bgr = picture[:, :, :3].astype(int)
    there = covered(picture.shape[1], picture.shape[0], down)
    return np.where(there[:, :, None], np.where(bgr < 128, bgr + 23, bgr - 23), bgr).astype(np.uint8)


class Witness(Client):
    """A browser that holds every area it is sent against what the PC shows at that moment."""

    def __init__(self, caps, pc):
        super().__init__(caps.tiles)
        self._pc = pc
        self.kinds, self.bare, self.seen = set(), 0, 0

    def update(self, body):
        super().update(body)
        sent = ops.split(body)[0]
        self.kinds |= {type(op) for op in sent}
        truth = self._pc.picture
        h, w = truth.shape[:2]
        drawn = np.zeros((h, w), bool)
        for op in sent:
            if isinstance(op, ops.Copy):  # of what was sent before
                drawn[op.dy : op.dy + op.h, op.dx : op.dx + op.w] = False
            elif isinstance(op, ops.Cache):
                for tile in range(op.tile, op.tile + op.count):
                    x, y, bw, bh = Grid(w, h).box(tile)
                    drawn[y : y + bh, x : x + bw] = True
            elif not isinstance(op, ops.Store):
                drawn[op.y : op.y + op.h, op.x : op.x + op.w] = True
        checked = drawn & covered(w, h)
        self.seen += int(checked.sum())
        self.bare += int((checked & (self.frame[:, :, :3] == truth[:, :, :3]).all(axis=2)).sum())


def page(w=W, h=H, first=0, ink=30):
    """Lines of text-like dots on white from edge to edge, each line unlike the others."""
    frame = np.full((h, w, 4), 255, np.uint8)
    for top in range(0, h, 15):
        dots = np.random.default_rng((top + first) // 15).random((15, w)) < 0.25
        frame[top : top + 15, :, :3][dots[: h - top]] = ink
    return frame


@pytest.fixture
async def office():
    async with tabs() as tab:
        made = Office(tab, MARK)
        yield made
        made.loop.end("")
        for link in made.links:
            link.close()


async def witness(office, caps=ALL):
    browser = await office.joins(caps=caps)
    browser.client = Witness(caps, office.pc)
    return browser


async def settled(office, browser, down=0):
    """Until the browser shows the marked picture, bit for bit, and has nothing left to get."""

    def same():
        return np.array_equal(browser.client.frame[:, :, :3], marked(office.pc.picture, down))

    assert await browser.until(same)
    await browser.caught_up()
    assert same()


async def paint(office, browser, picture):
    await browser.caught_up()
    office.later(1)
    office.pc.paint(picture)


async def test_whatever_a_browser_is_sent_every_pixel_under_the_mark_differs_from_the_pcs(office):
    scene = page()
    scene[:256, 320:] = photograph(320, 256)  # in the first of it: what is not yet known to be fast gets ramps
    office.pc.paint(scene)
    office.pc.point(ARROW)
    office.loop.show(office.pc, resizes=True)

    browser = await witness(office)
    await settled(office, browser)
    assert {ops.Ramp, ops.Pix} <= browser.client.kinds  # readable first
    assert (ops.Image in browser.client.kinds) == tiles.NATIVE
    for other in (page(first=3000, ink=0), scene):
        await paint(office, browser, other)
        await settled(office, browser)
    assert ops.Cache in browser.client.kinds
    browser.send(i.Resync())
    assert await browser.until(lambda: sum(bool(record.flags & r.Flag.RESET) for record in browser.records) == 2)
    await settled(office, browser)
    office.pc.become(500, 300)
    office.pc.paint(page(500, 300))
    await settled(office, browser)
    await paint(office, browser, np.full((300, 500, 4), 200, np.uint8))
    await settled(office, browser)

    assert browser.client.bare == 0
    assert browser.client.seen > 3 * covered(W, H).sum()


async def test_a_browser_of_the_first_days_that_comes_later_gets_only_marked_pixels_too(office):
    office.pc.paint(page())
    office.loop.show(office.pc, resizes=True)
    await settled(office, await witness(office))

    second = await witness(office, Caps())
    await settled(office, second)
    await paint(office, second, page(first=900))
    await settled(office, second)

    assert second.client.bare == 0
    assert second.client.seen > covered(W, H).sum()
    assert second.client.kinds <= {ops.Copy, ops.Fill, ops.Pix}


async def test_a_scrolled_page_moves_with_its_mark(office):
    office.pc.paint(page())
    office.loop.show(office.pc, resizes=True)
    browser = await witness(office, Caps())
    await settled(office, browser)
    said = len(browser.updates())

    await paint(office, browser, page(first=45))
    await settled(office, browser, down=45)

    sent = [record.body.body for record in browser.updates()]
    assert isinstance(ops.split(sent[said])[0][0], ops.Copy)
    assert sum(map(len, sent[said:])) < sum(map(len, sent[:said])) / 4


async def test_without_a_mark_the_same_witness_finds_the_pcs_own_pixels():
    async with tabs() as tab:
        office = Office(tab)
        office.pc.paint(page())
        office.loop.show(office.pc, resizes=True)
        browser = await witness(office)

        assert await browser.until(lambda: office.same(browser))

        assert browser.client.bare > covered(W, H).sum() / 2
        office.loop.end("")
        for link in office.links:
            link.close()


async def test_a_hidden_tab_that_looks_again_sees_only_marked_pixels(office):
    office.pc.paint(page())
    office.loop.show(office.pc, resizes=False)
    browser = await witness(office)
    await settled(office, browser)

    browser.send(i.View(W, H, 100, visible=False))
    await browser.caught_up()
    office.pc.paint(page(first=600))
    browser.send(i.View(W, H, 100, visible=True))
    await settled(office, browser)

    assert browser.client.bare == 0
    assert [record for record in browser.records if isinstance(record.body, r.Update)]


def test_a_plane_without_a_mark_is_the_source_itself():
    first, second = page(80, 60), page(50, 40)
    plane = Plane(first, None)

    assert plane.frame is first
    assert plane.look(first, [(1, 2, 3, 4)], [(0, 0, 5, 5, 6, 6)]) == ([(1, 2, 3, 4)], [(0, 0, 5, 5, 6, 6)])
    plane.resize(second)
    assert (plane.frame is second, plane.size) == (True, (50, 40))


def test_a_plane_under_a_mark_is_another_array_and_complete_from_the_first_look():
    first, second = page(80, 60), page(50, 40)

    plane = Plane(first, MARK)

    assert not np.shares_memory(plane.frame, first)
    assert np.array_equal(plane.frame[:, :, :3], marked(first))
    assert plane.look(first, [(0, 0, 80, 60)], []) == ([], [])
    plane.resize(second)
    assert plane.size == (50, 40)
    assert np.array_equal(plane.frame[:, :, :3], marked(second))

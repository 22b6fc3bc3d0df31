"""The screen loop between a PC of paper and browsers on real sockets; the clock moves only when a test moves it."""

import asyncio

import numpy as np
import pytest
from tests.support.lines import tabs
from tests.support.source import ARROW, PaintedSource, noise

from sudare.connector.worker.link import Link
from sudare.connector.worker.loop import ScreenLoop
from sudare.desktop.source import Cursor, Phase
from sudare.pixels.decoder import Client
from sudare.pixels.ops import Caps
from sudare.wire.screen import inputs as i
from sudare.wire.screen import records as r

pytestmark = pytest.mark.anyio
OLD, NEW = Caps(), Caps(tiles=200, ramp=True)
W, H = 640, 480
EVERYTHING = W * H * 3  # bytes of a picture nothing compresses
STARTUP = 16_000 + 8_000  # what may be on its way before anything is known of the line: the budget and one unit


class Office:
    """One session; its clock, its PC and the browsers that come to it."""

    def __init__(self, tab, mark=None):
        self.now = 1000.0
        self.ends, self.alone, self.links, self.figures = [], [], [], []
        self.news = asyncio.Event()
        self.loop = ScreenLoop(now=lambda: self.now, on_ended=self._over, on_figures=self.figures.append, mark=mark)
        self.pc = PaintedSource(W, H, self.loop.wake)
        self._tab = tab

    async def joins(self, *, may_input=True, acking=True, caps=OLD):
        """A browser comes."""
        browser = await self._tab()
        browser.acking = acking
        browser.client = Client(caps.tiles)
        _, link = await asyncio.get_running_loop().create_unix_connection(
            lambda: Link(browser.channel, on_message=self.loop.heard, on_lost=self._lost, on_room=self.loop.wake),
            sock=browser.sock,
        )
        self.links.append(link)
        self.loop.attach(link, caps, may_input=may_input)
        return browser

    def _lost(self, link):
        self.alone.append(self.loop.detached(link))
        self.news.set()

    def _over(self, code):
        self.ends.append(code)
        self.news.set()

    async def until(self, told):
        """Until the session told it, and what follows at once is done."""
        async with asyncio.timeout(20):
            while not told():
                await self.news.wait()
                self.news.clear()
        done = asyncio.Event()
        asyncio.get_running_loop().call_soon(done.set)
        await done.wait()

    async def shown(self, caps=OLD):
        """A browser that sees the PC and has nothing left to get."""
        self.loop.show(self.pc, resizes=True)
        browser = await self.joins(caps=caps)
        assert await browser.until(lambda: self.same(browser))
        await browser.caught_up()
        return browser

    def same(self, browser):
        return np.array_equal(browser.client.frame[:, :, :3], self.pc.picture[:, :, :3])

    def later(self, seconds):
        """Time passes, and whatever was due is done."""
        self.now += seconds
        self.loop.wake()

    @property
    def resting(self):
        """Whether nothing will happen by itself."""
        return self.loop._timer is None and not self.loop._woken


@pytest.fixture
async def office():
    async with tabs() as tab:
        made = Office(tab)
        yield made
        made.loop.end("")
        for link in made.links:
            link.close()


# -- a browser comes ----------------------------------------------------------


async def test_while_the_pc_is_being_reached_the_browser_is_told_so(office):
    browser = await office.joins()

    await browser.caught_up()

    assert browser.states == [r.State("connecting")]
    assert browser.records[0].flags & r.Flag.RESET


async def test_a_browser_gets_all_it_needs_from_nothing(office):
    office.pc.paint(noise())
    office.pc.point(ARROW)

    browser = await office.shown()

    kinds = [type(record.body) for record in browser.records if not isinstance(record.body, r.Line | r.Pong)]
    assert kinds[:3] == [r.State, r.Resize, r.CursorImage]
    assert set(kinds[3:]) == {r.Update}
    assert browser.states == [r.State("active")]
    assert [bool(record.flags & r.Flag.RESET) for record in browser.records[:2]] == [True, False]
    assert browser.updates()[-1].flags & r.Flag.LAST


async def test_a_picture_too_large_for_the_line_is_readable_first_and_exact_after(office):
    office.pc.paint(noise())

    browser = await office.shown(NEW)

    lossy = [bool(record.flags & r.Flag.LOSSY) for record in browser.updates()]
    assert lossy[0]
    assert not lossy[-1]


async def test_a_browser_that_takes_no_lossy_pixels_gets_none(office):
    office.pc.paint(noise())

    browser = await office.shown(OLD)

    assert not any(record.flags & r.Flag.LOSSY for record in browser.updates())


async def test_a_picture_shown_before_comes_back_for_a_few_bytes(office):
    office.pc.paint(noise())
    browser = await office.shown(NEW)
    for seed in (2, 1):
        office.later(1)
        said = len(browser.updates())
        office.pc.paint(noise(seed=seed))
        assert await browser.until(lambda: office.same(browser))
        await browser.caught_up()

    assert sum(len(record.body.body) for record in browser.updates()[said:]) <= 200


async def test_what_the_pc_paints_and_points_is_shown(office):
    browser = await office.shown()

    office.pc.paint(noise(90, 70, 2), 33, 44)
    office.pc.point(Cursor(0, 0, 0, 0, b""))

    assert await browser.until(lambda: office.same(browser) and r.CursorHidden() in [x.body for x in browser.records])


async def test_the_browser_follows_the_size_of_the_desktop(office):
    browser = await office.shown()

    office.pc.become(320, 200)
    office.pc.paint(noise(320, 200))

    assert await browser.until(lambda: office.same(browser))
    assert browser.client.frame.shape == (200, 320, 4)


async def test_at_rest_nothing_is_sent_and_nothing_runs(office):
    browser = await office.shown()
    said = len(browser.records)

    office.later(3600)
    await browser.caught_up()

    assert [type(record.body) for record in browser.records[said:]] == [r.Pong, r.Pong]
    assert office.resting


# -- flow ---------------------------------------------------------------------


async def test_encoded_pixels_are_never_queued_and_the_newest_state_wins(office):
    office.loop.show(office.pc, resizes=True)
    browser = await office.joins(acking=False)
    for seed in range(20):
        office.pc.paint(noise(seed=seed))
        await browser.caught_up()
    unheard = sum(len(record.body.body) for record in browser.updates())

    browser.acking = True
    browser.send(i.Ack(browser.newest()))
    assert await browser.until(lambda: office.same(browser))

    assert 0 < unheard <= STARTUP
    assert sum(len(record.body.body) for record in browser.updates()) < 1.5 * EVERYTHING


async def test_a_second_without_an_acknowledgement_stops_the_bulk(office):
    browser = await office.shown()
    browser.acking = False
    office.pc.paint(noise(8, 8, 1))
    await browser.caught_up()

    office.later(0.9)
    office.pc.paint(noise(8, 8, 2))
    await browser.caught_up()
    before = len(browser.updates())
    office.later(0.2)
    office.pc.paint(noise(8, 8, 3))
    await browser.caught_up()
    stopped = len(browser.updates())
    browser.acking = True
    browser.send(i.Ack(browser.newest()))

    assert await browser.until(lambda: office.same(browser))
    assert stopped == before
    assert len(browser.updates()) > stopped


async def test_after_four_seconds_without_an_acknowledgement_everything_begins_anew(office):
    browser = await office.shown()
    browser.acking = False
    office.pc.paint(noise(8, 8, 1))
    await browser.caught_up()
    office.later(3.9)
    await browser.caught_up()
    said = len(browser.records)

    office.later(0.2)
    await browser.caught_up()
    anew = [record for record in browser.records[said:] if not isinstance(record.body, r.Pong)]
    browser.acking = True
    browser.send(i.Ack(browser.newest()))

    assert anew[0].flags & r.Flag.RESET
    assert await browser.until(lambda: office.same(browser))


async def test_a_browser_that_lost_its_place_gets_everything_anew(office):
    office.pc.point(ARROW)
    browser = await office.shown()
    browser.client.frame[:] = 7
    said = len(browser.records)

    browser.send(i.Resync())

    assert await browser.until(lambda: office.same(browser))
    assert browser.records[said].flags & r.Flag.RESET
    assert {r.Resize, r.CursorImage} <= {type(record.body) for record in browser.records[said:]}


async def test_a_browser_that_does_not_keep_up_holds_the_pc(office):
    browser = await office.shown()
    browser.acking = False
    office.pc.paint(noise(8, 8, 1))
    await browser.caught_up()
    assert not office.pc.held

    office.later(1.1)
    await browser.caught_up()
    held = office.pc.held
    office.pc.paint(noise(seed=2))
    browser.acking = True
    browser.send(i.Ack(browser.newest()))

    assert await browser.until(lambda: office.same(browser))
    assert held
    assert not office.pc.held


async def test_the_answer_to_a_key_overtakes_a_large_picture(office):
    browser = await office.shown()
    browser.acking = False
    office.pc.paint(noise(seed=2)[100:])
    await browser.caught_up()
    stuck = len(browser.updates())

    browser.send(i.Pointer(1, 600, 470, 0), i.Key(2, down=True, extended=False, scancode=30, keysym=97))
    await browser.caught_up()
    office.pc.paint(noise(6, 6, 3), 597, 467)
    await browser.caught_up()

    answer = [record for record in browser.updates()[stuck:] if record.flags & r.Flag.EXPRESS]
    assert [record.in_seq for record in answer][:1] == [2]
    there = np.s_[467:473, 597:603, :3]
    assert np.array_equal(browser.client.frame[there], office.pc.frame[there])
    assert not office.same(browser)


async def test_a_key_long_ago_gives_no_right_to_overtake(office):
    browser = await office.shown()
    browser.send(i.Key(1, down=True, extended=False, scancode=30, keysym=97))
    await browser.caught_up()
    before = len(browser.updates())

    office.later(0.3)
    office.pc.paint(noise(6, 6, 3))

    assert await browser.until(lambda: office.same(browser))
    assert not [record for record in browser.updates()[before:] if record.flags & r.Flag.EXPRESS]


# -- a tab nobody looks at ----------------------------------------------------


async def test_a_hidden_tab_is_sent_nothing_and_shows_the_newest_when_it_is_seen_again(office):
    browser = await office.shown()
    browser.send(i.View(W, H, 100, visible=False))
    await browser.caught_up()
    said = len(browser.records)

    office.pc.paint(noise(seed=2))
    office.pc.point(ARROW)
    office.later(60)
    await browser.caught_up()
    meanwhile = [type(record.body) for record in browser.records[said:]]
    held = office.pc.held
    browser.send(i.View(W, H, 100, visible=True))

    assert await browser.until(lambda: office.same(browser))
    assert meanwhile == [r.Pong, r.Pong]
    assert held
    assert office.pc.asked.count(("release",)) == 1


async def test_a_hidden_tab_that_fell_asleep_keeps_nothing_running(office):
    browser = await office.shown()
    browser.acking = False
    office.pc.paint(noise(8, 8, 1))
    await browser.caught_up()

    browser.send(i.View(W, H, 100, visible=False))
    await browser.caught_up()
    office.later(5)
    await browser.caught_up()

    assert office.resting


async def test_a_desktop_that_took_another_size_unseen_is_right_when_seen(office):
    browser = await office.shown()
    browser.send(i.View(W, H, 100, visible=False))
    await browser.caught_up()
    said = len(browser.records)

    office.pc.become(320, 200)
    await browser.caught_up()
    meanwhile = [type(record.body) for record in browser.records[said:]]
    office.pc.paint(noise(320, 200))
    browser.send(i.View(W, H, 100, visible=True))

    assert await browser.until(lambda: office.same(browser))
    assert meanwhile == [r.Pong, r.Pong]


async def test_a_tab_hidden_before_the_first_picture_gets_it_when_seen(office):
    browser = await office.joins()
    browser.send(i.View(W, H, 100, visible=False))
    await browser.caught_up()
    office.loop.show(office.pc, resizes=True)
    office.pc.paint(noise())
    await browser.caught_up()
    unseen = len(browser.updates())

    browser.send(i.View(W, H, 100, visible=True))

    assert await browser.until(lambda: office.same(browser))
    assert unseen == 0


# -- browsers go and come back ------------------------------------------------


async def test_a_browser_that_vanishes_leaves_the_pc_open_and_lets_its_keys_go(office):
    browser = await office.shown()

    browser.vanish()
    await office.until(lambda: office.alone)

    assert office.alone == [True]
    assert office.pc.phase is Phase.ACTIVE
    assert ("release",) in office.pc.asked
    assert office.pc.held
    assert office.resting


async def test_who_comes_back_sees_what_changed_meanwhile(office):
    browser = await office.shown()
    browser.vanish()
    await office.until(lambda: office.alone)
    office.pc.paint(noise(seed=5))

    again = await office.joins()

    assert await again.until(lambda: office.same(again))
    assert again.records[0].flags & r.Flag.RESET
    assert not office.pc.held


async def test_a_second_browser_takes_over_and_the_first_is_told(office):
    first = await office.shown()

    second = await office.joins()

    assert await first.ended() == (4408, "link.taken-over")
    assert await second.until(lambda: office.same(second))
    assert office.alone == [False]
    assert office.ends == []


async def test_a_new_browser_counts_its_inputs_from_the_beginning(office):
    first = await office.shown()
    first.send(i.Release(9))
    await first.caught_up()

    second = await office.joins()
    await second.until(lambda: office.same(second))

    assert {record.in_seq for record in second.records} == {0}


@pytest.mark.parametrize("message", [i.encode(i.Ack(4_000_000)), b"\x63", i.encode(i.Ping(1)) + b"\x03"])
async def test_malformed_input_ends_only_this_browsers_line(office, message):
    browser = await office.shown()

    browser._message(browser._channel.seal(message))
    ended = await browser.ended()
    again = await office.joins()

    assert ended == (4400, "caller.malformed")
    assert office.alone == [True]
    assert await again.until(lambda: office.same(again))
    assert office.ends == []


# -- input --------------------------------------------------------------------


async def test_inputs_reach_the_pc_in_their_order_and_inside_its_screen(office):
    browser = await office.shown()
    office.pc.asked.clear()

    browser.send(
        i.Key(1, down=True, extended=True, scancode=0x48, keysym=0xFF52), i.Pointer(2, 9999, 9999, 1),
        i.Wheel(3, 9999, 5, 0, -120), i.Text(4, "簾"), i.Release(5),
    )  # fmt: skip
    await browser.caught_up()

    assert office.pc.asked == [
        ("key", True, 0x48, True, 0xFF52), ("pointer", W - 1, H - 1, 1), ("wheel", W - 1, 5, 0, -120), ("text", "簾"),
        ("release",),
    ]  # fmt: skip


async def test_who_may_only_look_moves_nothing(office):
    office.loop.show(office.pc, resizes=True)
    browser = await office.joins(may_input=False)
    await browser.until(lambda: office.same(browser))
    office.pc.asked.clear()

    browser.send(i.Key(1, down=True, extended=False, scancode=30, keysym=97), i.Pointer(2, 1, 1, 1), i.Text(3, "x"))
    await browser.caught_up()

    assert office.pc.asked == []


async def test_what_is_allowed_is_what_the_newest_ticket_says(office):
    await office.shown()
    office.pc.asked.clear()

    looker = await office.joins(may_input=False)
    looker.send(i.Text(1, "x"))
    await looker.caught_up()
    typist = await office.joins(may_input=True)
    typist.send(i.Text(1, "y"))
    await typist.caught_up()

    assert office.pc.asked == [("text", "y")]


async def test_input_before_there_is_a_picture_goes_nowhere(office):
    office.pc = PaintedSource(0, 0, office.loop.wake)
    office.loop.show(office.pc, resizes=True)
    browser = await office.joins()

    browser.send(i.Pointer(1, 5, 5, 1), i.Wheel(2, 5, 5, 0, 120))
    await browser.caught_up()

    assert office.pc.asked == []
    assert browser.closed is None


async def test_the_desktop_is_asked_for_the_browsers_size_where_it_can_change(office):
    browser = await office.shown()
    browser.send(i.View(1024, 768, 150))
    await browser.caught_up()

    assert ("resize", 1024, 768, 150) in office.pc.asked


async def test_a_desktop_of_fixed_size_is_not_asked(office):
    office.loop.show(office.pc, resizes=False)
    browser = await office.joins()
    browser.send(i.View(1024, 768, 150))
    await browser.caught_up()

    assert [asked for asked in office.pc.asked if asked[0] == "resize"] == []


async def test_the_lag_a_person_feels_is_told_with_the_line(office):
    office.loop.show(office.pc, resizes=True)
    browser = await office.joins(acking=False)

    async def acknowledges(after):
        await browser.caught_up()
        office.later(after)
        browser.send(i.Ack(browser.newest()))
        await browser.caught_up()

    await acknowledges(after=0.03)
    browser.send(i.Key(1, down=True, extended=False, scancode=30, keysym=97))
    await browser.caught_up()
    office.pc.paint(noise(6, 6, 3))
    await acknowledges(after=0.12)
    office.later(1.1)
    office.pc.paint(noise(6, 6, 4))
    await browser.caught_up()

    newest = [record.body for record in browser.records if isinstance(record.body, r.Line)][-1]
    assert (newest.rtt_ms, newest.key_to_pixel_ms) == (30, 120)


async def test_a_key_is_answered_by_name_and_its_way_comes_back_split(office):
    browser = await office.shown()
    office.loop.way(25, 5)
    browser.send(i.Key(9, down=True, extended=False, scancode=30, keysym=97))
    await browser.caught_up()
    office.later(0.08)
    office.pc.paint(noise(6, 6, 3))
    await browser.caught_up()

    browser.send(i.Shown(9, 7, 180, 13))
    await browser.caught_up()
    office.later(1.1)
    office.pc.paint(noise(6, 6, 4))
    await browser.caught_up()

    bodies = [record.body for record in browser.records]
    answer = bodies.index(r.Answer(9))
    assert isinstance(bodies[answer - 1], r.Update)
    assert [type(body) for body in bodies].count(r.Answer) == 1
    (lag,) = [body for body in bodies if isinstance(body, r.Lag)]
    # How late this process really was is the connector's, whatever the test's clock says.
    assert lag == r.Lag(0, False, 200, 20, 70, 25, lag.connector_ms, lag.office_ms)
    assert lag.connector_ms + lag.office_ms == 85


async def test_a_session_that_ends_tells_what_it_measured(office):
    browser = await office.shown()
    for number in (1, 2):
        browser.send(i.Key(number, down=True, extended=False, scancode=30, keysym=97))
        await browser.caught_up()
        office.pc.paint(noise(6, 6, number))
        await browser.caught_up()
        browser.send(i.Shown(number, 1, 2, 3))
        await browser.caught_up()
    assert [figures.keys for figures in office.figures] == [1]

    office.loop.end("")

    assert [figures.keys for figures in office.figures] == [1, 2]


# -- the end ------------------------------------------------------------------


async def test_who_ends_it_hears_no_code(office):
    browser = await office.shown()

    browser.send(i.End())

    assert await browser.ended() == (1000, "")
    assert browser.states[-1] == r.State("closed")
    assert office.ends == [""]
    assert office.pc.phase is Phase.CLOSED


async def test_who_ends_it_and_hangs_up_in_the_same_breath_ends_it(office):
    browser = await office.shown()

    browser.send_last(i.End())
    await office.until(lambda: office.ends)

    assert office.ends == [""]
    assert office.pc.phase is Phase.CLOSED


@pytest.mark.parametrize(
    ("failure", "code"), [("office.pc-protocol", "office.pc-protocol"), (None, "office.pc-closed")]
)
async def test_a_pc_that_ends_it_is_said_so(office, failure, code):
    browser = await office.shown()

    office.pc.die(failure)

    assert await browser.ended() == (4502, code)
    assert browser.states[-1] == r.State("closed", code=code)
    assert office.ends == [code]


async def test_a_pc_that_ends_while_nobody_is_there_ends_the_session(office):
    browser = await office.shown()
    browser.vanish()
    await office.until(lambda: office.alone)

    office.pc.die()
    await office.until(lambda: office.ends)

    assert office.ends == ["office.pc-closed"]


async def test_an_end_comes_once(office):
    browser = await office.shown()

    office.loop.end("office.pc-credentials")
    office.loop.end("")
    office.pc.die()

    assert await browser.ended() == (4502, "office.pc-credentials")
    assert office.ends == ["office.pc-credentials"]


async def test_a_mistake_of_ours_ends_the_session_with_a_word(office, monkeypatch):
    browser = await office.shown()
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    monkeypatch.setattr(office.pc, "take_damage", lambda: 1 / 0)

    office.loop.wake()

    assert await browser.until(lambda: browser.closed is not None)
    assert browser.closed[1] == "bug.unexpected"
    assert office.ends == ["bug.unexpected"]
    assert [type(one) for one in told] == [ZeroDivisionError]


# -- sound --------------------------------------------------------------------


async def listener(office, played, *, may):
    office.loop.show(office.pc, resizes=True, sound=lambda: [played.pop(0)] if played else [])
    browser = await office._tab()
    browser.client = Client(0)
    _, link = await asyncio.get_running_loop().create_unix_connection(
        lambda: Link(browser.channel, on_message=office.loop.heard, on_lost=office._lost, on_room=office.loop.wake),
        sock=browser.sock,
    )
    office.links.append(link)
    office.loop.attach(link, OLD, may_input=True, may_hear=may)
    assert await browser.until(lambda: office.same(browser))
    await browser.caught_up()
    return browser


def heard(browser):
    return [record.body for record in browser.records if isinstance(record.body, r.Audio)]


async def test_whoever_may_hear_is_told_so_and_hears_from_the_moment_they_ask(office):
    played = []
    browser = await listener(office, played, may=True)
    played += [b"before"]
    office.loop.wake()
    await browser.caught_up()

    browser.send(i.Hear(True))
    await browser.caught_up()
    played += [b"after"]
    office.loop.wake()

    assert await browser.until(lambda: heard(browser))
    assert [packet for body in heard(browser) for packet in body.packets] == [b"after"]
    assert browser.states[-1] == r.State("active", sound=True)


async def test_whoever_may_not_hear_is_told_nothing_of_sound(office):
    played = []
    browser = await listener(office, played, may=False)

    browser.send(i.Hear(True))
    await browser.caught_up()
    played += [b"a", b"b"]
    office.loop.wake()
    await browser.caught_up()

    assert heard(browser) == []
    assert browser.states[-1] == r.State("active")


async def test_a_hidden_tab_is_sent_no_sound(office):
    played = []
    browser = await listener(office, played, may=True)
    browser.send(i.Hear(True), i.View(W, H, 100, False))
    await browser.caught_up()

    played += [b"a"]
    office.loop.wake()
    await browser.caught_up()

    assert heard(browser) == []

"""What the worker sees of a key's way, and how it becomes shares."""

from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudare.connector.worker.lagmeter import FORGOTTEN_S, GIVES_WAY_S, LEFT_MAX, MOVING, TOLD_EVERY_S, LagMeter
from sudare.wire.screen import inputs as i

ms = st.integers(0, 3000)


class Way:
    """A meter, and what the loop tells it, in seconds of one clock."""

    def __init__(self, gateway_ms=0, connector_ms=0):
        self.told = []
        self.meter = LagMeter(on_figures=self.told.append)
        self.meter.way_ms = gateway_ms, connector_ms
        self.splits = []
        self.meter.lags.add = lambda split, now, rtt_ms: self.splits.append(split)
        self.seq = self.places = 0

    def key(self, in_seq, at, keysym=97):
        return self.meter.asked(i.Key(in_seq, down=True, extended=False, scancode=30, keysym=keysym), at)

    def change(self, at, where=None):
        """Something changed, somewhere else each time."""
        self.places += 1
        self.meter.damaged(at, [where or (self.places, 0, 9, 9)])

    def look(self, at, *, damage=True, sends=True, express=True, room=True):
        """One turn of the loop; the number of the key that was answered."""
        if damage:
            self.change(at)
        self.meter.looks(at)
        answered = None
        if sends:
            self.seq += 1
            answered = self.meter.left(self.seq, at, express=express)
        self.meter.looked(at, pending=not sends, room=room)
        return answered

    def shown(self, in_seq, *, out=0, wait=0, into=0, at=100.0):
        self.meter.shown(i.Shown(in_seq, out, wait, into), at, 0)


def close(split, *shares):
    return all(abs(a - b) < 1e-6 for a, b in zip(astuple(split), shares, strict=True))


def test_a_key_is_split_into_its_five_shares():
    way = Way(gateway_ms=15, connector_ms=4)
    way.key(1, 10.0)
    way.change(10.060)

    way.meter.left(1, 10.067, express=True)
    way.shown(1, out=8, wait=180, into=11)

    assert close(way.splits[0], 19, 180 - 67 - 15 - 4, 15, 7 + 4, 60)


@given(office=ms, encode=ms, out=ms, into=ms, up=ms, down=ms, gateway=ms, connector=ms)
def test_the_shares_are_the_whole_way_none_is_negative_and_the_pc_has_its_own(**t):
    way = Way(t["gateway"], t["connector"])
    way.key(1, 0.0)
    way.change(t["office"] / 1000)
    way.meter.left(1, (t["office"] + t["encode"]) / 1000, express=True)

    way.shown(1, out=t["out"], wait=t["up"] + t["office"] + t["encode"] + t["down"], into=t["into"])

    (split,) = way.splits
    whole = sum(t[one] for one in ("office", "encode", "out", "into", "up", "down"))
    assert split.total == pytest.approx(whole, abs=1e-6)
    assert min(astuple(split)) >= 0
    assert split.office == pytest.approx(t["office"], abs=1e-6)
    assert split.gateway <= t["up"] + t["down"] + 1e-6


def test_a_clock_that_contradicts_itself_gives_no_negative_share():
    way = Way(gateway_ms=50)
    way.key(1, 0.0)
    way.look(1.0)

    way.shown(1, wait=3)

    assert close(way.splits[0], 0, 0, 0, 0, 1000)


def test_waiting_for_room_on_the_line_is_the_lines():
    way = Way()
    way.key(1, 0.0)
    way.look(0.050, sends=False)
    way.look(0.150, damage=False, sends=False)

    assert way.look(0.350, damage=False) == 1
    way.shown(1, wait=400)

    assert close(way.splits[0], 0, 50 + 300, 0, 0, 50)


def test_waiting_for_a_share_of_the_offices_line_is_not_the_persons_line():
    way = Way(gateway_ms=10)
    way.key(1, 0.0)
    way.change(0.05)
    way.meter.looked(0.05, pending=True, room=True, shared=True)
    way.meter.looks(0.25)
    way.meter.looked(0.25, pending=True, room=True, shared=False)

    assert way.look(0.35, damage=False) == 1
    way.shown(1, wait=400)

    assert close(way.splits[0], 0, 40 + 100, 10 + 200, 0, 50)


def test_what_the_worker_itself_was_late_is_the_connectors():
    way = Way()
    way.key(1, 0.0)
    way.meter.probed(1, 0.080)

    way.look(0.100)
    way.shown(1, wait=100)

    assert close(way.splits[0], 0, 0, 0, 80, 20)


def test_being_late_with_another_key_or_after_the_damage_changes_nothing():
    way = Way()
    way.key(1, 0.0)
    way.meter.probed(9, 0.080)
    way.change(0.1)
    way.meter.probed(1, 0.080)

    way.look(0.100)
    way.shown(1, wait=100)

    assert close(way.splits[0], 0, 0, 0, 0, 100)


def test_damage_that_turned_out_to_be_none_answers_nothing():
    way = Way()
    way.key(1, 0.0)
    way.change(0.02)
    way.meter.looked(0.02, pending=False, room=True)

    assert way.look(0.2) == 1
    way.shown(1, wait=200)

    assert close(way.splits[0], 0, 0, 0, 0, 200)


def test_a_picture_without_new_damage_answers_nothing():
    way = Way()
    way.key(1, 0.0)

    assert way.look(0.01, damage=False) is None
    assert way.look(0.05) == 1


def test_keys_that_come_while_one_is_measured_are_not():
    way = Way()

    assert way.key(1, 0.0)
    assert not way.key(2, 0.01)
    assert way.look(0.02) == 1
    assert way.key(3, 0.05)


def test_a_key_is_not_measured_while_earlier_ones_are_unanswered():
    """A PC that takes 0.4 s, and somebody who does not wait: the damage after a key answers an earlier one."""
    way, answered = Way(), []

    for tick in range(1, 200):
        now = tick / 100
        if tick % 10 == 1 and tick < 100:
            way.key(tick, now)
        if tick % 10 == 1 and 40 < tick < 140:
            answered.append(way.look(now))
    assert [number for number in answered if number] == [1]

    assert way.key(200, 2.0)


def test_who_waits_for_each_answer_is_measured_each_time():
    way = Way()

    for number in range(1, 9):
        assert way.key(number, float(number))
        assert way.look(number + 0.9) == number


def test_a_click_before_a_key_may_be_what_is_answered():
    way = Way()
    way.key(1, 0.0)
    way.look(0.4)

    way.meter.asked(i.Pointer(2, 5, 5, 1), 1.0)

    assert not way.key(3, 1.2)
    assert way.key(4, 1.8)


@pytest.mark.parametrize("keysym", [0xFFE1, 0xFFE3, 0xFFE9, 0xFE03])
def test_modifiers_are_not_measured(keysym):
    assert not Way().key(1, 0.0, keysym)


@pytest.mark.parametrize(
    ("item", "measured"),
    [
        (i.Key(1, down=False, extended=False, scancode=30, keysym=97), False),
        (i.Pointer(1, 5, 5, 1), False),
        (i.Wheel(1, 5, 5, 0, 120), False),
        (i.Release(1), False),
        (i.Text(1, "a"), True),
    ],
)
def test_measured_are_keys_going_down_and_text(item, measured):
    assert LagMeter().asked(item, 0.0) is measured


def test_a_key_that_nothing_answers_gives_way_to_the_next_and_is_forgotten_in_the_end():
    way = Way()
    way.key(1, 0.0)
    way.key(2, GIVES_WAY_S)

    assert way.look(GIVES_WAY_S + 0.05) == 2

    way.key(3, 20.0)
    assert way.look(20.1 + FORGOTTEN_S) is None
    assert way.look(20.2 + FORGOTTEN_S) is None


def moving(way):
    """A video up to just before 10.0."""
    for frame in range(MOVING):
        way.look(9.6 + frame * 0.05, express=False)
    return way


def test_a_caret_that_blinks_answers_nothing():
    way, caret = Way(), (40, 40, 2, 16)
    for at in (8.5, 9.0, 9.5):
        way.change(at, caret)
    way.key(1, 9.8)
    way.change(10.0, caret)
    way.meter.left(1, 10.0, express=True)
    way.change(10.2, (40, 40, 12, 16))

    assert way.meter.left(2, 10.2, express=True) == 1
    way.shown(1, wait=400)

    assert close(way.splits[0], 0, 0, 0, 0, 400)


def test_the_caret_may_blink_where_the_last_answer_took_it():
    way = Way()
    way.key(1, 0.0)
    way.change(0.4, (32, 40, 32, 16))
    way.meter.left(1, 0.4, express=True)
    way.key(2, 0.5)
    way.change(0.6, (48, 40, 16, 16))
    assert way.meter.left(2, 0.6, express=True) is None

    way.change(0.9, (48, 40, 32, 16))

    assert way.meter.left(3, 0.9, express=True) == 2


def test_a_large_change_may_come_twice_in_the_same_place():
    way, window = Way(), (0, 0, 640, 480)
    way.change(0.0, window)
    for number in (1, 2):
        way.key(number, float(number))
        way.change(number + 0.1, window)

        assert way.meter.left(number, number + 0.1, express=False) == number


def test_one_quick_answer_does_not_make_a_slow_pc_a_quick_one():
    way = Way()
    way.key(1, 0.0)
    way.look(0.4)
    way.key(2, 1.0)
    way.key(3, 1.01)
    way.look(1.02)

    assert not way.key(4, 1.2)
    assert way.key(5, 1.7)


def test_a_few_changes_before_a_key_are_no_moving_picture():
    way = Way()
    for at in (9.6, 9.7, 9.8, 9.9):
        way.look(at, express=False)
    way.key(1, 10.0)

    assert way.look(10.4, express=False) == 1


def test_while_the_picture_moves_by_itself_only_an_answer_that_overtakes_counts():
    way = moving(Way())
    way.key(1, 10.0)

    assert way.look(10.02, express=False) is None
    assert way.look(10.05, express=False) is None
    assert way.look(10.08, express=True) == 1
    way.shown(1, wait=80)

    assert close(way.splits[0], 0, 0, 0, 0, 80)


def test_while_the_picture_moves_a_line_without_room_even_for_answers_is_the_cause():
    way = moving(Way())
    way.key(1, 10.0)
    way.look(10.02, sends=False, room=False)
    way.look(10.05, sends=False, room=False)

    assert way.look(10.08) == 1
    way.shown(1, wait=80)

    assert close(way.splits[0], 0, 60, 0, 0, 20)


def test_a_number_nobody_asked_about_is_nothing_and_none_counts_twice():
    way = Way()
    way.key(1, 0.0)
    way.look(0.1)

    for number in (5, 1, 1):
        way.shown(number, wait=200)

    assert len(way.splits) == 1


def test_answers_nobody_shows_do_not_pile_up():
    way = Way()

    for number in range(LEFT_MAX + 9):
        way.key(number, float(number))
        way.look(number + 0.1)

    assert list(way.meter._left) == list(range(9, LEFT_MAX + 9))


def test_figures_are_told_now_and_then_and_at_the_end_if_there_is_anything_new():
    told = []
    meter = LagMeter(on_figures=told.append)
    times = (0.0, 1.0, TOLD_EVERY_S + 0.5, TOLD_EVERY_S + 1.5)

    for number, at in enumerate(times):
        meter.asked(i.Text(number, "a"), at)
        meter.damaged(at, [(number, 0, 9, 9)])
        meter.left(number + 1, at, express=True)
        meter.shown(i.Shown(number, 1, 2, 3), at, 0)
    assert [figures.keys for figures in told] == [1, 3]

    meter.tell()
    meter.tell()

    assert [figures.keys for figures in told] == [1, 3, 4]
    assert told[-1].total == (6, 6)

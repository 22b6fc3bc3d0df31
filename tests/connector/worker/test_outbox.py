"""Headers, sequence numbers and the small records."""

import pytest
from tests.support.source import ARROW

from sudare.base.errors import SudareError
from sudare.connector.worker.outbox import CURSORS_MAX, Outbox
from sudare.desktop.source import Cursor
from sudare.wire.screen import inputs as i
from sudare.wire.screen import records as r
from sudare.wire.screen.flow import Flow

ANSWERING = r.flags(express=True, last=True, lossy=False)


class Sent:
    """An outbox and the records it sent."""

    def __init__(self, now=0.0):
        self.records = []
        self.messages = 0
        self.out = Outbox(self._take, Flow(now))

    def _take(self, data):
        self.messages += 1
        self.records += r.decode(data)

    def bodies(self):
        return [record.body for record in self.records]


def cursor(number):
    return Cursor(0, 0, 1, 1, bytes([number, 0, 0, 255]))


def test_every_record_has_the_next_number_and_counts_until_its_acknowledgement():
    sent = Sent()

    sent.out.record(r.State("active"), 1.0)
    sent.out.update(b"\x00", 1.5, flags=r.flags(express=False, last=True, lossy=False))

    assert [record.seq for record in sent.records] == [1, 2]
    assert sent.records[1].t_ms == 1500
    assert sent.records[1].flags == r.Flag.LAST
    assert sent.out.flow.in_flight == sum(len(r.encode(record)) for record in sent.records)
    sent.out.flow.acked(2, 0, 2.0)
    assert sent.out.flow.in_flight == 0


def test_the_first_record_for_a_browser_that_knows_nothing_says_reset_and_no_other():
    sent = Sent()
    sent.out.record(r.State("active"), 0)
    sent.out.record(r.State("active"), 0)
    sent.out.forget(1)
    sent.out.resize(10, 10, 1)
    sent.out.record(r.State("active"), 1)

    assert [bool(record.flags & r.Flag.RESET) for record in sent.records] == [True, False, True, False]


def test_a_pong_is_outside_of_everything():
    sent = Sent()

    sent.out.pong(7)
    sent.out.record(r.State("active"), 0)

    pong, first = sent.records
    assert (pong.body, pong.seq, pong.flags) == (r.Pong(7), 0, r.NONE)
    assert (first.seq, first.flags) == (1, r.Flag.RESET)
    assert sent.out.flow.in_flight == len(r.encode(first))


def test_records_say_up_to_which_input_they_know():
    sent = Sent()
    sent.out.in_seq = 65_537

    sent.out.record(r.State("active"), 0)

    assert sent.records[0].in_seq == 1


def test_a_size_begins_a_new_epoch():
    sent = Sent()

    sent.out.resize(640, 480, 0)
    sent.out.resize(800, 600, 0)

    assert [(record.body, record.epoch) for record in sent.records] == [
        (r.Resize(640, 480), 1),
        (r.Resize(800, 600), 2),
    ]


def test_a_pointer_sent_before_goes_as_its_number():
    sent = Sent()
    hidden, default = Cursor(0, 0, 0, 0, b""), Cursor(0, 0, 0, 0, None)

    for shape in (ARROW, hidden, default, cursor(1), ARROW):
        sent.out.cursor(shape, 0)

    arrow = r.CursorImage(0, ARROW.hot_x, ARROW.hot_y, ARROW.w, ARROW.h, ARROW.rgba)
    assert sent.bodies() == [
        arrow, r.CursorHidden(), r.CursorArrow(), r.CursorImage(1, 0, 0, 1, 1, cursor(1).rgba), r.CursorCached(0),
    ]  # fmt: skip


def test_a_pointer_with_another_hot_spot_is_another_one():
    sent = Sent()

    sent.out.cursor(ARROW, 0)
    sent.out.cursor(Cursor(0, 0, ARROW.w, ARROW.h, ARROW.rgba), 0)

    assert [type(body) for body in sent.bodies()] == [r.CursorImage, r.CursorImage]


def test_a_browser_that_knows_nothing_gets_the_image_again():
    sent = Sent()
    sent.out.cursor(ARROW, 0)

    sent.out.forget(1)
    sent.out.cursor(ARROW, 1)

    assert sent.bodies()[0] == sent.bodies()[1]


def test_never_more_pointers_are_kept_than_the_limit():
    sent = Sent()

    for number in range(CURSORS_MAX + 1):
        sent.out.cursor(cursor(number), 0)
    sent.out.cursor(cursor(0), 0)
    sent.out.cursor(cursor(CURSORS_MAX), 0)

    ids = [body.id for body in sent.bodies()]
    assert ids == [*range(CURSORS_MAX), 0, 1, 0]
    assert isinstance(sent.bodies()[-1], r.CursorCached)
    assert len(sent.out._cursors) == 2


def test_the_quality_of_the_line_comes_with_other_records_once_a_second():
    sent = Sent()
    sent.out.record(r.State("active"), 10.0)
    sent.out.flow.acked(1, 0, 10.1)

    for now in (10.2, 10.3, 11.1, 11.3):
        sent.out.record(r.State("active"), now)

    lines = [(record.seq, record.body.rtt_ms) for record in sent.records if isinstance(record.body, r.Line)]
    assert lines == [(3, 100), (7, 100)]
    assert sent.messages == 5


def test_an_acknowledgement_of_what_was_never_sent_is_malformed():
    sent = Sent()
    sent.out.record(r.State("active"), 0)

    with pytest.raises(SudareError, match=r"caller\.malformed"):
        sent.out.flow.acked(2, 0, 0)


def answered(sent, in_seq, at):
    """A key at `at`, its picture at once, and the browser's part."""
    sent.out.lag.asked(i.Text(in_seq, "a"), at)
    sent.out.lag.damaged(at, [])
    sent.out.update(b"\x00", at, flags=ANSWERING)
    sent.out.flow.acked(sent.out._seq, 0, at + 0.1)
    sent.out.lag.shown(i.Shown(in_seq, 10, 100, 20), at + 0.1, 100)


def lags(sent):
    return [body for body in sent.bodies() if isinstance(body, r.Lag)]


def test_an_answer_names_its_key_beside_the_picture_and_has_no_number():
    sent = Sent()
    sent.out.lag.asked(i.Text(7, "a"), 1.0)
    sent.out.lag.damaged(1.0, [])

    sent.out.update(b"\x00", 1.0, flags=ANSWERING)
    sent.out.update(b"\x00", 1.0, flags=ANSWERING)

    assert [(record.body, record.seq) for record in sent.records] == [
        (r.Update(b"\x00"), 1),
        (r.Answer(7), 0),
        (r.Update(b"\x00"), 2),
    ]
    assert sent.messages == 2
    sent.out.flow.acked(2, 0, 2.0)
    assert sent.out.flow.in_flight == 0


def test_the_last_keys_are_told_with_other_records_once_a_second_and_only_when_there_are_new_ones():
    sent = Sent()
    answered(sent, 1, 10.0)

    for now in (10.2, 10.3, 11.5):
        sent.out.record(r.State("active"), now)
    answered(sent, 2, 12.0)
    for now in (12.2, 12.6, 12.7):
        sent.out.record(r.State("active"), now)

    assert lags(sent) == [r.Lag(0, False, 130, 30, 100, 0, 0, 0)] * 2


def test_a_browser_that_comes_anew_is_told_anew():
    sent = Sent()
    answered(sent, 1, 10.0)
    sent.out.record(r.State("active"), 10.2)

    sent.out.forget(20.0)
    sent.out.record(r.State("active"), 20.0)

    assert len(lags(sent)) == 2


def test_that_pictures_are_sent_readable_first_is_told_while_it_is_so():
    sent = Sent()
    sent.out.update(b"\x00", 10.0, flags=r.flags(express=False, last=True, lossy=True))
    answered(sent, 1, 11.0)
    sent.out.record(r.State("active"), 11.2)
    answered(sent, 2, 30.0)
    sent.out.record(r.State("active"), 31.2)

    assert [lag.coarse for lag in lags(sent)] == [True, False]


def test_the_line_tells_what_an_older_browser_can_see_of_lag():
    sent = Sent()
    sent.out.lag.asked(i.Text(1, "a"), 1.0)
    sent.out.lag.damaged(1.0, [])
    sent.out.update(b"\x00", 1.02, flags=ANSWERING)
    sent.out.flow.acked(1, 0, 1.1)
    sent.out.lag.acked(1, 1.1)

    sent.out.record(r.State("active"), 2.5)

    assert [body.key_to_pixel_ms for body in sent.bodies() if isinstance(body, r.Line)] == [100]


def test_a_key_whose_answer_nobody_saw_is_no_measurement():
    sent = Sent()
    sent.out.lag.asked(i.Text(1, "a"), 1.0)
    sent.out.lag.damaged(1.0, [])
    sent.out.update(b"\x00", 1.0, flags=ANSWERING)

    sent.out.forget(60.0)
    sent.out.update(b"\x00", 60.0, flags=ANSWERING)
    sent.out.lag.acked(2, 60.1)
    sent.out.lag.shown(i.Shown(1, 10, 100, 20), 60.1, 0)

    assert sent.out.lag.value_ms == 0
    assert sent.out.lag.lags.figures.keys == 0

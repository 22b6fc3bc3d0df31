from sudare.connector.worker.ear import Ear
from sudare.connector.worker.outbox import Outbox
from sudare.wire.screen import records as r
from sudare.wire.screen.flow import Flow

PACKETS = [bytes([252, n]) * 40 for n in range(12)]


class Line:
    """An outbox whose records are kept, and a PC that has played this."""

    def __init__(self, *played):
        self.sent = []
        self.out = Outbox(self.sent.append, Flow(0.0))
        self.played = [list(one) for one in played]

    def take(self):
        return self.played.pop(0) if self.played else []

    @property
    def heard(self):
        return [record for message in self.sent for record in r.decode(message)]


def listening(line):
    ear = Ear(line.take)
    ear.attach(may=True)
    ear.listen(on=True)
    return ear


def test_what_was_played_goes_ahead_of_everything_in_records_of_five():
    line = Line(PACKETS)

    listening(line).pass_on(line.out, 0.0, room=True)

    assert [record.body for record in line.heard] == [
        r.Audio(0, tuple(PACKETS[:5])),
        r.Audio(5, tuple(PACKETS[5:10])),
        r.Audio(10, tuple(PACKETS[10:])),
    ]
    assert all(record.flags & r.Flag.EXPRESS for record in line.heard)


def test_nothing_leaves_before_somebody_listens_and_nothing_of_before_comes_after():
    line = Line(PACKETS[:3], PACKETS[3:4])
    ear = Ear(line.take)
    ear.attach(may=True)

    ear.pass_on(line.out, 0.0, room=True)
    before = list(line.sent)
    ear.listen(on=True)
    ear.pass_on(line.out, 0.0, room=True)

    assert before == []
    assert [record.body for record in line.heard] == [r.Audio(3, (PACKETS[3],))]


def test_whoever_may_not_hear_hears_nothing_whatever_they_say():
    line = Line(PACKETS)
    ear = Ear(line.take)
    ear.attach(may=False)

    ear.listen(on=True)
    ear.pass_on(line.out, 0.0, room=True)

    assert line.sent == []


def test_another_browser_has_to_ask_for_itself():
    line = Line(PACKETS)
    ear = listening(line)

    ear.attach(may=True)
    ear.pass_on(line.out, 0.0, room=True)

    assert line.sent == []


def test_where_there_is_no_room_sound_is_dropped_and_the_gap_shows():
    line = Line(PACKETS[:2], PACKETS[2:4])
    ear = listening(line)

    ear.pass_on(line.out, 0.0, room=False)
    ear.pass_on(line.out, 0.0, room=True)

    assert [record.body for record in line.heard] == [r.Audio(2, tuple(PACKETS[2:4]))]


def test_a_line_that_does_not_answer_is_sent_only_so_much_and_never_the_old():
    line = Line(*([PACKETS[:5]] * 400))
    ear = listening(line)

    for _ in range(400):
        ear.pass_on(line.out, 0.0, room=True)
    stopped = len(line.sent)
    line.out.flow.acked(line.heard[-1].seq, 0, 0.1)
    line.played = [PACKETS[:1]]
    ear.pass_on(line.out, 0.1, room=True)

    assert 0 < stopped < 200
    assert line.heard[-1].body == r.Audio(2000, (PACKETS[0],))

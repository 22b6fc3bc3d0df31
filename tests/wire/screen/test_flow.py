import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.screen.link import Link, Ours, Push, played, quantile

from sudare.base.errors import SudareError
from sudare.wire.screen import flow as module
from sudare.wire.screen.flow import Flow


def line(rate, rtt, seconds, flow=None, start=0.0):
    """Keeps a line of this rate full without overfilling it; gives the machine and the time."""
    flow = flow or Flow(start)
    seq, now, size = flow._last_sent, start, 2000
    waiting = []
    while now < start + seconds:
        seq += 1
        flow.sent(seq, size, now)
        waiting.append((now + rtt, seq))
        now += size / rate
        while waiting and waiting[0][0] <= now:
            at, acked = waiting.pop(0)
            flow.acked(acked, 0, at)
    for at, acked in waiting:
        flow.acked(acked, 0, at)
    return flow, now + rtt


def test_before_anything_is_known_it_sends_a_little():
    flow = Flow(0)

    assert flow.budget(0) == 16_000
    assert flow.may_send(0)
    assert (flow.rtt_ms, flow.btl_kbit, flow.in_flight) == (0, 0, 0)
    assert flow.next_deadline() is None


def test_one_record_is_in_flight_until_its_ack():
    flow = Flow(0)

    flow.sent(1, 16_000, 0)
    assert (flow.in_flight, flow.may_send(0)) == (16_000, False)
    flow.acked(1, 3, 0.1)

    assert (flow.in_flight, flow.may_send(0.1), flow.rtt_ms, flow.backlog) == (0, True, 100, 3)


def test_one_ack_covers_all_before_it():
    flow = Flow(0)
    for seq in (1, 2, 5):
        flow.sent(seq, 1000, 0)

    flow.acked(4, 0, 0.1)
    assert flow.in_flight == 1000
    flow.acked(5, 0, 0.1)

    assert flow.in_flight == 0


def test_an_ack_of_what_was_never_sent_is_malformed():
    flow = Flow(0)
    flow.sent(1, 1000, 0)

    with pytest.raises(SudareError, match=r"caller\.malformed"):
        flow.acked(2, 0, 0.1)
    assert flow.in_flight == 1000


def test_an_old_ack_again_changes_nothing():
    flow = Flow(0)
    flow.sent(1, 1000, 0)
    flow.acked(1, 0, 0.1)
    flow.sent(2, 1000, 0.2)

    flow.acked(1, 0, 5)
    flow.acked(0, 0, 5)

    assert (flow.in_flight, flow.rtt_ms) == (1000, 100)
    assert flow.stalled(5)


def test_a_line_is_measured():
    flow, _ = line(rate=250_000, rtt=0.1, seconds=3)

    assert flow.rtt_ms == 100
    assert 1900 <= flow.btl_kbit <= 2100
    assert flow.unit_limit(3) == pytest.approx(2500, rel=0.05)
    assert flow.crisp_limit() == pytest.approx(62_500, rel=0.05)


@pytest.mark.parametrize(("rate", "limit"), [(10_000, 1_300), (5_000_000, 8_000)])
def test_units_have_bounds(rate, limit):
    flow, now = line(rate, rtt=0.05, seconds=3)

    assert flow.unit_limit(now) == limit


def test_the_budget_is_what_the_line_holds_and_little_more():
    flow, now = line(rate=250_000, rtt=0.1, seconds=3)

    assert 0.9 * 26_250 <= flow.budget(now) <= 1.2 * 26_250


def test_the_budget_is_halved_for_a_moment_every_five_seconds_of_load():
    flow = Flow(0)
    budgets = []
    now = 0.0
    for _ in range(130):
        _, now = line(250_000, 0.05, 0.1, flow, now)
        budgets.append(flow.budget(now))

    probes = [b for b in budgets[20:] if b < 0.7 * max(budgets[20:])]

    assert 2 <= len(probes) <= 8


def test_standing_delay_shrinks_the_budget_and_its_end_restores_it():
    flow, now = line(250_000, 0.05, 3)
    before = flow._gain

    _, now = line(250_000, 0.12, 2, flow, now)
    during = flow._gain
    _, now = line(250_000, 0.05, 4, flow, now)

    assert during == pytest.approx(0.6)
    assert flow._gain >= before > during


def test_one_late_ack_in_a_round_is_not_congestion():
    flow, now = line(250_000, 0.05, 3)
    before = flow._gain
    seq = flow._last_sent
    for i in range(100):
        flow.sent(seq + i + 1, 2000, now)
        now += 0.25 if i % 4 == 0 else 0.05
        flow.acked(seq + i + 1, 0, now)

    assert flow._gain >= before


def test_silence_stops_bulk_after_one_second_and_wants_a_resync_after_four():
    flow = Flow(0)
    flow.sent(1, 1000, 10)

    assert flow.next_deadline() == 11
    assert (flow.stalled(10.99), flow.may_send(10.99)) == (False, True)
    assert (flow.stalled(11), flow.may_send(11), flow.may_send_express(100, 11)) == (True, False, True)
    assert flow.next_deadline() == 14
    assert not flow.resync_wanted(13.99)
    assert (flow.resync_wanted(14), flow.may_send_express(100, 14)) == (True, False)
    assert flow.next_deadline() is None


def test_silence_without_anything_in_flight_is_rest():
    flow, now = line(250_000, 0.05, 1)

    assert not flow.stalled(now + 3600)
    assert flow.may_send(now + 3600)
    assert flow.next_deadline() is None


def test_a_rest_is_not_measured_as_a_slow_line():
    flow, now = line(250_000, 0.05, 3)
    flow.sent(flow._last_sent + 1, 2000, now + 60)
    flow.acked(flow._last_sent, 0, now + 60.05)

    assert flow.btl_kbit > 1800


def scrolled(flow, start, *, steps, rtt):
    """Two records every 40 ms, less than the line carries, with nothing to send in between."""
    waiting = []
    for step in range(steps):
        now = start + step * 0.04
        while waiting and waiting[0][0] <= now:
            at, seq = waiting.pop(0)
            flow.acked(seq, 0, at)
            flow.ran_out(at)
        for _ in range(2):
            flow.sent(flow._last_sent + 1, 1500, now)
            waiting.append((now + rtt, flow._last_sent))
        flow.ran_out(now)
    return flow, now


def test_a_desktop_that_moves_less_than_the_line_carries_is_not_measured_as_a_slow_line():
    flow, now = line(250_000, 0.15, 3)

    flow, now = scrolled(flow, now + 10, steps=200, rtt=0.15)

    assert flow.btl_kbit > 1800


def test_a_desktop_that_moves_little_does_not_end_the_start_up():
    flow, now = scrolled(Flow(0), 0, steps=100, rtt=0.15)

    flow, now = line(2_000_000, 0.15, 1.5, flow, now)

    assert flow.btl_kbit > 12_000


def test_a_line_that_became_slow_is_believed_once_it_is_full():
    flow, now = line(250_000, 0.1, 3)

    flow, now = line(100_000, 0.14, 3, flow, now)

    assert flow.btl_kbit < 900


def test_a_budget_too_small_for_the_line_is_not_taken_for_the_line():
    flow, now = line(250_000, 0.1, 3)

    flow, now = line(100_000, 0.1, 3, flow, now)

    assert flow.btl_kbit > 1900


def test_the_first_acks_after_a_rest_do_not_make_the_line_look_slow():
    flow, now = line(250_000, 0.150, 3)
    before = flow.budget(now)
    first = flow._last_sent + 1
    for seq in range(first, first + 10):
        flow.sent(seq, 2500, now + 60)

    flow.acked(first, 0, now + 60.160)
    flow.acked(first + 9, 0, now + 60.250)

    assert flow.budget(now + 60.250) >= 0.99 * before


def test_forgetting_starts_over_and_ignores_late_acks():
    flow, now = line(250_000, 0.05, 1)
    flow.sent(flow._last_sent + 1, 9000, now)

    flow.forget(now)
    flow.acked(flow._last_sent, 0, now + 1)

    assert (flow.in_flight, flow.rtt_ms, flow.budget(now + 1)) == (0, 0, 16_000)


def test_express_has_a_reserve_and_a_size():
    flow = Flow(0)
    flow.sent(1, 20_000, 0)

    assert not flow.may_send(0)
    assert flow.may_send_express(4096, 0)
    assert not flow.may_send_express(4097, 0)
    flow.sent(2, 4_000, 0)
    assert not flow.may_send_express(10, 0)


def test_sequence_numbers_only_grow():
    flow = Flow(0)
    flow.sent(5, 10, 0)

    with pytest.raises(ValueError, match="seq"):
        flow.sent(5, 10, 0)


def test_records_in_flight_are_bounded():
    flow = Flow(0)
    for seq in range(1, module.RECORDS_MAX + 1):
        flow.sent(seq, 0, 0)

    assert not flow.may_send(0)
    assert not flow.may_send_express(1, 0)


@given(
    st.lists(
        st.tuples(st.sampled_from(["send", "ack", "rest", "bad", "forget"]), st.integers(0, 20_000), st.floats(0, 3)),
        max_size=80,
    )
)
def test_whatever_happens_the_books_balance(script):
    flow, now, sizes, acked = Flow(0), 0.0, {}, 0
    for what, number, pause in script:
        now += pause
        if what == "send":
            sizes[len(sizes) + 1] = number
            flow.sent(len(sizes), number, now)
        elif what == "ack":
            acked = max(acked, number % (len(sizes) + 1))
            flow.acked(number % (len(sizes) + 1), number, now)
        elif what == "rest":
            flow.ran_out(now)
        elif what == "bad":
            with pytest.raises(SudareError):
                flow.acked(len(sizes) + 1 + number, 0, now)
        else:
            flow.forget(now)
            acked = len(sizes)

        assert flow.in_flight == sum(size for seq, size in sizes.items() if seq > acked)
        assert module.BUDGET_MIN <= flow.budget(now) < math.inf
        assert module.UNIT_MIN <= flow.unit_limit(now) <= module.UNIT_MAX
        assert not flow.stalled(now) or not flow.may_send(now)
        deadline = flow.next_deadline()
        assert deadline is None or deadline > now

    if sizes:
        flow.acked(len(sizes), 0, now)
    assert flow.in_flight == 0


@pytest.mark.parametrize(("kbit", "rtt_ms", "ratio"), [(2_000, 100, 3), (2_000, 40, 3), (1_000, 150, 3)])
def test_an_echo_under_load_is_several_times_faster_than_pushing(kbit, rtt_ms, ratio):
    push, ours = (played(policy, kbit=kbit, rtt_ms=rtt_ms) for policy in (Push, Ours))

    assert len(ours.echo_s) == len(push.echo_s) == 90
    assert quantile(ours.echo_s, 0.5) * ratio <= quantile(push.echo_s, 0.5)
    assert quantile(ours.echo_s, 0.95) * ratio <= quantile(push.echo_s, 0.95)


@pytest.mark.parametrize("rtt_ms", [40, 100, 150])
def test_the_line_is_kept_busy_without_a_standing_queue(rtt_ms):
    worker = played(Ours, kbit=2_000, rtt_ms=rtt_ms)
    carries = 2_000 * 125 / 12_000

    assert worker.frames / 20 >= 0.75 * carries
    assert quantile(worker.echo_s, 0.5) <= rtt_ms / 1000 + 0.06
    assert worker.flow.in_flight == 0


def test_a_fast_line_carries_every_frame():
    worker = played(Ours, kbit=50_000, rtt_ms=20)

    assert worker.frames >= 0.95 * 20 * 30
    assert quantile(worker.echo_s, 0.95) <= 0.030


@pytest.mark.parametrize("shows_every_s", [1 / 60, 1 / 30, 0.050, 0.100])
@pytest.mark.parametrize(("kbit", "rtt_ms", "frame_bytes"), [(2_000, 150, 12_000), (10_000, 60, 50_000)])
def test_a_client_that_shows_slowly_is_not_taken_for_a_slow_line(kbit, rtt_ms, frame_bytes, shows_every_s):
    worker = played(Ours, kbit=kbit, rtt_ms=rtt_ms, frame_bytes=frame_bytes, shows_every_s=shows_every_s)
    carries = kbit * 125 / frame_bytes

    assert worker.frames / 20 >= 0.85 * carries
    assert quantile(worker.echo_s, 0.5) <= rtt_ms / 1000 + 0.06 + 1.5 * shows_every_s


@pytest.mark.parametrize(("kbit", "then"), [(2_000, 500), (500, 2_000)])
def test_a_line_that_changes_is_followed_within_seconds(kbit, then):
    link = Link(kbit * 125, 0.1)
    worker = Ours(link)
    worker.load(30)
    link.at(10, lambda: setattr(link, "rate", then * 125))

    link.run(60)

    assert quantile(worker.echo_s[-70:], 0.5) <= 0.2
    assert then * 0.9 <= worker.flow.btl_kbit <= then * 1.1

"""The heartbeat, in a time that the test tells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudare.wire.tunnel.pulse import Pulse

eighths = st.integers(0, 320).map(lambda eighth: eighth / 8)  # exact in binary, so the books can be compared


def test_nothing_is_due_before_the_first_interval_is_over():
    pulse = Pulse(100)

    assert pulse.next_deadline() == 110
    assert pulse.due(109.9) is None
    assert not pulse.dead(109.9)


def test_a_ping_is_due_every_interval_and_numbered():
    pulse = Pulse(100, ping_s=5)

    assert [pulse.due(now) for now in (105, 105, 109.9, 110, 130)] == [1, None, None, 2, 3]
    assert pulse.next_deadline() == min(130 + 5, 100 + 12.5)


@pytest.mark.parametrize(("ping_s", "silence_s"), [(10, 25), (1, 2.5), (60, 150)])
def test_it_is_dead_after_two_and_a_half_intervals_of_silence(ping_s, silence_s):
    pulse = Pulse(100, ping_s=ping_s)

    assert not pulse.dead(100 + silence_s - 0.01)
    assert pulse.dead(100 + silence_s)


def test_whatever_is_heard_keeps_it_alive():
    pulse = Pulse(0)

    pulse.heard(24)

    assert not pulse.dead(48.9)
    assert pulse.dead(49)


def test_pings_of_ones_own_do_not_keep_it_alive():
    pulse = Pulse(0)

    for now in range(10, 25, 5):
        pulse.due(now)

    assert pulse.dead(25)


@given(st.integers(1, 60), st.lists(st.tuples(eighths, st.booleans()), max_size=40))
def test_who_looks_at_every_deadline_never_looks_twice_and_misses_nothing(ping_s, script):
    pulse, now, heard, sent = Pulse(0, ping_s=ping_s), 0.0, 0.0, []
    for pause, speaks in script:
        now += pause
        if speaks:
            pulse.heard(now)
            heard = now
        if pulse.dead(now):
            assert now - heard >= 2.5 * ping_s
            return
        assert now - heard < 2.5 * ping_s
        number = pulse.due(now)
        sent += [number] if number else []

        assert now < pulse.next_deadline() <= now + ping_s

    assert sent == [*range(1, len(sent) + 1)]

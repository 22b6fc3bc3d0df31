"""The clock."""

from sudare.runtime import clock


def test_the_monotonic_clock_never_goes_back():
    readings = [clock.monotonic() for _ in range(1000)]

    assert readings == sorted(readings)


def test_now_is_after_this_was_written():
    assert clock.now() > 1_790_000_000

import pytest

from sudare.wire.screen.allowance import BURST_MIN, Allowance


def sent(allowance, seconds, *, unit=1000, start=0.0):
    """Bytes that go in this time when as much is sent as may be."""
    total, now = 0, start
    while now < start + seconds:
        while allowance.may_send(now):
            allowance.sent(unit, now)
            total += unit
        now = allowance.next_at()
    return total


def test_without_a_limit_everything_may_go():
    allowance = Allowance()

    allowance.sent(10**9, 1.0)

    assert allowance.may_send(1.0)
    assert allowance.kbit is None
    assert allowance.next_at() is None


@pytest.mark.parametrize("kbit", [100, 2000, 50_000])
def test_over_a_while_no_more_goes_than_is_allowed_and_no_less(kbit):
    allowance = Allowance()
    allowance.limit(kbit, 0.0)

    total = sent(allowance, 10.0)

    assert allowance.kbit == kbit
    assert total == pytest.approx(10 * kbit * 1000 / 8, abs=2000)


def test_after_a_rest_a_burst_may_go_and_no_more():
    allowance = Allowance()
    allowance.limit(100, 0.0)
    sent(allowance, 1.0)

    total = 0
    while allowance.may_send(60.0):
        allowance.sent(1000, 60.0)
        total += 1000

    assert BURST_MIN <= total <= BURST_MIN + 1000


def test_what_went_in_advance_is_paid_back():
    allowance = Allowance()
    allowance.limit(80, 0.0)  # 10,000 bytes a second

    allowance.sent(5000, 0.0)

    assert not allowance.may_send(0.4)
    assert allowance.next_at() == pytest.approx(0.5)
    assert allowance.may_send(0.51)


def test_a_limit_that_is_taken_away_limits_no_longer():
    allowance = Allowance()
    allowance.limit(80, 0.0)
    allowance.sent(50_000, 0.0)

    allowance.limit(None, 0.1)

    assert allowance.may_send(0.1)

"""The signed-in state of a browser."""

from hypothesis import given
from hypothesis import strategies as st

from sudare.domain.websession import Limits, begin, csrf_token, token_hash

NOW = 1_795_000_000.0
LIMITS = Limits(1800, 43_200)
TOKEN = bytes(range(32))


@given(st.lists(st.floats(0, 1799), max_size=60))
def test_nothing_outlives_the_absolute_limit(pauses):
    session, now = begin(TOKEN, "main", "p", LIMITS, NOW, must_set_up=False), NOW
    for pause in pauses:
        now += pause
        assert session.alive(LIMITS, now) == (now < NOW + 43_200)
        session = session.touched(now)


def test_it_ends_when_idle():
    session = begin(TOKEN, "main", "p", LIMITS, NOW, must_set_up=False)

    assert (session.alive(LIMITS, NOW + 1799), session.alive(LIMITS, NOW + 1800)) == (True, False)


def test_neither_hash_nor_csrf_token_gives_the_token_away():
    assert TOKEN.hex() not in token_hash(TOKEN)
    assert csrf_token(TOKEN) != csrf_token(TOKEN[::-1])
    assert len({token_hash(TOKEN), csrf_token(TOKEN)}) == 2

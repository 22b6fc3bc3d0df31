"""Figures of sessions on their way to the gateway, and what the way itself takes."""

import pytest

from sudare.connector import lagbook
from sudare.connector.lagbook import A_LINE, EVERY_S, LagBook
from sudare.connector.worker import job
from sudare.wire.tunnel import messages as m


def lag(keys):
    return job.Lag(keys, (60, 120), (9, 20), (31, 60), (1, 2), (2, 9), (18, 44))


def said(book, now, **how):
    return [(one.session, one.keys) for message in book.due(now, **how) for one in message.sessions]


def test_a_sessions_figures_are_said_at_once_and_then_once_a_minute_if_there_are_new_ones():
    book = LagBook()
    book.heard("s1", lag(1))
    assert said(book, 100.0) == [("s1", 1)]

    book.heard("s1", lag(2))
    book.heard("s1", lag(3))

    assert said(book, 100.0 + EVERY_S - 1) == []
    assert said(book, 100.0 + EVERY_S) == [("s1", 3)]
    assert said(book, 100.0 + 3 * EVERY_S) == []


def test_the_last_word_on_a_session_is_said_once_and_at_once():
    book = LagBook()
    book.heard("s1", lag(1))
    said(book, 100.0)
    book.heard("s1", lag(2))

    book.over("s1")

    assert said(book, 101.0) == [("s1", 2)]
    assert book._pages == {}


def test_a_session_that_ends_with_nothing_new_to_say_or_nothing_at_all_is_forgotten():
    book = LagBook()
    book.heard("s1", lag(1))
    said(book, 100.0)

    book.over("s1")
    book.over("never-heard-of")

    assert said(book, 101.0) == []
    assert book._pages == {}


def test_a_connector_that_stops_says_everything():
    book = LagBook()
    book.heard("s1", lag(1))
    said(book, 100.0)
    book.heard("s1", lag(2))

    assert said(book, 101.0, everything=True) == [("s1", 2)]


def test_many_sessions_are_several_lines_that_fit():
    book = LagBook()
    for number in range(A_LINE + 1):
        book.heard(f"{number:064}", job.Lag(2**53 - 1, *[(65_535, 65_535)] * 6))

    lines = book.due(0.0)

    assert [len(line.sessions) for line in lines] == [A_LINE, 1]
    assert all(len(m.encode(line)) <= m.MAX_LINE for line in lines)


def test_last_words_do_not_pile_up_while_there_is_no_gateway(monkeypatch):
    monkeypatch.setattr(lagbook, "ENDED_MAX", 2)
    book = LagBook()
    for number in range(4):
        book.heard(str(number), lag(1))
        book.over(str(number))

    assert [session for session, _ in said(book, 0.0)] == ["2", "3"]


@pytest.mark.parametrize(
    ("rtt_s", "wait_ms", "late_ms", "way"),
    [
        (0.030, 0, 0, (30, 0)),  # a leg of 30 ms
        (0.130, 100, 0, (230, 0)),  # and a gateway that is 100 ms late, twice
        (0.080, 0, 50, (30, 100)),  # and a connector that is 50 ms late, twice
        (0.010, 0, 50, (0, 100)),  # never less than nothing
    ],
)
def test_a_ping_shows_what_the_way_takes(rtt_s, wait_ms, late_ms, way):
    book, told = LagBook(lambda: late_ms), []
    book.on_way = lambda *ms: told.append(ms)

    book.echo(rtt_s, wait_ms)

    assert (told, book.way) == ([way], way)


def test_one_slow_ping_is_none_and_what_hardly_changed_is_not_told():
    book, told = LagBook(), []
    book.on_way = lambda *ms: told.append(ms)
    for rtt_s in (0.030, 0.031, 2.0, 0.031):
        book.echo(rtt_s, 0)

    assert told == [(30, 0)]

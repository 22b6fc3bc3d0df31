"""What connector and session process say to each other."""

import zlib

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from tests.support.browser import Ephemeral

from sudare.base.encoding import b64, unb64
from sudare.base.errors import SudareError
from sudare.connector.worker import job
from sudare.pixels.mark import Pattern
from sudare.wire.channel.channel import BrowserEnd, OfficeEnd
from sudare.wire.channel.hpke import public_bytes

DESKTOP = job.Desktop("vnc", "127.0.0.1", "", "", "ひみつ", "require", "first-use", "jp", True, "福祉-0456")
CHANNEL = job.Channel(job.Direction("a2V5", "bm9uY2U", 1), job.Direction("a2V5", "bm9uY2U", 0))
CLIENT = job.Client(CHANNEL, 1280, 800, 100, True)
PATTERN = Pattern(7, 3, bytes([0, 1, 0, 0, 1, 1, 0] * 3))
MARK = job.Mark.of(PATTERN)
LAG = job.Lag(3, (60, 120), (9, 20), (31, 60), (1, 2), (2, 9), (18, 44))


def over_the_pair(message):
    """As it comes out of a parcel."""
    return msgspec.json.decode(msgspec.json.encode(job.parcel(message)))


@pytest.mark.parametrize(
    "order",
    [
        job.Start(DESKTOP, CLIENT),
        job.Start(DESKTOP, CLIENT, None, MARK),
        job.Attach(CLIENT),
        job.Stop(),
        job.Way(30, 4),
    ],
)
def test_an_order_arrives_as_it_was_given(order):
    assert job.order(over_the_pair(order)) == order


@pytest.mark.parametrize("report", [job.Began(), job.Pinned("sha256:00"), job.Ended(""), job.Ended("link.lost"), LAG])
def test_a_report_arrives_as_it_was_made(report):
    assert job.report(over_the_pair(report)) == report


def test_a_mark_arrives_as_it_was_drawn():
    assert job.order(over_the_pair(job.Start(DESKTOP, CLIENT, None, MARK))).mark.pattern() == PATTERN


@pytest.mark.parametrize(
    "mark",
    [
        job.Mark(7, 4, MARK.bits),
        job.Mark(0, 3, MARK.bits),
        job.Mark(-7, -3, MARK.bits),
        job.Mark(7, 3, "?"),
        job.Mark(7, 3, "AAAA"),
        job.Mark(7, 3, job.Mark.of(Pattern(1, 1, b"\1")).bits),
        job.Mark(8, 1, b64(zlib.compress(b"\0"))),
        job.Mark(10**6, 10**6, b64(zlib.compress(bytes(10**6)))),
    ],
)
def test_a_mark_that_would_not_mark_is_none(mark):
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        mark.pattern()


@pytest.mark.parametrize(
    "change", [{"keys": -1}, {"total": [1]}, {"line": [1, -1]}, {"office": ["1", "2"]}, {"keys": 2**53}]
)
def test_figures_out_of_bounds_are_no_report(change):
    with pytest.raises(SudareError, match=r"caller\.malformed"):
        job.report(over_the_pair(LAG) | change)


@given(st.dictionaries(st.text(max_size=9), st.none() | st.text(max_size=9) | st.integers()))
def test_anything_else_is_no_order_and_no_report(content):
    for read in (job.order, job.report):
        with pytest.raises(SudareError, match=r"caller\.malformed"):
            read(content)


def test_a_session_process_goes_on_where_the_handshake_stopped_without_the_private_key():
    private, browsers = ec.generate_private_key(ec.SECP256R1()), Ephemeral()
    browser = BrowserEnd(public_bytes(private), "ticket", browsers.key)
    office, _ = OfficeEnd.accept(browser.first(b"hello"), private, "ticket", unb64(browsers.cnf))

    told = msgspec.json.encode(job.parcel(job.Attach(job.Client(job.Channel.of(office.state()), 1, 1, 100, True))))
    attach = job.order(msgspec.json.decode(told))
    end = OfficeEnd(attach.client.channel.state())

    assert end.open(browser.seal(b"up")) == b"up"
    assert browser.open(end.seal(b"down")) == b"down"
    assert f"{private.private_numbers().private_value:x}".encode() not in told
    assert set(msgspec.json.decode(told)["client"]["channel"]["up"]) == {"key", "nonce", "sequence"}

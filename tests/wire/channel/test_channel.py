"""The two ends of the channel."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from sudare.base.errors import SudareError
from sudare.wire.channel.channel import BrowserEnd, ChannelState, OfficeEnd
from sudare.wire.channel.hpke import public_bytes

VECTORS = Path(__file__).parents[2] / "vectors" / "channel"
OFFICE = ec.derive_private_key(0x1234567890ABCDEF, ec.SECP256R1())
EPHEMERAL = ec.derive_private_key(0xFEDCBA0987654321, ec.SECP256R1())
CNF = hashlib.sha256(public_bytes(EPHEMERAL)).digest()
TICKET = "payload.signature"


def ends(hello=b'{"v":1}'):
    browser = BrowserEnd(public_bytes(OFFICE), TICKET, EPHEMERAL)
    office, heard = OfficeEnd.accept(browser.first(hello), OFFICE, TICKET, CNF)
    assert heard == hello
    return browser, office


def refusal(action, *args):
    with pytest.raises(SudareError) as caught:
        action(*args)
    return caught.value.code


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=2000)), max_size=12))
def test_what_one_end_seals_the_other_opens_in_order(messages):
    browser, office = ends()

    for upward, message in messages:
        sender, receiver = (browser, office) if upward else (office, browser)
        assert receiver.open(sender.seal(message)) == message


def test_the_state_goes_on_in_another_process_where_this_one_stopped():
    browser, office = ends()
    office.open(browser.seal(b"one"))
    browser.open(office.seal(b"two"))
    state = office.state()

    worker = OfficeEnd(ChannelState(state.up, state.down))

    assert worker.open(browser.seal(b"three")) == b"three"
    assert browser.open(worker.seal(b"four")) == b"four"


def test_a_message_does_not_open_twice_nor_out_of_order():
    browser, office = ends()
    first, second = browser.seal(b"1"), browser.seal(b"2")
    office.open(first)

    assert refusal(office.open, first) == "caller.malformed"
    assert refusal(office.open, second) == "caller.malformed"


def test_another_browser_key_than_the_tickets_is_refused():
    thief = ec.derive_private_key(77, ec.SECP256R1())
    first = BrowserEnd(public_bytes(OFFICE), TICKET, thief).first(b"{}")

    assert refusal(OfficeEnd.accept, first, OFFICE, TICKET, CNF) == "denied.ticket-key"


def test_a_channel_opened_with_another_ticket_is_refused():
    first = BrowserEnd(public_bytes(OFFICE), "other.ticket", EPHEMERAL).first(b"{}")

    assert refusal(OfficeEnd.accept, first, OFFICE, TICKET, CNF) == "caller.malformed"


def test_a_key_that_is_no_point_is_malformed():
    junk = b"\x04" + bytes(64)

    code = refusal(OfficeEnd.accept, junk + bytes(40), OFFICE, TICKET, hashlib.sha256(junk).digest())

    assert code == "caller.malformed"


@given(st.binary(max_size=200))
def test_garbage_is_refused(data):
    assert refusal(OfficeEnd.accept, data, OFFICE, TICKET, CNF) in {"caller.malformed", "denied.ticket-key"}


def test_a_message_over_the_limit_is_refused_before_it_is_opened():
    _, office = ends()

    assert refusal(office.open, bytes((1 << 20) + 1)) == "caller.malformed"


def test_the_golden_channel_stays_as_it_is():
    golden = json.loads((VECTORS / "channel.json").read_text())
    browser = BrowserEnd(public_bytes(OFFICE), golden["ticket"], EPHEMERAL)

    first = browser.first(golden["hello"].encode())
    office, _ = OfficeEnd.accept(first, OFFICE, golden["ticket"], CNF)

    assert first.hex() == golden["first"]
    assert [browser.seal(bytes.fromhex(plain)).hex() for plain in golden["plain"]] == golden["up"]
    assert [office.seal(bytes.fromhex(plain)).hex() for plain in golden["plain"]] == golden["down"]

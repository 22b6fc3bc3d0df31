"""Streams through a real edge over TLS, with the connector's part spoken by hand."""

import asyncio

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.browser import Ephemeral
from tests.support.byhand import Office, dial_back, raw, rest
from tests.support.frames import BINARY, CLOSE, TEXT, closing, frame
from tests.support.house import ORIGIN, close_frame_of, house

from sudare.gateway import relay
from sudare.runtime import clock
from sudare.wire.ticket.codec import sign
from sudare.wire.tunnel import messages as m

pytestmark = pytest.mark.anyio


def ticket(h, **change):
    return h.ticket(Ephemeral(), **change)


async def joined(h, office, **change):
    """A stream: ((device reader, writer), (office reader, writer))."""
    device = await h.device(ticket(h, **change)[1])
    status, *leg = await dial_back(h, (await office.hear(m.Open)).stream)
    assert status == 101
    return device, leg


async def passes(source, sink, data):
    source[1].write(data)
    async with asyncio.timeout(10):
        return await sink[0].readexactly(len(data)) == data


async def test_bytes_pass_both_ways_and_what_came_early_is_not_lost():
    async with house() as h:
        office = await Office.connect(h)
        device = await h.device(ticket(h)[1])
        early = bytes(range(256)) * 200
        device[1].write(early)

        status, *leg = await dial_back(h, (await office.hear(m.Open)).stream)

        assert status == 101
        async with asyncio.timeout(10):
            assert await leg[0].readexactly(len(early)) == early
        assert await passes(leg, device, b"down")
        assert await passes(device, leg, b"up")
        assert h.edge.streams() == 1


async def test_either_end_leaving_ends_the_other():
    async with house() as h:
        office = await Office.connect(h)
        for leaves in (0, 1):
            pair = await joined(h, office)

            pair[leaves][1].write(b"last words")
            pair[leaves][1].close()

            assert await rest(pair[1 - leaves][0]) == b"last words"


async def test_the_connector_gets_the_very_ticket():
    async with house() as h:
        office = await Office.connect(h)
        _, text = ticket(h)

        await h.device(text)

        assert (await office.hear(m.Open)).ticket == text


def another_key(h):
    return sign(ticket(h)[0], Ed25519PrivateKey.generate())


def expired(h):
    now = int(clock.now())
    return ticket(h, iat=now - 200, exp=now - 140)[1]


def too_early(h):
    now = int(clock.now())
    return ticket(h, iat=now + 100, exp=now + 160)[1]


def too_long(h):
    now = int(clock.now())
    return ticket(h, iat=now, exp=now + 3600)[1]


def changed(h):
    _, text = ticket(h)
    payload, signature = text.split(".")
    return f"{payload[:-2]}AA.{signature}"


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (another_key, "denied.ticket-signature"),
        (expired, "denied.ticket-expired"),
        (too_early, "denied.ticket-expired"),
        (too_long, "denied.ticket-expired"),
        (changed, "denied.ticket-malformed"),
        (lambda _: "x.y", "denied.ticket-malformed"),
        (lambda _: "x" * 5000, "denied.ticket-malformed"),
    ],
)
async def test_a_ticket_that_is_not_one_is_said_to_be_so_and_nobody_is_asked(made, code):
    async with house() as h:
        office = await Office.connect(h)

        reader, _ = await h.device(made(h))

        assert await close_frame_of(reader) == (4403, code)
        assert await rest(reader) == b""
        await office.settled()
        assert office.asked() == []


async def test_a_ticket_is_good_once():
    async with house() as h:
        office = await Office.connect(h)
        _, text = ticket(h)
        await h.device(text)
        await office.hear(m.Open)

        reader, _ = await h.device(text)

        assert await close_frame_of(reader) == (4403, "denied.ticket-replayed")
        await office.settled()
        assert office.asked() == []


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{ORIGIN}.evil.example", f"{ORIGIN}, {ORIGIN}"])
async def test_a_page_of_another_site_opens_nothing_and_costs_no_ticket(origin):
    async with house() as h:
        office = await Office.connect(h)
        _, text = ticket(h)

        reader, _ = await h.device(text, origin=origin)

        assert await close_frame_of(reader) == (4403, "denied.origin")
        await h.device(text)
        assert (await office.hear(m.Open)).ticket == text


async def test_without_its_connector_the_office_is_said_to_be_away():
    async with house() as h:
        await Office.connect(h, connector="c2")

        reader, _ = await h.device(ticket(h)[1])

        assert await close_frame_of(reader) == (4502, "office.connector-away")


@pytest.mark.parametrize(
    ("told", "close", "code"),
    [
        ("denied.target-not-listed", 4403, "denied.target-not-listed"),
        ("busy.sessions", 4429, "busy.sessions"),
        ("made.up", 4500, "bug.unexpected"),
    ],
)
async def test_the_connectors_refusal_is_passed_on(told, close, code):
    async with house() as h:
        office = await Office.connect(h)
        reader, _ = await h.device(ticket(h)[1])
        opened = await office.hear(m.Open)

        office.say(m.Refuse(opened.stream, told))

        assert await close_frame_of(reader) == (close, code)
        assert (await dial_back(h, opened.stream))[0] == 403


async def test_a_connector_that_is_slow_is_said_to_be_so_and_comes_too_late(monkeypatch):
    monkeypatch.setattr(relay, "PATIENCE_S", 0)
    async with house() as h:
        office = await Office.connect(h)

        reader, _ = await h.device(ticket(h)[1])

        assert await close_frame_of(reader) == (4502, "office.connector-slow")
        assert (await dial_back(h, (await office.hear(m.Open)).stream))[0] == 403


async def test_a_stream_id_is_good_once():
    async with house() as h:
        office = await Office.connect(h)
        device = await h.device(ticket(h)[1])
        stream = (await office.hear(m.Open)).stream
        first, *leg = await dial_back(h, stream)

        second, reader, _ = await dial_back(h, stream)

        assert (first, second) == (101, 403)
        assert await rest(reader) == b""
        assert await passes(leg, device, b"still there")


@pytest.mark.parametrize("stream", ["", "A" * 43])
async def test_an_unknown_stream_id_is_forbidden(stream):
    async with house() as h:
        await Office.connect(h)
        await h.device(ticket(h)[1])

        assert (await dial_back(h, stream))[0] == 403


async def test_a_dial_back_of_another_protocol_is_forbidden_and_costs_the_stream_nothing():
    async with house() as h:
        office = await Office.connect(h)
        device = await h.device(ticket(h)[1])
        stream = (await office.hear(m.Open)).stream

        assert (await dial_back(h, stream, protocol="websocket"))[0] == 403

        status, *leg = await dial_back(h, stream)
        assert status == 101
        assert await passes(leg, device, b"down")


async def test_a_device_that_left_is_not_joined():
    async with house() as h:
        office = await Office.connect(h)
        _, writer = await h.device(ticket(h)[1])
        stream = (await office.hear(m.Open)).stream

        writer.transport.abort()
        await h.until(lambda: h.edge.connections() == 1)

        assert (await dial_back(h, stream))[0] == 403


UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
KEY = b"Sec-WebSocket-Key: x\r\n"


@pytest.mark.parametrize(
    "fields",
    [
        b"",
        UPGRADE + KEY,
        UPGRADE + b"Sec-WebSocket-Protocol: sudare-1, x\r\n",
        UPGRADE + KEY + b"Sec-WebSocket-Protocol: x, sudare-1\r\n",
        UPGRADE + KEY + b"Sec-WebSocket-Protocol: sudare-1, x, y\r\n",
    ],
)
async def test_what_is_no_websocket_of_ours_is_told_to_upgrade(fields):
    async with house() as h:
        reader, _ = await raw(h, b"GET /relay/v1/stream HTTP/1.1\r\n" + fields + b"\r\n")

        assert (await rest(reader)).startswith(b"HTTP/1.1 426 ")


@pytest.mark.parametrize("by", ["session", "person", "device"])
async def test_a_cut_ends_the_streams_it_names_and_no_other_and_tells_the_connectors(by):
    claim = {"session": "ses", "person": "per", "device": "dev"}[by]
    async with house() as h:
        office = await Office.connect(h)
        doomed = await joined(h, office, **{claim: "x"})
        spared = await joined(h, office, **{claim: "y"})

        assert h.edge.cut(**{by: "x"}) == 1

        assert await rest(doomed[0][0]) == await rest(doomed[1][0]) == b""
        assert await office.hear(m.Cut) == m.Cut(**{by: "x"})
        assert await passes(spared[0], spared[1], b"still there")
        assert h.edge.streams() == 1


async def test_a_revoked_connectors_streams_are_cut():
    async with house() as h:
        doomed = await joined(h, await Office.connect(h))
        spared = await joined(h, await Office.connect(h, connector="c2"), con="c2")

        h.edge.drop("c1")

        assert await rest(doomed[0][0]) == await rest(doomed[1][0]) == b""
        assert await passes(spared[0], spared[1], b"still there")


async def test_a_cut_ends_a_stream_that_still_waits():
    async with house() as h:
        office = await Office.connect(h)
        reader, _ = await h.device(ticket(h, per="p9")[1])
        stream = (await office.hear(m.Open)).stream

        assert h.edge.cut(person="p9") == 1

        assert await rest(reader) == b""
        assert (await dial_back(h, stream))[0] == 403


@pytest.mark.parametrize("by", ["session", "person", "device"])
async def test_a_ticket_from_before_a_cut_opens_nothing_after_it_and_a_later_one_does(by):
    claim = {"session": "ses", "person": "per", "device": "dev"}[by]
    async with house() as h:
        office = await Office.connect(h)
        _, before = ticket(h, **{claim: "x"})
        h.edge.cut(**{by: "x"})

        reader, _ = await h.device(before)

        assert await close_frame_of(reader) == (4403, "denied.ticket-expired")
        now = int(clock.now())
        _, after = ticket(h, iat=now + 2, exp=now + 62, **{claim: "x"})
        await h.device(after)
        assert (await office.hear(m.Open)).ticket == after
        _, somebody_elses = ticket(h, **{claim: "y"})
        await h.device(somebody_elses)
        assert (await office.hear(m.Open)).ticket == somebody_elses


async def test_a_ticket_may_come_after_its_line_and_goes_no_further():
    async with house() as h:
        office = await Office.connect(h)
        device = await h.ready()
        await office.settled()
        assert office.asked() == []
        _, text = ticket(h)

        device[1].write(frame(TEXT, text.encode()) + b"hello")

        opened = await office.hear(m.Open)
        assert opened.ticket == text
        status, *leg = await dial_back(h, opened.stream)
        assert status == 101
        async with asyncio.timeout(10):
            assert await leg[0].readexactly(5) == b"hello"
        assert await passes(leg, device, b"down")
        assert await passes(device, leg, b"up")


async def test_a_late_ticket_is_good_once_like_any_other():
    async with house() as h:
        office = await Office.connect(h)
        _, text = ticket(h)
        await h.device(text)
        await office.hear(m.Open)
        reader, writer = await h.ready()

        writer.write(frame(TEXT, text.encode()))

        assert await close_frame_of(reader) == (4403, "denied.ticket-replayed")
        await office.settled()
        assert office.asked() == []


async def test_a_line_that_waits_is_no_way_around_a_cut():
    async with house() as h:
        await Office.connect(h)
        reader, writer = await h.ready()
        _, text = ticket(h, per="p9")
        h.edge.cut(person="p9")

        writer.write(frame(TEXT, text.encode()))

        assert await close_frame_of(reader) == (4403, "denied.ticket-expired")


async def test_a_page_of_another_site_gets_no_line_to_show_a_ticket_on():
    async with house() as h:
        reader, _ = await h.ready(origin="https://evil.example")

        assert await close_frame_of(reader) == (4403, "denied.origin")


@pytest.mark.parametrize(
    "said", [frame(BINARY, b"x"), frame(TEXT, b"x", mask=None), frame(TEXT, b"x" * 5000), b"GET /"]
)
async def test_what_is_no_ticket_ends_a_line_that_waits_for_one(said):
    async with house() as h:
        office = await Office.connect(h)
        reader, writer = await h.ready()

        writer.write(said)

        assert await close_frame_of(reader) == (4400, "caller.malformed")
        assert await rest(reader) == b""
        await office.settled()
        assert office.asked() == []


async def test_a_line_that_was_not_needed_is_let_go_without_a_word():
    async with house() as h:
        reader, writer = await h.ready()

        writer.write(frame(CLOSE, closing(1000)))

        assert await rest(reader) == b""
        await h.until(lambda: h.edge.connections() == 0)


async def test_a_line_waits_for_its_ticket_only_so_long(monkeypatch):
    monkeypatch.setattr(relay, "READY_S", 0)
    async with house() as h:
        reader, _ = await h.ready()

        assert await rest(reader) == b""
        await h.until(lambda: h.edge.connections() == 0)


async def test_cuts_are_forgotten_when_no_earlier_ticket_is_in_force():
    now = [1000.0]
    table = relay.Relay(
        origin=ORIGIN,
        ticket_keys={},
        ask=lambda *_: False,
        now=lambda: now[0],
        stream_id=lambda: bytes(32),
        vouched=lambda _: None,
    )
    for n in range(1000):
        now[0] += 1
        table.cut(person=f"p{n}")

    assert len(table._taken_back) < 100

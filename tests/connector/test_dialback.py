"""Tickets at the connector: what may be served is dialled, anything else is refused and nothing is dialled."""

import asyncio

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.browser import Ephemeral
from tests.support.byhand import Office, rest
from tests.support.desktops import free_port
from tests.support.house import close_frame_of, house

from sudare.base.encoding import b64
from sudare.connector.config import ConnectorConfig, Target, Worker
from sudare.connector.dialback import DialBack
from sudare.connector.identity import Identity
from sudare.connector.officedesk import ScheduleSettings
from sudare.runtime import clock
from sudare.wire.ticket.codec import key_id, sign
from sudare.wire.tunnel import messages as m

pytestmark = pytest.mark.anyio
PC = Target("pc", "企画-0123", "vnc", "127.0.0.1", 5900)
RDP = Target("pc2", "企画-0124", "rdp", "127.0.0.1", 3389)
SCHEDULE = ScheduleSettings("https://groupware.example/")


class Host:
    """A `SessionHost` that sends back what it gets, and remembers."""

    def __init__(self):
        self.served, self.ended, self.cuts = asyncio.Queue(), asyncio.Queue(), []

    async def accept(self, ticket, raw_ticket, reader, writer):
        self.served.put_nowait((ticket, raw_ticket))
        while data := await reader.read(65_536):
            writer.write(data)
        self.ended.put_nowait(ticket)

    def cut(self, **whom):
        self.cuts.append(whom)


class Dialling:
    """A dial-back under test, beside a control connection by hand."""

    def __init__(self, h, office, *targets, schedule=None, **facts_change):
        self.h, self.office = h, office
        keys = {kid: b64(key) for kid, key in h.keys.items()}
        facts = msgspec.structs.replace(office.identity.facts, ticket_keys=keys)
        facts = msgspec.structs.replace(facts, **facts_change)
        self.host, self.refused = Host(), []
        self.dialback = DialBack(
            ConnectorConfig(facts.gateway, "本庁", h.folder, Worker(), schedule, targets),
            Identity(office.identity.key, office.identity.seal, facts),
            host=self.host,
            refuse=lambda *refusal: self.refused.append(refusal),
            tasks=h.tasks,
            now=clock.now,
        )

    def open(self, ticket, stream="s1"):
        """As the gateway would ask; the code of the refusal, or empty."""
        before = len(self.refused)
        self.dialback.open(m.Open(stream, ticket))
        return self.refused[before][1] if len(self.refused) > before else ""


async def dialling(h, *targets, **more):
    return Dialling(h, await Office.connect(h), *(targets or (PC,)), **more)


async def test_a_good_ticket_is_dialled_back_and_bytes_pass():
    async with house() as h:
        d = await dialling(h)
        ticket, text = h.ticket(Ephemeral())
        reader, writer = await h.device(text)

        d.dialback.open(await d.office.hear(m.Open))
        writer.write(b"hello")

        assert await asyncio.wait_for(d.host.served.get(), 15) == (ticket, text)
        async with asyncio.timeout(15):
            assert await reader.readexactly(5) == b"hello"
        assert d.refused == []


async def test_a_stream_ends_with_its_device():
    async with house() as h:
        d = await dialling(h)
        ticket, text = h.ticket(Ephemeral())
        _, writer = await h.device(text)
        d.dialback.open(await d.office.hear(m.Open))
        await asyncio.wait_for(d.host.served.get(), 15)

        writer.close()

        assert await asyncio.wait_for(d.host.ended.get(), 15) == ticket
        await h.until(lambda: h.edge.connections() == 1)


def another_key(h):
    return sign(h.ticket(Ephemeral())[0], Ed25519PrivateKey.generate())


def another_key_under_a_known_name(h):
    """Signed by a stranger who calls the key by our key's name."""
    (kid,) = h.keys
    return sign(h.ticket(Ephemeral(), kid=kid)[0], Ed25519PrivateKey.generate())


def a_strangers_key(h):
    key = Ed25519PrivateKey.generate()
    return sign(h.ticket(Ephemeral(), kid=key_id(key.public_key().public_bytes_raw()))[0], key)


def expired(h):
    now = int(clock.now())
    return h.ticket(Ephemeral(), iat=now - 200, exp=now - 140)[1]


def for_an_hour(h):
    now = int(clock.now())
    return h.ticket(Ephemeral(), iat=now, exp=now + 3600)[1]


def with_rights_added(h):
    _, text = h.ticket(Ephemeral(), rgt={})
    other, _ = h.ticket(Ephemeral(), rgt={"input": True})
    return f"{b64(msgspec.json.encode(other))}.{text.split('.')[1]}"


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (another_key, "denied.ticket-signature"),
        (another_key_under_a_known_name, "denied.ticket-signature"),
        (a_strangers_key, "denied.ticket-signature"),
        (with_rights_added, "denied.ticket-signature"),
        (expired, "denied.ticket-expired"),
        (for_an_hour, "denied.ticket-expired"),
        (lambda h: h.ticket(Ephemeral(), con="c2")[1], "denied.ticket-connector"),
        (lambda h: h.ticket(Ephemeral(), tgt="pc9")[1], "denied.target-not-listed"),
        (lambda h: h.ticket(Ephemeral(), tgt="")[1], "denied.target-not-listed"),
        (lambda h: h.ticket(Ephemeral(), tgt="127.0.0.1:5900")[1], "denied.target-not-listed"),
        (lambda h: h.ticket(Ephemeral(), knd="api")[1], "denied.target-not-listed"),
        (lambda h: h.ticket(Ephemeral(), knd="shell")[1], "denied.target-not-listed"),
        (lambda h: h.ticket(Ephemeral(), tgt="api", knd="api")[1], "denied.target-not-listed"),
        (lambda _: "x", "denied.ticket-malformed"),
        (lambda _: "", "denied.ticket-malformed"),
    ],
)
async def test_a_ticket_that_permits_nothing_here_is_refused_and_nothing_is_dialled(made, code):
    async with house() as h:
        d = await dialling(h)
        await h.until(lambda: len(h.tasks) == 0)

        assert d.open(made(h)) == code

        assert d.refused == [("s1", code)]
        assert len(h.tasks) == 0


async def test_a_ticket_is_good_once_here_too():
    async with house() as h:
        d = await dialling(h)
        _, text = h.ticket(Ephemeral())
        assert d.open(text, "s1") == ""

        assert d.open(text, "s2") == "denied.ticket-replayed"


async def test_a_refused_ticket_is_not_used_up():
    async with house() as h:
        d = await dialling(h)
        honest, text = h.ticket(Ephemeral())
        forged = sign(honest, Ed25519PrivateKey.generate())

        assert d.open(forged) == "denied.ticket-signature"
        assert d.open(text) == ""


@pytest.mark.parametrize(("target", "kind"), [("pc", "screen"), ("pc2", "screen"), ("api", "api")])
async def test_whatever_is_configured_may_be_asked_for(target, kind):
    async with house() as h:
        d = await dialling(h, PC, RDP, schedule=SCHEDULE)

        assert d.open(h.ticket(Ephemeral(), tgt=target, knd=kind)[1]) == ""


async def test_the_desk_shows_no_screen():
    async with house() as h:
        d = await dialling(h, schedule=SCHEDULE)

        assert d.open(h.ticket(Ephemeral(), tgt="api", knd="screen")[1]) == "denied.target-not-listed"


async def test_new_ticket_keys_take_the_place_of_the_old():
    async with house() as h:
        d = await dialling(h)
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes_raw()
        d.dialback.learn({key_id(public): public})

        assert d.open(h.ticket(Ephemeral())[1]) == "denied.ticket-signature"
        assert d.open(sign(h.ticket(Ephemeral(), kid=key_id(public))[0], key)) == ""


@pytest.mark.parametrize("wrong", [{"gateway": f"https://127.0.0.1:{free_port()}"}, {"pin": "00" * 32}])
async def test_a_gateway_that_is_away_or_shows_another_key_gets_no_stream(wrong):
    async with house() as h:
        d = await dialling(h, **wrong)
        await h.device(h.ticket(Ephemeral())[1])

        d.dialback.open(await d.office.hear(m.Open))
        await h.until(lambda: len(h.tasks) == 0)

        assert d.host.served.empty()
        assert h.edge.streams() == 0


async def test_a_stream_the_gateway_does_not_know_is_not_served():
    async with house() as h:
        d = await dialling(h)

        d.dialback.open(m.Open("unknown", h.ticket(Ephemeral())[1]))
        await h.until(lambda: len(h.tasks) == 0)

        assert d.host.served.empty()


async def test_cuts_reach_the_sessions():
    async with house() as h:
        d = await dialling(h)

        d.dialback.cut(m.Cut(person="p1"))

        assert d.host.cuts == [{"session": "", "person": "p1", "device": ""}]


@pytest.mark.parametrize(
    ("change", "code"),
    [({"tgt": "pc9"}, "denied.target-not-listed"), ({"knd": "api"}, "denied.target-not-listed")],
)
async def test_the_browser_is_told_by_a_close_frame(change, code):
    async with house() as h:
        host = Host()
        h.connector(host, PC)
        await h.directory.until(lambda known: "c1" in known)

        reader, _ = await h.device(h.ticket(Ephemeral(), **change)[1])

        assert await close_frame_of(reader) == (4403, code)
        assert await rest(reader) == b""
        assert host.served.empty()

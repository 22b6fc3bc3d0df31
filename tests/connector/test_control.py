"""A connector's control connection to a real edge; its clock, its jitter and its waiting are the test's."""

import asyncio
import stat

import msgspec
import pytest
from tests.support.browser import Ephemeral
from tests.support.byhand import Office
from tests.support.desktops import free_port
from tests.support.house import house

from sudare.connector.config import ConnectorConfig, Target, Worker
from sudare.connector.control import ControlLine, catalogue
from sudare.connector.identity import FACTS, KEY, SEAL, Facts, Identity, key_pem, load, write_private
from sudare.connector.lagbook import LagBook
from sudare.connector.officedesk import ScheduleSettings
from sudare.connector.worker import job
from sudare.gateway.authority import LIFE
from sudare.runtime import clock
from sudare.runtime.loopdelay import LoopDelay
from sudare.wire.tunnel import messages as m

pytestmark = pytest.mark.anyio
PC = Target("pc", "企画-0123", "vnc", "127.0.0.1", 5900)
SCHEDULE = ScheduleSettings("https://groupware.example/")
WEEK = LIFE.total_seconds()


class Opener:
    """Remembers what the gateway asked for."""

    def __init__(self):
        self.opened, self.cuts = asyncio.Queue(), asyncio.Queue()

    def open(self, message):
        self.opened.put_nowait(message)

    def cut(self, message):
        self.cuts.put_nowait(message)


class Waiting:
    """Takes the place of sleeping: notes how long it would have been, and goes on when the test says so."""

    def __init__(self):
        self.told, self._go = asyncio.Queue(), asyncio.Queue()

    async def __call__(self, seconds):
        self.told.put_nowait(seconds)
        await self._go.get()

    async def next(self):
        """How long it waits now."""
        return await asyncio.wait_for(self.told.get(), 15)

    def go(self):
        self._go.put_nowait(None)


class Connector:
    """A control line under test and everything around it."""

    def __init__(self, h, *, identity=None, now=clock.now, jitter=lambda: 1.0, targets=(PC,), schedule=None, book=None):
        self.state = h.folder / "state"
        self.state.mkdir(exist_ok=True)
        self.identity = identity or h.identity()
        write_private(self.state / KEY, key_pem(self.identity.key))
        write_private(self.state / SEAL, key_pem(self.identity.seal))
        self.opener, self.waiting, self.keys = Opener(), Waiting(), []
        self.config = ConnectorConfig(
            self.identity.facts.gateway, "本庁", self.state, Worker(), schedule, tuple(targets)
        )
        self.line = ControlLine(
            self.config,
            self.identity,
            opener=self.opener,
            boot="boot",
            now=now,
            jitter=jitter,
            on_keys=self.keys.append,
            book=book,
            pause=self.waiting,
        )
        self.task = h.tasks.start(self.line.run(), name="control")


async def up(h, times=1):
    """Until the gateway knows what the connector offers, after that many admissions."""
    await h.directory.until(lambda known: "c1" in known and len(h.directory.admitted) >= times)


# -- once connected -----------------------------------------------------------


async def test_it_offers_what_is_configured_and_the_desk_only_with_a_groupware():
    async with house() as h:
        Connector(h, schedule=SCHEDULE)
        await up(h)

        known = h.directory.catalogues["c1"]
        assert known.site == "本庁"
        assert [(one.id, one.kind) for one in known.targets] == [("pc", "vnc"), ("api", "api")]


def test_without_a_groupware_there_is_no_desk(tmp_path):
    config = ConnectorConfig("https://g", "本庁", tmp_path, Worker(), None, (PC,))
    from sudare.connector.identity import new_key

    offered = catalogue(config, Identity(new_key(), new_key(), Facts("c1", "", {}, "")))

    assert [target.id for target in offered.targets] == ["pc"]


async def test_the_gateways_ticket_keys_are_learned_and_kept():
    async with house() as h:
        connector = Connector(h)
        await up(h)

        assert connector.keys == [h.keys]
        kept = connector.state / FACTS
        assert (
            msgspec.json.decode(kept.read_bytes(), type=Facts).ticket_keys == connector.line.identity.facts.ticket_keys
        )
        assert load(connector.state).ticket_keys() == h.keys
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600


async def test_what_the_gateway_asks_for_is_passed_on():
    async with house() as h:
        connector = Connector(h)
        await up(h)
        _, ticket = h.ticket(Ephemeral())

        await h.device(ticket)
        h.edge.cut(person="p9")

        assert (await asyncio.wait_for(connector.opener.opened.get(), 15)).ticket == ticket
        assert await asyncio.wait_for(connector.opener.cuts.get(), 15) == m.Cut(person="p9")


async def test_a_refusal_reaches_the_device():
    async with house() as h:
        connector = Connector(h)
        await up(h)
        reader, _ = await h.device(h.ticket(Ephemeral())[1])
        opened = await asyncio.wait_for(connector.opener.opened.get(), 15)

        connector.line.refuse(opened.stream, "denied.target-not-listed")

        async with asyncio.timeout(15):
            assert b"denied.target-not-listed" in await reader.read(100)


async def test_a_refusal_without_a_line_is_no_trouble():
    async with house() as h:
        connector = Connector(h, identity=elsewhere(h))
        await connector.waiting.next()

        connector.line.refuse("x", "busy.sessions")

        assert not connector.task.done()


# -- coming back --------------------------------------------------------------


def elsewhere(h):
    """The same connector, sent to where nobody listens."""
    identity = h.identity()
    facts = msgspec.structs.replace(identity.facts, gateway=f"https://127.0.0.1:{free_port()}")
    return Identity(identity.key, identity.seal, facts)


async def test_without_a_gateway_it_waits_twice_as_long_each_time_up_to_half_a_minute():
    async with house() as h:
        connector = Connector(h, identity=elsewhere(h))
        waits = []
        for _ in range(8):
            waits.append(await connector.waiting.next())
            connector.waiting.go()

        assert waits == [1, 2, 4, 8, 16, 30, 30, 30]


async def test_the_wait_is_anything_from_nothing_to_its_full_length():
    shares = [0.0, 0.25, 0.999]
    async with house() as h:
        connector = Connector(h, identity=elsewhere(h), jitter=iter(shares).__next__)
        waits = []
        for number in range(3):
            waits.append(await connector.waiting.next())
            if number < 2:
                connector.waiting.go()

        assert waits == [0.0, 0.5, 3.996]


async def test_it_comes_back_to_a_restarted_gateway_with_jitter():
    async with house() as h:
        connector = Connector(h, jitter=lambda: 0.25)
        await up(h)

        await h.edge.close()
        assert await connector.waiting.next() == 0.25
        connector.waiting.go()  # the gateway is still away
        assert await connector.waiting.next() == 0.5
        await h.open(port=h.port)
        connector.waiting.go()
        await up(h, times=2)

        assert h.edge.connected("c1")
        await h.edge.close()
        assert await connector.waiting.next() == 0.25  # and patience begins anew
        await h.open(port=h.port)


async def test_it_comes_back_after_its_line_was_cut():
    async with house() as h:
        connector = Connector(h)
        await up(h)

        (leg,) = h.edge._legs
        leg.abort()
        assert await connector.waiting.next() == 1
        connector.waiting.go()

        await up(h, times=2)
        assert h.edge.connected("c1")


async def test_a_revoked_connector_asks_ever_more_rarely():
    async with house() as h:
        h.directory.revoked.add("c1")
        connector = Connector(h)
        waits = []
        for _ in range(4):
            waits.append(await connector.waiting.next())
            connector.waiting.go()

        assert waits == [1, 2, 4, 8]
        assert not h.edge.connected("c1")


async def test_a_gateway_with_another_key_is_told_nothing():
    async with house() as h:
        identity = h.identity()
        facts = msgspec.structs.replace(identity.facts, pin="00" * 32)
        connector = Connector(h, identity=Identity(identity.key, identity.seal, facts))

        assert await connector.waiting.next() == 1
        assert h.directory.admitted == []


async def test_keys_nobody_can_read_do_not_end_the_connector():
    async with house(told=[m.TicketKey("k", "!")]) as h:
        connector = Connector(h)

        assert [await connector.waiting.next(), connector.waiting.go(), await connector.waiting.next()] == [1, None, 2]
        assert connector.keys == []
        assert not connector.task.done()


async def test_a_full_disk_does_not_end_the_connector(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    async with house() as h:
        connector = Connector(h)
        with monkeypatch.context() as patch:
            patch.setattr("sudare.connector.control.save_facts", full)
            await connector.waiting.next()
        connector.waiting.go()

        await up(h, times=2)


# -- the certificate ----------------------------------------------------------


@pytest.mark.parametrize(("share", "renewed"), [(0.65, False), (0.68, True)])
async def test_the_certificate_is_renewed_at_two_thirds_of_its_life_and_not_before(share, renewed):
    async with house() as h:
        connector = Connector(h, identity=h.identity(life_from=clock.now() - share * WEEK))
        await up(h)
        h.edge.cut(person="x")  # the gateway answers in order: what was asked for with the catalogue is done by now
        await asyncio.wait_for(connector.opener.cuts.get(), 15)
        if renewed:
            await h.until(lambda: h.directory.serials and connector.line.identity.key is not connector.identity.key)

        assert bool(h.directory.serials) == renewed
        assert (connector.line.identity.key is connector.identity.key) != renewed


async def test_the_renewed_certificate_is_used_from_then_on_and_by_a_restarted_connector():
    async with house() as h:
        old = h.identity(life_from=clock.now() - 0.7 * WEEK)
        connector = Connector(h, identity=old)
        await up(h)
        await h.until(lambda: connector.line.identity.key is not old.key)

        (leg,) = h.edge._legs
        leg.abort()
        await connector.waiting.next()
        connector.waiting.go()
        await up(h, times=2)

        (serial,) = h.directory.serials
        assert h.directory.admitted[1] == serial != h.directory.admitted[0]
        await Office.connect(h, load(connector.state))
        assert h.directory.admitted[2] == serial


async def test_a_long_standing_connection_renews_when_its_clock_says_so():
    late = [0.0]
    async with house() as h:
        connector = Connector(h, now=lambda: clock.now() + late[0])
        await up(h)
        assert h.directory.serials == []

        late[0] = 0.7 * WEEK
        (leg,) = h.edge._legs
        leg.write(m.encode(m.Ping(1)))  # something to wake up for

        await h.until(lambda: connector.line.identity.key is not connector.identity.key)
        assert len(h.directory.admitted) == 1


async def test_a_renewal_lost_with_its_line_is_asked_for_again():
    async with house() as h:
        forgetful = h.directory.renewed
        asked = asyncio.Event()

        async def lose(connector, serial):
            del connector, serial
            h.directory.renewed = forgetful
            asked.set()
            await asyncio.Event().wait()

        h.directory.renewed = lose
        old = h.identity(life_from=clock.now() - 0.7 * WEEK)
        connector = Connector(h, identity=old)
        await asyncio.wait_for(asked.wait(), 15)

        (leg,) = h.edge._legs
        leg.abort()
        await connector.waiting.next()
        connector.waiting.go()

        await h.until(lambda: connector.line.identity.key is not old.key)
        assert len(h.directory.serials) == 1


# -- lag ----------------------------------------------------------------------


def lag(keys):
    return job.Lag(keys, *[(60, 120)] * 6)


async def told(h, count):
    """(connector, session, keys) of the first figures that arrived."""
    await h.directory.until(lambda _: len(h.directory.lags) >= count)
    return [(connector, one.session, one.keys) for connector, one in h.directory.lags]


async def test_what_sessions_measured_is_said_as_soon_as_there_is_a_gateway():
    book = LagBook()
    book.heard("s1", lag(7))
    async with house() as h:
        Connector(h, book=book)

        assert await told(h, 1) == [("c1", "s1", 7)]


async def test_a_session_that_ended_meanwhile_is_told_of_at_the_next_pulse():
    book = LagBook()
    async with house(ping_s=1) as h:
        Connector(h, book=book)
        await up(h)

        book.heard("s1", lag(7))
        book.over("s1")

        assert await told(h, 1) == [("c1", "s1", 7)]


async def test_a_connector_that_is_stopped_says_what_it_still_knows():
    book = LagBook()
    book.heard("s1", lag(7))
    async with house() as h:
        connector = Connector(h, book=book)
        await told(h, 1)
        book.heard("s1", lag(9))

        connector.task.cancel()

        assert await told(h, 2) == [("c1", "s1", 7), ("c1", "s1", 9)]


async def test_a_ping_that_came_back_tells_sessions_what_the_way_to_the_gateway_takes(monkeypatch):
    monkeypatch.setattr(LoopDelay, "ms", 2000)  # a gateway that has far too much to do
    book, ways = LagBook(), asyncio.Queue()
    book.on_way = lambda *way: ways.put_nowait(way)
    async with house(ping_s=1) as h:
        Connector(h, book=book)

        gateway_ms, connector_ms = await asyncio.wait_for(ways.get(), 15)

        assert gateway_ms >= 2000
        assert connector_ms == 0

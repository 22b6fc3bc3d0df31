"""Two real connections joined, on both event loops, with the transports the edge uses."""

import asyncio
import contextlib
import hashlib
import random
import socket

import aiofastnet
import pytest
from tests.support.sockets import SECONDS, Peer, dial, trusting, until

from sudare.runtime import splice
from sudare.runtime.splice import HELD, LIMIT, Leg

pytestmark = pytest.mark.anyio
READ = 262_144  # the most one read brings
MUCH = 32 << 20  # more than buffers of kernels and TLS take
PIECE = random.Random(1).randbytes(65_536)


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


class Watched(Leg):
    """A leg that remembers how much ever waited in it."""

    __slots__ = ("ended", "most")

    def __init__(self, first=None):
        super().__init__(first)
        self.most = 0
        self.ended = []
        self.on_close = lambda: self.ended.append("once")

    def data_received(self, data):
        super().data_received(data)
        sink = self.peer or self
        sink.most = max(sink.most, sink.transport.get_write_buffer_size())

    def connection_lost(self, exc):
        super().connection_lost(exc)
        self.ended.append("lost")


class Junction:
    """Legs of real connections, and the peers at their far ends."""

    def __init__(self, stack):
        self._stack = stack

    async def leg(self, kind="tls", first=None):
        """One connection: our leg, their peer."""
        if kind == "unix":
            ours, theirs = socket.socketpair()
            peer = Peer(*await asyncio.open_unix_connection(sock=theirs))
            _, leg = await asyncio.get_running_loop().create_unix_connection(lambda: Watched(first), sock=ours)
        else:
            leg, peer = await self._accepted(kind, first)
        self._stack.callback(peer.close)
        self._stack.callback(leg.abort)
        return leg, peer

    async def _accepted(self, kind, first):
        loop = asyncio.get_running_loop()
        arrived = loop.create_future()

        class Arriving(Watched):
            __slots__ = ()

            def connection_made(self, transport):
                super().connection_made(transport)
                arrived.set_result(self)

        server = await aiofastnet.create_server(
            loop, lambda: Arriving(first), "127.0.0.1", 0, ssl=trusting()[1] if kind == "tls" else None
        )
        peer = await dial(server.sockets[0].getsockname()[1], tls=kind == "tls")
        leg = await arrived
        server.close()
        return leg, peer

    async def pair(self, one="tls", other="tls"):
        """Two legs joined, and their peers."""
        (a, far_a), (b, far_b) = await self.leg(one), await self.leg(other)
        a.join(b)
        return a, far_a, b, far_b


@pytest.fixture
async def junction(monkeypatch):
    monkeypatch.setattr(splice, "STALL_S", 3600)
    monkeypatch.setattr(splice, "LINGER_S", 3600)  # nothing here may end only because somebody lost patience
    async with asyncio.timeout(SECONDS + 5), contextlib.AsyncExitStack() as stack:
        yield Junction(stack)


kinds = pytest.mark.parametrize(("one", "other"), [("tls", "tls"), ("tls", "unix"), ("unix", "tls"), ("tcp", "tcp")])


@kinds
async def test_bytes_pass_both_ways_at_once_unchanged(junction, one, other):
    _, far_a, _, far_b = await junction.pair(one, other)
    up, down = random.Random(2).randbytes(3 << 20), random.Random(3).randbytes(2 << 20)

    _, _, came_up, came_down = await asyncio.gather(
        far_a.say(*(up[at : at + 70_001] for at in range(0, len(up), 70_001))),
        far_b.say(*(down[at : at + 999] for at in range(0, len(down), 999))),
        far_b.hear(len(up)),
        far_a.hear(len(down)),
    )

    assert hashlib.sha256(came_up).digest() == hashlib.sha256(up).digest()
    assert hashlib.sha256(came_down).digest() == hashlib.sha256(down).digest()


async def test_a_line_that_loses_packets_is_not_slowed_by_each_where_the_system_knows_how(junction):
    with socket.socket() as probe:
        with contextlib.suppress(OSError):  # then the system's own way is right
            probe.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"bbr")
        wanted = probe.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16)

    leg, _ = await junction.leg("tls")

    line = leg.transport.get_extra_info("socket")
    assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16) == wanted


@kinds
async def test_a_slow_reader_stops_its_writer_and_little_waits(junction, one, other):
    a, far_a, b, far_b = await junction.pair(one, other)
    saying = asyncio.ensure_future(far_a.say(*[PIECE] * (MUCH // len(PIECE))))
    await until(lambda: not a.transport.is_reading())
    assert not saying.done()

    heard = await far_b.hear(MUCH)
    await saying

    assert hashlib.sha256(heard).digest() == hashlib.sha256(PIECE * (MUCH // len(PIECE))).digest()
    assert LIMIT <= b.most <= LIMIT + READ + 4096
    await until(a.transport.is_reading)


async def test_a_slow_reader_does_not_stop_the_other_way(junction):
    a, far_a, _, far_b = await junction.pair()
    saying = asyncio.ensure_future(far_a.say(*[PIECE] * (MUCH // len(PIECE))))
    await until(lambda: not a.transport.is_reading())

    await far_b.say(b"stop!")

    assert await far_a.hear(5) == b"stop!"
    saying.cancel()


@pytest.mark.parametrize("kind", ["tls", "unix", "tcp"])
async def test_what_is_held_is_bounded_and_passes_in_order_when_joined(junction, kind):
    a, far_a = await junction.leg(kind)
    a.hold(b"from before ")
    saying = asyncio.ensure_future(far_a.say(*[PIECE] * (MUCH // len(PIECE))))
    await until(lambda: not a.transport.is_reading())
    assert HELD <= len(a.held) <= HELD + READ

    b, far_b = await junction.leg()
    a.join(b)

    assert await far_b.hear(12) == b"from before "
    assert hashlib.sha256(await far_b.hear(MUCH)).digest() == hashlib.sha256(PIECE * (MUCH // len(PIECE))).digest()
    await saying
    assert a.held == b""


async def test_what_both_sides_said_before_they_were_joined_arrives(junction):
    a, far_a = await junction.leg()
    b, far_b = await junction.leg()
    a.hold()
    b.hold(b"and ")
    await asyncio.gather(far_a.say(b"early bird"), far_b.say(b"worm"))
    await until(lambda: a.held == b"early bird" and b.held == b"and worm")

    b.join(a)

    assert await far_b.hear(10) == b"early bird"
    assert await far_a.hear(8) == b"and worm"
    assert (a.received, b.received) == (10, 4)


async def test_what_was_held_may_fill_the_other_side_and_still_stops_the_writer(junction):
    a, far_a = await junction.leg()
    b, far_b = await junction.leg()
    held = PIECE * 256
    a.hold(held)

    a.join(b)

    assert not a.transport.is_reading()
    saying = asyncio.ensure_future(far_a.say(*[PIECE] * (MUCH // len(PIECE))))
    heard = await far_b.hear(len(held) + MUCH)
    await saying
    assert hashlib.sha256(heard).digest() == hashlib.sha256(held + PIECE * (MUCH // len(PIECE))).digest()


async def test_a_side_that_was_full_before_it_was_joined_stops_its_writer(junction):
    a, far_a = await junction.leg()
    b, far_b = await junction.leg()
    b.write(PIECE * 256)
    assert not b.transport.is_reading()

    a.join(b)

    assert (a.transport.is_reading(), b.transport.is_reading()) == (False, True)
    await far_b.hear(len(PIECE) * 256)
    await far_a.say(b"now")
    assert await far_b.hear(3) == b"now"


@pytest.mark.parametrize("kind", ["tls", "unix", "tcp"])
async def test_who_does_not_take_the_answers_is_not_asked_for_more(junction, kind):
    leg, far = await junction.leg(kind, first=lambda leg, data: leg.write(data))
    saying = asyncio.ensure_future(far.say(*[PIECE] * (MUCH // len(PIECE))))
    await until(lambda: not leg.transport.is_reading())
    assert not saying.done()

    heard = await far.hear(MUCH)
    await saying

    assert hashlib.sha256(heard).digest() == hashlib.sha256(PIECE * (MUCH // len(PIECE))).digest()
    assert leg.most <= LIMIT + READ + 4096


async def test_answers_taken_late_do_not_make_a_full_hold_read_on(junction):
    leg, far = await junction.leg()
    leg.hold(bytes(HELD))
    leg.write(PIECE * 256)

    await far.hear(len(PIECE) * 256)
    await until(lambda: not leg.full)

    assert not leg.transport.is_reading()


@kinds
async def test_the_last_words_of_one_who_leaves_arrive_and_then_the_end(junction, one, other):
    a, far_a, b, far_b = await junction.pair(one, other)
    last = PIECE * 100
    saying = asyncio.ensure_future(far_a.say(last))
    saying.add_done_callback(lambda _: far_a.close())

    heard = await far_b.rest()

    assert hashlib.sha256(heard).digest() == hashlib.sha256(last).digest()
    await until(lambda: a.ended == b.ended == ["once", "lost"])


@pytest.mark.parametrize("kind", ["unix", "tcp"])
async def test_who_half_closes_has_left(junction, kind):
    a, far_a, b, far_b = await junction.pair(kind, "tls")
    await far_a.say(b"my last word")

    far_a.half_close()

    assert await far_b.rest() == b"my last word"
    assert await far_a.rest() == b""
    await until(lambda: a.ended == b.ended == ["once", "lost"])


@kinds
async def test_an_aborted_connection_ends_the_other(junction, one, other):
    a, far_a, b, far_b = await junction.pair(one, other)
    await far_a.say(b"x")
    assert await far_b.hear(1) == b"x"

    far_a.reset()

    assert await far_b.rest() == b""
    await until(lambda: a.ended == b.ended == ["once", "lost"])


@kinds
async def test_an_aborted_reader_ends_a_writer_that_was_stopped(junction, one, other):
    a, far_a, b, far_b = await junction.pair(one, other)
    saying = asyncio.ensure_future(far_a.say(*[PIECE] * (MUCH // len(PIECE))))
    await until(lambda: not a.transport.is_reading())

    far_b.reset()

    with contextlib.suppress(OSError):  # or it is told nothing: a closing TLS transport swallows what is written
        await saying
    await until(lambda: a.ended == b.ended == ["once", "lost"])


@pytest.mark.parametrize("joined", [True, False])
async def test_a_closed_connection_is_gone_in_time_though_its_peer_takes_nothing(junction, monkeypatch, joined):
    monkeypatch.setattr(splice, "LINGER_S", 0.05)
    a, far_a = await junction.leg()
    b, far_b = await junction.leg()
    if joined:
        b.join(a)
    a.write(PIECE * 256)

    a.close()

    await until(lambda: a.ended == ["once", "lost"])
    assert b.ended == (["once", "lost"] if joined else [])
    del far_a, far_b


async def test_a_peer_that_takes_what_waits_gets_all_of_it_after_a_close(junction):
    leg, far = await junction.leg()
    leg.write(PIECE * 100)

    leg.close()
    leg.write(b"too late")

    heard = await far.rest()
    assert hashlib.sha256(heard[: len(PIECE) * 100]).digest() == hashlib.sha256(PIECE * 100).digest()
    await until(lambda: leg.ended == ["once", "lost"])


@kinds
async def test_aborting_ends_both_at_once_whatever_waits(junction, one, other):
    a, far_a, b, far_b = await junction.pair(one, other)
    saying = asyncio.ensure_future(far_a.say(*[PIECE] * (MUCH // len(PIECE))))
    await until(lambda: not a.transport.is_reading())

    a.abort()

    await until(lambda: a.ended == b.ended == ["once", "lost"])
    with contextlib.suppress(OSError):  # or it is told nothing: a closing TLS transport swallows what is written
        await saying
    assert len(await far_b.rest()) < MUCH


@pytest.mark.parametrize("gone", ["device", "office"])
async def test_joining_one_who_has_left_ends_the_other(junction, gone):
    (a, far_a), (b, far_b) = await junction.leg(), await junction.leg()
    left, stays, far_stays = (a, b, far_b) if gone == "device" else (b, a, far_a)
    a.hold()
    b.hold()
    (far_a if gone == "device" else far_b).close()
    await until(lambda: left.ended == ["once", "lost"])
    assert stays.ended == []

    a.join(b)

    assert await far_stays.rest() == b""
    await until(lambda: stays.ended == ["once", "lost"])
    left.write(b"to nobody")


async def test_bytes_go_where_they_were_last_told_to(junction):
    heard = []
    leg, far = await junction.leg(first=lambda _, data: heard.append(("first", data)))
    await far.say(b"1")
    await until(lambda: heard == [("first", b"1")])

    leg.redirect(lambda _, data: heard.append(("second", data)))
    await far.say(b"2")
    await until(lambda: heard[1:] == [("second", b"2")])
    leg.hold(b"rest ")
    await far.say(b"3")

    await until(lambda: leg.held == b"rest 3")
    assert len(heard) == 2


async def test_a_leg_knows_who_is_at_the_other_end(junction):
    leg, far = await junction.leg()
    local, _ = await junction.leg("unix")
    address, port = far.writer.get_extra_info("sockname")

    assert leg.peer_name() == ("TCP4", address, port)
    assert leg.address() == "127.0.0.1"
    assert local.peer_name() == Leg().peer_name() == ("TCP4", "0.0.0.0", 0)


async def test_a_leg_over_ipv6_says_so():
    loop, legs = asyncio.get_running_loop(), []
    server = await loop.create_server(lambda: legs.append(Leg()) or legs[0], "::1", 0)
    _, writer = await asyncio.open_connection("::1", server.sockets[0].getsockname()[1])
    await until(lambda: legs and legs[0].transport)

    assert legs[0].peer_name() == ("TCP6", "::1", writer.get_extra_info("sockname")[1])
    writer.close()
    legs[0].close()
    server.close()


async def test_small_pieces_leave_at_once(junction):
    leg, _ = await junction.leg()

    assert leg.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


async def test_who_takes_nothing_in_time_is_let_go_and_so_is_the_one_who_was_stopped_for_it(junction, monkeypatch):
    monkeypatch.setattr(splice, "STALL_S", 0.05)
    a, far_a, b, _ = await junction.pair()
    saying = asyncio.ensure_future(far_a.say(*[PIECE] * (MUCH // len(PIECE))))

    await until(lambda: a.ended == b.ended == ["once", "lost"])

    with contextlib.suppress(OSError):  # or it is told nothing: a closing TLS transport swallows what is written
        await saying

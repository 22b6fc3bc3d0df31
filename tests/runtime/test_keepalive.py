import asyncio
import socket

import pytest
from tests.support.house import house

from sudare.runtime.dial import Gateway, connect
from sudare.runtime.keepalive import EVERY_S, IDLE_S, PROBES, UNANSWERED_MS, notice_loss
from sudare.runtime.splice import Leg

pytestmark = pytest.mark.anyio


def settings(line):
    names = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
    asked = bool(line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
    return asked, *(line.getsockopt(socket.IPPROTO_TCP, name) for name in names)


NOTICES = (True, IDLE_S, EVERY_S, PROBES, UNANSWERED_MS)


async def test_the_kernel_is_asked_to_look_whether_the_other_end_is_still_there():
    with socket.socket() as line:
        before = settings(line)

        notice_loss(line)

        assert before[0] is False
        assert settings(line) == NOTICES


async def test_a_vanished_end_is_noticed_before_its_session_would_have_ended():
    assert IDLE_S + EVERY_S * PROBES < 120
    assert UNANSWERED_MS < 120_000


async def test_every_connection_through_the_edge_is_watched_on_both_of_its_ends():
    arrived = asyncio.get_running_loop().create_future()

    class Arrived(Leg):
        def connection_made(self, transport):
            super().connection_made(transport)
            arrived.set_result(settings(transport.get_extra_info("socket")))

    async with house() as h:
        server = await asyncio.get_running_loop().create_server(Arrived, "127.0.0.1", 0)
        async with server:
            with socket.create_connection(server.sockets[0].getsockname()):
                assert await arrived == NOTICES

        line = await connect(Gateway("127.0.0.1", h.port, h.spki))
        dialled = settings(line.writer.get_extra_info("socket"))
        line.writer.close()

    assert dialled == NOTICES

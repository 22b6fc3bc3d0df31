import socket

import pytest

from sudare.base.errors import SudareError
from sudare.connector import officepc
from sudare.connector.config import Target

pytestmark = pytest.mark.anyio


async def test_a_pc_that_listens_gives_a_socket_that_waits_for_nothing():
    pc = socket.create_server(("127.0.0.1", 0))
    target = Target("a", "a", "vnc", "127.0.0.1", pc.getsockname()[1])

    with pc, await officepc.dial(target) as line:
        pc.accept()[0].close()

        assert not line.getblocking()
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
async def test_a_pc_that_is_off_or_not_known_is_unreachable(host):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(SudareError) as caught:
        await officepc.dial(Target("pc-7", "a", "vnc", host, port))

    assert caught.value.code == "office.pc-unreachable"
    assert "pc-7" in caught.value.detail

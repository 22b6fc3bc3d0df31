"""A browser on one end of a real socket, past its hello; the office's end is for the test to give away."""

import asyncio
import contextlib
import socket

from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.browser import Browser, Ephemeral

from sudare.base.encoding import unb64
from sudare.wire.channel.channel import OfficeEnd
from sudare.wire.channel.hpke import public_bytes
from sudare.wire.screen import inputs as i
from sudare.wire.screen import records as r


class Tab(Browser):
    """A browser whose office end (`sock`, `channel`) is still free."""

    def __init__(self, reader, writer, sock, seal):
        ephemeral = Ephemeral()
        super().__init__(reader, writer, seal_public=public_bytes(seal), raw_ticket="ticket", ephemeral=ephemeral)
        first = self._channel.first(b"hello")
        self.sock = sock
        self.channel = OfficeEnd.accept(first, seal, "ticket", unb64(ephemeral.cnf))[0].state()
        self._pings = 0

    def updates(self):
        """The records with pixels so far."""
        return [record for record in self.records if isinstance(record.body, r.Update)]

    def newest(self):
        """Sequence number of the newest record."""
        return max((record.seq for record in self.records), default=0)

    async def caught_up(self):
        """
        Take all that was said up to now.

        A PONG leaves before what its PING wakes the loop for; the second one leaves after that.
        """
        for _ in range(2):
            self._pings += 1
            wanted = self._pings
            self.send(i.Ping(wanted))
            assert await self.until(lambda n=wanted: r.Pong(n) in [record.body for record in self.records])

    async def ended(self):
        """The close frame that ended the line: (code, reason)."""
        await self.until(lambda: False)
        return self.closed

    def vanish(self):
        """As if the device lost power."""
        self.writer.transport.abort()


@contextlib.asynccontextmanager
async def tabs():
    """Makes browsers; they end with the block."""
    seal = ec.generate_private_key(ec.SECP256R1())
    made = []

    async def tab():
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        made.append(Tab(*await asyncio.open_unix_connection(sock=ours), theirs, seal))
        return made[-1]

    try:
        yield tab
    finally:
        for one in made:
            one.writer.close()
            one.sock.close()
            with contextlib.suppress(OSError):
                await one.writer.wait_closed()

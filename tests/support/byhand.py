"""The tunnel spoken by hand: a connector that does only what a test tells it to, and raw connections to the edge."""

import asyncio
import contextlib

from sudare.base.errors import SudareError
from sudare.runtime import clock
from sudare.runtime.dial import Gateway, connect, upgrade
from sudare.wire.tunnel import messages as m
from sudare.wire.tunnel.connector_end import ConnectorEnd

WITHIN_S = 15


def gateway(h):
    return Gateway("127.0.0.1", h.port, h.spki)


async def raw(h, data=b""):
    """(reader, writer) of a TLS connection that has sent this."""
    line = await connect(gateway(h))
    h.opened.append(line.writer)
    line.writer.write(data)
    return line.reader, line.writer


async def rest(reader):
    """All that comes until the edge closes, gently or not."""
    out = b""
    async with asyncio.timeout(WITHIN_S):
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                out += data
    return out


async def dial_back(h, stream, protocol="sudare-1"):
    """A data connection: (status, reader, writer)."""
    reader, writer = await raw(
        h,
        f"GET /tunnel/v1/data HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n"
        f"Sudare-Stream: {stream}\r\n\r\n".encode(),
    )
    async with asyncio.timeout(WITHIN_S):
        head = await reader.readuntil(b"\r\n\r\n")
    return int(head.split()[1]), reader, writer


class Office:
    """A connector's control connection."""

    def __init__(self, identity, line, end):
        self.identity, self.end = identity, end
        self.reader, self.writer = line.reader, line.writer
        self._heard = []
        self._pings = 0

    @classmethod
    async def begin(cls, h, identity=None, *, connector="c1", key=None, spki=None):
        """Connected, nothing said yet; `key` and `spki` for those who are not what they say."""
        identity = identity or h.identity(connector)
        line = await upgrade(gateway(h), "/tunnel/v1/control", "sudare-control-1")
        h.opened.append(line.writer)
        end = ConnectorEnd(
            clock.now(),
            name=connector,
            boot="boot",
            generation=1,
            key=key or identity.key,
            certificate=identity.facts.certificate,
            spki=spki or line.spki,
        )
        return cls(identity, line, end)

    @classmethod
    async def connect(cls, h, identity=None, **more):
        """Welcome. Raises SudareError with the gateway's code when it is not."""
        office = await cls.begin(h, identity, **more)
        await office.hear(m.Welcome)
        return office

    async def hear(self, kind):
        """The next message of this kind; EOFError when the gateway leaves before."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                self.writer.write(self.end.data_to_send())
                found = next((one for one in self._heard if isinstance(one, kind)), None)
                if found is not None:
                    self._heard.remove(found)
                    return found
                data = await self.reader.read(65_536)
                if not data:
                    raise EOFError
                self._heard += self.end.receive(data, clock.now())

    def say(self, message):
        """Anything, in turn or not."""
        self.writer.write(m.encode(message))

    async def gone(self):
        """Until the gateway has closed; the code it gave, if any."""
        try:
            await self.hear(())
        except SudareError as failure:
            return failure.code
        except (OSError, EOFError):
            return ""

    def asked(self):
        """The `open`s heard so far and not taken."""
        return [one for one in self._heard if isinstance(one, m.Open)]

    async def settled(self):
        """Until everything the gateway sent before now was heard: it answers a ping in order."""
        self._pings += 1
        self.say(m.Ping(self._pings))
        pong, seen = m.encode(m.Pong(self._pings)).removesuffix(b"}\n"), b""
        async with asyncio.timeout(WITHIN_S):
            while not (pong + b"}" in seen or pong + b"," in seen):  # it may say how late it is, too
                data = await self.reader.read(65_536)
                if not data:
                    raise EOFError
                seen += data
                self._heard += self.end.receive(data, clock.now())

"""A whole gateway in this process: what `sudare gateway init` makes, with edge, API, database and keeper."""

import asyncio
import contextlib
import secrets

from tests.support.desktops import free_port
from tests.support.house import handshake

from sudare.entry.config import read_gateway
from sudare.entry.gateway import Gateway, behind_edge, build_edge, serving
from sudare.entry.gateway_init import FILE, init, installation
from sudare.gateway.api.desk import Desk
from sudare.runtime import clock
from sudare.runtime.dial import Gateway as Target
from sudare.runtime.dial import connect
from sudare.runtime.tasks import Tasks
from sudare.runtime.tls import spki_of_file


class Installation:
    """`url`, `pin` (hex), `directory`; `gateway`, `edge` and `desk` inside; `link` is the first administrator's."""

    def __init__(self, directory, url, link, gateway, edge):
        self.directory, self.url, self.link, self.gateway, self.edge = directory, url, link, gateway, edge
        self.certificate = directory / "tls.pem"
        self.pin = spki_of_file(self.certificate).hex()
        self.desk = Desk(gateway.stores, installation(gateway.config, "すだれ市"), actor="operator")
        self.opened = []

    async def device(self, ticket):
        """A browser's stream: (reader, writer) after the 101."""
        line = await connect(Target.of(self.url, self.pin))
        self.opened.append(line.writer)
        await handshake(line, ticket, self.url)
        return line.reader, line.writer

    def ticket(self, connector, target, ephemeral, **change):
        """A ticket as the API would make it."""
        claims = {
            "con": connector, "tgt": target, "knd": "api" if target == "api" else "screen", "ten": "main", "per": "p1",
            "acc": "yamada", "nam": "山田 花子", "dev": "", "ses": secrets.token_hex(16), "rgt": {"input": True},
            "cnf": ephemeral.cnf,
        }  # fmt: skip
        return self.gateway.tickets.issue(claims | change, clock.now())

    async def until(self, condition, within=30):
        """Until it is so; looked at a hundred times a second."""
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - the edge has no event for it
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def installed(directory):
    """Runs for the length of the block."""
    port = free_port()
    url, listen = f"https://localhost:{port}", f"127.0.0.1:{port}"
    link = await init(directory, url, organisation="すだれ市", admin="admin", listen=listen)
    gateway = Gateway(read_gateway(directory / FILE))
    async with Tasks("edge") as tasks:
        edge = build_edge(gateway, directory / "api.sock", tasks)
        app, keeper = await gateway.start(edge)
        async with serving(behind_edge(app, directory / "api.sock"), keeper):
            await edge.start()
            made = Installation(directory, url, link, gateway, edge)
            try:
                yield made
            finally:
                await edge.close()
                for writer in made.opened:
                    writer.transport.abort()
    await gateway.database.close()

"""A whole gateway in this process: what `sudare gateway init` makes, with edge, API, database and keeper."""

import contextlib

from tests.support.desktops import free_port

from sudare.entry.config import read_gateway
from sudare.entry.gateway import Gateway, behind_edge, build_edge, serving
from sudare.entry.gateway_init import FILE, init, installation
from sudare.gateway.api.desk import Desk
from sudare.runtime.tasks import Tasks
from sudare.runtime.tls import spki_of_file


class Installation:
    """`url`, `pin` (hex), `directory`; `gateway`, `edge` and `desk` inside; `link` is the first administrator's."""

    def __init__(self, directory, url, link, gateway, edge):
        self.directory, self.url, self.link, self.gateway, self.edge = directory, url, link, gateway, edge
        self.certificate = directory / "tls.pem"
        self.pin = spki_of_file(self.certificate).hex()
        self.desk = Desk(gateway.stores, installation(gateway.config, "すだれ市"), actor="operator")


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
            try:
                yield Installation(directory, url, link, gateway, edge)
            finally:
                await edge.close()
    await gateway.database.close()

"""
The gateway's composition root: `build` is the whole wiring.

store -> repositories -> API (uvicorn on a unix socket) <- edge (TLS, tunnels, splice) <- the world.
"""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from sudare.entry.config import GatewayConfig
from sudare.entry.gateway_init import installation
from sudare.entry.gateway_keys import read
from sudare.entry.gateway_signers import TicketSigner
from sudare.entry.gateway_store import TENANT, Directory, Repositories, repositories
from sudare.gateway.api.context import Context, Keys
from sudare.gateway.asgi import application
from sudare.gateway.authority import ConnectorAuthority
from sudare.gateway.controls import ControlConfig
from sudare.gateway.cuts import Cuts
from sudare.gateway.edge import Edge, EdgeConfig
from sudare.gateway.keeper import Keeper, Sweep
from sudare.gateway.ports import Tunnels
from sudare.gateway.problems import Sentences
from sudare.gateway.proxyline import ProxiedHTTP
from sudare.gateway.static import FrontEnd
from sudare.runtime import clock
from sudare.runtime.limits import open_files
from sudare.runtime.logs import get_logger
from sudare.runtime.tasks import Tasks
from sudare.runtime.tls import server_context, spki_of_file
from sudare.store.database import Database
from sudare.wire.tunnel.messages import TicketKey

log = get_logger()
_GRACE_S = 10
_TICK_S = 1.0
_OTHER_FILES = 256  # databases, logs, the loop's own
_SESSIONS_KEPT_S = 90 * 86_400.0
_REVOCATIONS_KEPT_S = 86_400.0


class NoTunnels:
    """No connector ever: the gateway without its edge (`--plain`, for trying the API)."""

    def connected(self, connector: str) -> bool:  # noqa: ARG002 - the port's name
        """Whether a control connection is up."""
        return False

    def cut(self, *, session: str = "", person: str = "", device: str = "") -> int:  # noqa: ARG002 - the port's names
        """End these streams."""
        return 0

    def drop(self, connector: str) -> None:
        """End a revoked connector's connection."""


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers, woken once a second, not ten times: stopping is decided here."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Finish what is being answered, and no more."""
        self.should_exit = True
        self._stopped.set()

    async def main_loop(self) -> None:
        """Until told to stop; a tick sets the date of the answers."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), _TICK_S)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class Gateway:
    """
    One node's parts that need no socket. The edge is built of `directory`, `authority` and `tickets`; the API and the
    keeper are built of this and the edge's tunnels.
    """

    def __init__(self, config: GatewayConfig) -> None:
        self.config = config
        self.database = Database(config.database)
        self.stores: Repositories = repositories(self.database)
        keys = read(config.keys)
        self.master = keys.master
        self.tickets = TicketSigner(keys.ticket)
        self.authority = ConnectorAuthority(keys.authority_key, keys.authority)
        self.directory = Directory(self.stores.connectors, self.stores.lags)

    async def start(self, tunnels: Tunnels) -> tuple[ASGIApp, Keeper]:
        """The web application and the housekeeper; the database is brought up to date first."""
        await self.database.migrate()
        await self.stores.connectors.none_connected(clock.now())
        here = installation(self.config, await self.stores.people.tenant_name(TENANT))
        cuts = Cuts(self.stores.revocations, tunnels)
        await cuts.start()
        context = Context(
            here,
            self.stores.for_api(),
            Keys(self.master, self.tickets, self.authority),
            tunnels=tunnels,
            cuts=cuts,
            sentences=Sentences.beside(self.config.static),
            clock=clock.now,
            common_passwords=common_passwords(),
        )
        keeper = Keeper(self.stores.web_sessions, self.stores.record, cuts, here.limits, self._sweeps())
        return application(context, FrontEnd(self.config.static)), keeper

    def _sweeps(self) -> tuple[Sweep, ...]:
        stores = self.stores
        return (
            Sweep(stores.people.forget_invitations),
            Sweep(stores.connectors.forget_join_tokens),
            Sweep(stores.attempts.forget),
            Sweep(stores.sessions.forget, after_s=_SESSIONS_KEPT_S),
            Sweep(stores.revocations.forget, after_s=_REVOCATIONS_KEPT_S),
        )


def common_passwords() -> frozenset[str]:
    """The blocklist shipped with the product."""
    text = (files("sudare.entry") / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


async def run_plain(config: GatewayConfig) -> None:
    """The API alone, with TLS by uvicorn: for trial and tests, not for the public edge."""
    stop = told_to_stop()
    gateway = Gateway(config)
    app, keeper = await gateway.start(NoTunnels())
    settings = _settings(app)
    settings.host, settings.port = config.listen
    settings.ssl_certfile, settings.ssl_keyfile = str(config.certificate), str(config.key)
    async with serving(Server(settings), keeper):
        await stop.wait()
    await gateway.database.close()


async def run(config: GatewayConfig) -> None:
    """The whole gateway, until SIGTERM."""
    stop = told_to_stop()
    gateway = Gateway(config)
    socket = config.state / "api.sock"
    async with Tasks("edge") as tasks:
        edge = build_edge(gateway, socket, tasks)
        app, keeper = await gateway.start(edge)
        async with serving(behind_edge(app, socket), keeper):
            socket.chmod(0o600)
            await edge.start()
            await stop.wait()
            await edge.close()
    await gateway.database.close()


def build_edge(gateway: Gateway, socket: Path, tasks: Tasks) -> Edge:
    """The listening port of this node."""
    config, tickets = gateway.config, gateway.tickets
    told = [TicketKey(one["kid"], one["key"]) for one in tickets.public_keys()]
    settings = EdgeConfig(
        host=config.listen[0],
        port=config.listen[1],
        tls=server_context(config.certificate, config.key),
        api_socket=str(socket),
        origin=config.url,
        ticket_keys={tickets.kid: tickets.public},
        control=ControlConfig(spki_of_file(config.certificate), told, config.host),
        **connections(open_files()),
    )
    return Edge(settings, directory=gateway.directory, authority=gateway.authority, tasks=tasks, now=clock.now)


def connections(files: int) -> dict[str, int]:
    """How many connections the edge takes with so many files: a browser's to the API costs three."""
    most = max(16, min(30_000, (files - _OTHER_FILES) // 3))
    return {"max_connections": most, "max_per_network": max(8, min(2_000, most // 8))}


@asynccontextmanager
async def serving(server: Server, keeper: Keeper) -> AsyncIterator[None]:
    """The API and the keeper, for as long as the block runs; requests under way are finished at the end."""
    async with Tasks("gateway") as tasks:
        served = tasks.start(server.serve(), name="api")
        tasks.start(keeper.run(clock.now), name="keeper")
        try:
            while not server.started and not served.done():  # noqa: ASYNC110 - uvicorn tells by a flag only
                await asyncio.sleep(0.01)
            log.info("gateway.started")
            yield
        finally:
            server.stop()
            await asyncio.wait({served}, timeout=_GRACE_S)
            tasks.cancel_all()
    log.info("gateway.stopped")


def behind_edge(app: ASGIApp, socket: Path) -> Server:
    """Uvicorn on a unix socket, every connection beginning with a PROXY line."""
    settings = _settings(app)
    settings.uds, settings.http = str(socket), ProxiedHTTP
    return Server(settings)


def told_to_stop() -> asyncio.Event:
    """Set at SIGTERM or SIGINT; asked for first, so that a signal while starting stops in order too."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _settings(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        ws="none",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_GRACE_S,
    )

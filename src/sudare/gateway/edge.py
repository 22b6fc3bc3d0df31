"""
The one port: TLS, and a decision a connection by the first request's head: relay, tunnel, or API.

INVARIANT: the edge knows no database and reads nothing of a stream; the API is behind a unix socket.
INVARIANT: a head takes at most 16 KiB and 10 seconds, and the handshake before it as long, whoever sends it.
INVARIANT: one network holds at most `max_per_network` connections; who showed a ticket or a stream id is not counted,
so an office behind one address does not crowd itself out.
"""

import asyncio
import secrets
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import aiofastnet

from sudare.base.errors import SudareError
from sudare.gateway.controls import ControlConfig, Controls
from sudare.gateway.network import network_of
from sudare.gateway.ports import Authority, ConnectorDirectory
from sudare.gateway.relay import Relay
from sudare.runtime.logs import get_logger
from sudare.runtime.loopdelay import LoopDelay
from sudare.runtime.splice import Leg
from sudare.runtime.tasks import Tasks
from sudare.wire.tunnel import messages as m
from sudare.wire.tunnel.head import end_of_head, parse, plain_answer, upgrade_answer

HEAD_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class EdgeConfig:
    """Where to listen and what to say; `ticket_keys`: key id to raw Ed25519 public key."""

    host: str
    port: int
    tls: ssl.SSLContext
    api_socket: str
    origin: str
    ticket_keys: dict[str, bytes]
    control: ControlConfig
    max_connections: int = 30_000
    max_per_network: int = 2_000


class Edge:
    """The listening port and everything joined through it; `gateway.ports.Tunnels` for the API."""

    def __init__(
        self,
        config: EdgeConfig,
        *,
        directory: ConnectorDirectory,
        authority: Authority,
        tasks: Tasks,
        now: Callable[[], float],
    ) -> None:
        self._config = config
        self._tasks = tasks
        self._relay = Relay(
            origin=config.origin,
            ticket_keys=config.ticket_keys,
            ask=self._ask,
            now=now,
            stream_id=partial(secrets.token_bytes, 32),
            vouched=self._vouched,
        )
        self._delay = LoopDelay()
        self._controls = Controls(
            config.control,
            directory=directory,
            authority=authority,
            tasks=tasks,
            now=now,
            nonce=partial(secrets.token_bytes, 32),
            on_refuse=self._relay.refused,
            late_ms=lambda: self._delay.ms,
        )
        self._by_network: Counter[str] = Counter()
        self._legs: dict[Leg, str] = {}  # to the network it counts for; empty once vouched for
        self._server: asyncio.AbstractServer | None = None
        self._log = get_logger()

    async def start(self) -> int:
        """Listen; the port, which the system chooses when the configured one is 0."""
        self._server = await aiofastnet.create_server(
            asyncio.get_running_loop(),
            lambda: Arrival(self),
            self._config.host,
            self._config.port,
            ssl=self._config.tls,
            backlog=4096,
            ssl_handshake_timeout=HEAD_S,
        )
        self._delay.start()
        port: int = self._server.sockets[0].getsockname()[1]
        self._log.info("edge-listening", port=port)
        return port

    async def close(self) -> None:
        """Stop listening, tell the connectors, end every connection."""
        if self._server is not None:
            self._server.close()
        self._delay.stop()
        self._controls.broadcast(m.Drain(1000))
        for leg in list(self._legs):
            leg.close()
        await asyncio.sleep(0)
        for leg in list(self._legs):
            leg.abort()

    def enter(self, leg: Leg) -> bool:
        """Count a new connection in; False when there are too many."""
        network = network_of(leg.address())
        if len(self._legs) >= self._config.max_connections or self._by_network[network] >= self._config.max_per_network:
            self._log.warning("edge-full", connections=len(self._legs))
            return False
        self._legs[leg] = network
        self._by_network[network] += 1
        return True

    def leave(self, leg: Leg) -> None:
        """Count it out."""
        self._uncount(self._legs.pop(leg, ""))

    def _vouched(self, leg: Leg) -> None:
        """It is no stranger any more: it counts for all, not for its network."""
        if leg in self._legs:
            self._uncount(self._legs[leg])
            self._legs[leg] = ""

    def _uncount(self, network: str) -> None:
        if network:
            self._by_network[network] -= 1
            if not self._by_network[network]:
                del self._by_network[network]

    def route(self, leg: Leg, data: bytes, length: int) -> None:
        """The head is complete: decide."""
        head, rest = parse(data[:length]), data[length:]
        match head.path:
            case "/relay/v1/stream":
                self._relay.device(leg, head, rest)
            case "/tunnel/v1/data":
                self._relay.office(leg, head, rest)
            case "/tunnel/v1/control" if head.wants("sudare-control-1"):
                leg.write(upgrade_answer("sudare-control-1"))
                self._controls.adopt(leg, rest)
            case _:
                leg.hold(data)
                self._tasks.start(self._to_api(leg), name="api")

    async def _to_api(self, leg: Leg) -> None:
        try:
            _, api = await asyncio.get_running_loop().create_unix_connection(Leg, self._config.api_socket)
        except OSError:
            self._log.exception("api-unreachable", code="bug.unexpected")
            leg.write(plain_answer(503, "Service Unavailable"))
            leg.close()
            return
        # PROXY protocol 1: the API behind the socket learns who is there.
        family, address, port = leg.peer_name()
        api.write(f"PROXY {family} {address} {address} {port} {port}\r\n".encode())
        leg.join(api)

    def _ask(self, connector: str, message: m.Open) -> bool:
        return self._controls.send(connector, message)

    def connected(self, connector: str) -> bool:
        """Whether a control connection is up."""
        return self._controls.connected(connector)

    def cut(self, *, session: str = "", person: str = "", device: str = "") -> int:
        """End these streams at once, here and at the connectors; how many were ended here."""
        self._controls.broadcast(m.Cut(session, person, device))
        return self._relay.cut(session=session, person=person, device=device)

    def drop(self, connector: str) -> None:
        """End a revoked connector's control connection and streams."""
        self._controls.drop(connector)
        self._relay.cut(connector=connector)

    def streams(self) -> int:
        """Streams joined now."""
        return len(self._relay)

    def connections(self) -> int:
        """Connections of any kind now."""
        return len(self._legs)


class Arrival(Leg):
    """A new connection until its head is complete."""

    __slots__ = ("_edge", "_head", "_timer")

    def __init__(self, edge: Edge) -> None:
        super().__init__(self._collect)
        self._edge = edge
        self._head = bytearray()
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give it 10 seconds for its head."""
        super().connection_made(transport)
        if not self._edge.enter(self):
            self.abort()
            return
        self._timer = asyncio.get_running_loop().call_later(HEAD_S, self.abort)

    def _collect(self, _leg: Leg, data: bytes) -> None:
        self._head += data
        try:
            length = end_of_head(self._head)
            if length is None:
                return
            self._disarm()
            complete, self._head = bytes(self._head), bytearray()
            self._edge.route(self, complete, length)
        except SudareError:
            self.hold()
            self.write(plain_answer(400, "Bad Request"))
            self.close()

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone."""
        self._disarm()
        self._edge.leave(self)
        super().connection_lost(exc)

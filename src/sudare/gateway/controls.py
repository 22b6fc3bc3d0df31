"""
The control connections of the connectors on this node.

INVARIANT: one connection a connector; a newer one replaces its half-dead predecessor.
INVARIANT: a connector is spoken to only after its certificate was checked and the directory admitted it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sudare.base.encoding import unb64
from sudare.base.errors import SudareError
from sudare.domain.sessionlag import usable
from sudare.gateway.ports import Authority, Catalogue, ConnectorDirectory, Identity, TargetOffer
from sudare.runtime.logs import get_logger
from sudare.runtime.splice import Leg
from sudare.runtime.tasks import Tasks
from sudare.wire.tunnel import messages as m
from sudare.wire.tunnel.gateway_end import Event, GatewayEnd, ProofOffered

MAX_TARGETS = 20_000


@dataclass(frozen=True, slots=True)
class ControlConfig:
    """What every control connection needs to know of this gateway."""

    spki: bytes
    ticket_keys: list[m.TicketKey]
    gateway: str
    ping_s: int = 10


class Control:
    """One control connection: bytes in, events to `Controls`."""

    def __init__(
        self, leg: Leg, end: GatewayEnd, now: Callable[[], float], on_event: "OnEvent", late_ms: Callable[[], int]
    ) -> None:
        self.leg = leg
        self.end = end
        self.identity: Identity | None = None
        self._now = now
        self._on_event = on_event
        self._late_ms = late_ms
        self._timer: asyncio.TimerHandle | None = None

    def feed(self, _leg: Leg, data: bytes) -> None:
        """Bytes of the connector."""
        self.end.wait_ms = self._late_ms()
        try:
            for event in self.end.receive(data, self._now()):
                self._on_event(self, event)
        except SudareError as failure:
            self.fail(failure)
            return
        self.flush()
        self.arm()

    def flush(self) -> None:
        """Send what the state machine has to say."""
        if out := self.end.data_to_send():
            self.leg.write(out)

    def arm(self) -> None:
        """Look at the pulse when it wants to be looked at."""
        self.disarm()
        delay = max(0.0, self.end.next_deadline() - self._now())
        self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    def disarm(self) -> None:
        """No more looking."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        try:
            self.end.tick(self._now())
        except SudareError as failure:
            self.fail(failure)
            return
        self.flush()
        self.arm()

    def fail(self, failure: SudareError) -> None:
        """Say why, if it can still be said, and end."""
        self.end.refuse(failure.code)
        self.flush()
        self.disarm()
        get_logger().warning("connector-refused", connector_id=self.end.connector, code=failure.code)
        self.leg.close()


OnEvent = Callable[[Control, Event], None]


class Controls:
    """All of them, by connector."""

    def __init__(
        self,
        config: ControlConfig,
        *,
        directory: ConnectorDirectory,
        authority: Authority,
        tasks: Tasks,
        now: Callable[[], float],
        nonce: Callable[[], bytes],
        on_refuse: Callable[[str, str], None],
        late_ms: Callable[[], int] = lambda: 0,
    ) -> None:
        self._config = config
        self._late_ms = late_ms
        self._directory = directory
        self._authority = authority
        self._tasks = tasks
        self._now = now
        self._nonce = nonce
        self._on_refuse = on_refuse
        self._by_connector: dict[str, Control] = {}
        self._dropped: set[str] = set()
        self._log = get_logger()

    def adopt(self, leg: Leg, rest: bytes) -> None:
        """A connection that asked for `/tunnel/v1/control` and got its 101."""
        end = GatewayEnd(self._now(), nonce=self._nonce(), spki=self._config.spki, ping_s=self._config.ping_s)
        control = Control(leg, end, self._now, self._event, self._late_ms)
        leg.redirect(control.feed)
        leg.on_close = lambda: self._gone(control)
        control.arm()
        if rest:
            control.feed(leg, rest)

    def _event(self, control: Control, event: Event) -> None:
        match event:
            case ProofOffered():
                self._tasks.start(self._admit(control, event), name="admit")
            case m.Refuse():
                self._on_refuse(event.stream, event.code)
            case m.Catalogue():
                self._tasks.start(self._offers(control, event), name="catalogue")
            case m.Lag():
                self._tasks.start(self._lag(control, event), name="lag")
            case m.Renew():
                self._tasks.start(self._renew(control, event), name="renew")

    async def _admit(self, control: Control, proof: ProofOffered) -> None:
        try:
            identity = await self._identity(proof)
        except SudareError as failure:
            control.fail(failure)
            return
        control.identity = identity
        older = self._by_connector.get(identity.connector)
        self._by_connector[identity.connector] = control
        if older is not None:
            older.disarm()
            older.leg.close()
        control.end.welcome(self._config.ticket_keys, self._config.gateway)
        control.flush()
        self._log.info("connector-connected", connector_id=identity.connector)
        await self._directory.connection(identity.connector, connected=True)

    async def _identity(self, proof: ProofOffered) -> Identity:
        identity = self._authority.check(proof.certificate, self._now())
        if identity.connector != proof.connector:
            raise SudareError("denied.connector-proof", "another connector's certificate")
        await self._directory.admit(identity.connector, identity.serial)
        if identity.connector in self._dropped:  # while the directory was answering
            raise SudareError("denied.connector-proof", "revoked")
        return identity

    async def _offers(self, control: Control, catalogue: m.Catalogue) -> None:
        if control.identity is None:
            return
        try:
            seal_key = unb64(catalogue.seal_key)
        except ValueError:
            seal_key = b""
        if len(seal_key) != 65 or len(catalogue.targets) > MAX_TARGETS:
            control.fail(SudareError("caller.malformed", "catalogue"))
            return
        targets = tuple(TargetOffer(target.id, target.kind, target.name) for target in catalogue.targets)
        await self._directory.offers(control.identity.connector, Catalogue(catalogue.site, seal_key, targets))

    async def _lag(self, control: Control, lag: m.Lag) -> None:
        if control.identity is None:
            return
        measured = tuple(
            usable(one.session, one.keys, (one.total, one.device, one.line, one.gateway, one.connector, one.office))
            for one in lag.sessions
        )
        try:
            await self._directory.lag(control.identity.connector, measured)
        except SudareError as failure:
            control.fail(failure)

    async def _renew(self, control: Control, renew: m.Renew) -> None:
        if control.identity is None:
            return
        who = control.identity
        try:
            certificate, serial = self._authority.sign(renew.csr, who.connector, who.tenant, self._now())
        except SudareError as failure:
            control.fail(failure)
            return
        await self._directory.renewed(who.connector, serial)
        control.end.send(m.Renewed(certificate))
        control.flush()

    def _gone(self, control: Control) -> None:
        control.disarm()
        who = control.identity
        if who is None or self._by_connector.get(who.connector) is not control:
            return
        del self._by_connector[who.connector]
        self._log.warning("connector-gone", connector_id=who.connector)
        self._tasks.start(self._directory.connection(who.connector, connected=False), name="gone")

    def connected(self, connector: str) -> bool:
        """Whether it can be asked to dial back."""
        return connector in self._by_connector

    def send(self, connector: str, message: m.Open | m.Cut | m.Drain) -> bool:
        """Tell one connector; False when it is not here."""
        control = self._by_connector.get(connector)
        if control is None:
            return False
        control.end.send(message)
        control.flush()
        return True

    def broadcast(self, message: m.Cut | m.Drain) -> None:
        """Tell all of them."""
        for connector in list(self._by_connector):
            self.send(connector, message)

    def drop(self, connector: str) -> None:
        """End a connector's connection at once, and for ever."""
        self._dropped.add(connector)
        control = self._by_connector.get(connector)
        if control is not None:
            control.fail(SudareError("denied.connector-proof", "revoked"))

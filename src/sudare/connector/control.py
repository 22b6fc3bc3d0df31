"""
The control connection: connect, prove, offer the catalogue, listen; and again, with patience, when it is lost.

INVARIANT: this side only dials out.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, Protocol

import msgspec

from sudare.base.encoding import b64
from sudare.base.errors import SudareError
from sudare.connector.config import API_TARGET, ConnectorConfig
from sudare.connector.identity import Identity, new_key, renew, request, save_facts
from sudare.connector.lagbook import LagBook
from sudare.runtime.dial import Gateway, Line, upgrade
from sudare.runtime.logs import get_logger
from sudare.wire.tunnel import messages as m
from sudare.wire.tunnel.connector_end import ConnectorEnd, Echo, Event

FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 30.0


class StreamOpener(Protocol):
    """Who dials back and who ends streams."""

    def open(self, message: m.Open) -> None:
        """Dial back for this stream, or refuse it."""
        ...

    def cut(self, message: m.Cut) -> None:
        """End these streams."""
        ...


def catalogue(config: ConnectorConfig, identity: Identity) -> m.Catalogue:
    """What this connector offers: its configured targets, and the office desk when a groupware is configured."""
    targets = [m.Target(target.id, target.kind, target.name) for target in config.targets]
    if config.schedule is not None:
        targets.append(m.Target(API_TARGET, "api", config.name))
    return m.Catalogue(config.name, targets, b64(identity.seal_public))


class ControlLine:
    """Keeps one control connection up, for ever."""

    def __init__(
        self,
        config: ConnectorConfig,
        identity: Identity,
        *,
        opener: StreamOpener,
        boot: str,
        now: Callable[[], float],
        jitter: Callable[[], float],
        on_keys: Callable[[dict[str, bytes]], None],
        book: LagBook | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._config = config
        self.identity = identity
        self._opener = opener
        self._boot = boot
        self._now = now
        self._jitter = jitter
        self._on_keys = on_keys
        self._book = book or LagBook()
        self._pause = pause
        self._generation = 0
        self._welcomed = False
        self._end: ConnectorEnd | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._renewing: Identity | None = None
        self._log = get_logger()

    async def run(self) -> None:
        """Never returns; waits 1 s, doubled to 30 s, with full jitter, between attempts."""
        wait = FIRST_WAIT_S
        while True:
            asked: float | None = None
            try:
                asked = await self._once()
            except SudareError as failure:
                self._log.warning("control-lost", code=failure.code, detail=failure.detail)
            except OSError as failure:  # a full disk, say: the office must come back when there is room again
                self._log.error("control-lost", code="bug.unexpected", detail=type(failure).__name__)
            if self._welcomed:
                wait = FIRST_WAIT_S
            await self._pause((asked or wait) * self._jitter())
            wait = min(LONGEST_WAIT_S, wait * 2)

    async def _once(self) -> float:
        """One connection, until the gateway asks to leave it; how long to wait then."""
        self._welcomed = False
        self._renewing = None  # an answer that was lost with the last connection will not come any more
        facts = self.identity.facts
        self._generation += 1
        line = await upgrade(Gateway.of(facts.gateway, facts.pin), "/tunnel/v1/control", "sudare-control-1")
        end = ConnectorEnd(
            self._now(),
            name=facts.connector,
            boot=self._boot,
            generation=self._generation,
            key=self.identity.key,
            certificate=facts.certificate,
            spki=line.spki,
        )
        self._end, self._writer = end, line.writer
        try:
            drain = await self._converse(line, end)
            return max(FIRST_WAIT_S, min(LONGEST_WAIT_S, drain.reconnect_after_ms / 1000))
        except asyncio.CancelledError:
            self._report(end, everything=True)
            self.flush()
            raise
        finally:
            self._end = self._writer = None
            line.writer.close()

    async def _converse(self, line: Line, end: ConnectorEnd) -> m.Drain:
        while True:
            self._report(end)
            self.flush()
            data = await self._read(line, end)
            if data == b"":
                raise SudareError("link.lost", "the gateway closed the control connection")
            if data is None:
                end.tick(self._now())
                self._renew_when_due(end)
                continue
            for event in end.receive(data, self._now()):
                if isinstance(event, m.Drain):
                    return event
                self._act(event, end)

    async def _read(self, line: Line, end: ConnectorEnd) -> bytes | None:
        """Bytes, none at the end, or None when the pulse wants attention."""
        try:
            async with asyncio.timeout(max(0.01, end.next_deadline() - self._now())):
                return await line.reader.read(65_536)
        except TimeoutError:
            return None
        except OSError as failure:
            raise SudareError("link.lost", type(failure).__name__) from None

    def _act(self, event: Event, end: ConnectorEnd) -> None:
        match event:
            case m.Welcome():
                self._welcome(event, end)
            case m.Open():
                self._opener.open(event)
            case m.Cut():
                self._opener.cut(event)
            case m.Renewed():
                self._renewed(event)
            case Echo():
                self._book.echo(event.rtt_s, event.wait_ms)

    def _welcome(self, welcome: m.Welcome, end: ConnectorEnd) -> None:
        # The gateway proved its TLS key; the ticket keys it tells now replace those learned at joining.
        keys = {key.kid: key.key for key in welcome.ticket_keys}
        self._remember(replace(self.identity, facts=msgspec.structs.replace(self.identity.facts, ticket_keys=keys)))
        self._welcomed = True
        self._log.info("control-up", connector_id=self.identity.facts.connector)
        end.send(catalogue(self._config, self.identity))
        self._renew_when_due(end)

    def _renew_when_due(self, end: ConnectorEnd) -> None:
        if not self._welcomed or self._renewing is not None or self._now() < self.identity.renew_at():
            return
        self._renewing = replace(self.identity, key=new_key())
        end.send(m.Renew(request(self._renewing.key, self._config.name)))

    def _renewed(self, message: m.Renewed) -> None:
        if self._renewing is None:
            return
        self.identity = renew(self._config.state, self.identity, self._renewing.key, message.certificate)
        self._renewing = None
        self._log.info("certificate-renewed", connector_id=self.identity.facts.connector)

    def _remember(self, identity: Identity) -> None:
        try:
            keys = identity.ticket_keys()
        except ValueError:
            raise SudareError("caller.malformed", "ticket keys") from None
        if identity.facts != self.identity.facts:
            save_facts(self._config.state, identity.facts)
        self.identity = identity
        self._on_keys(keys)

    def refuse(self, stream: str, code: str) -> None:
        """Tell the gateway that there will be no dial-back."""
        if self._end is not None:
            self._end.send(m.Refuse(stream, code))
            self.flush()

    def _report(self, end: ConnectorEnd, *, everything: bool = False) -> None:
        """What sessions measured; seldom, and looked at whenever there was something to do or a pulse to take."""
        if self._welcomed:
            for lag in self._book.due(self._now(), everything=everything):
                end.send(lag)

    def flush(self) -> None:
        """Send what the state machine has to say."""
        if self._end is not None and self._writer is not None and (out := self._end.data_to_send()):
            self._writer.write(out)

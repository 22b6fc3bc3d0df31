"""
Dial-back: a ticket is verified here, at the office, before anything is opened; then this side dials the gateway.

INVARIANT: only what the connector's own configuration lists is ever reached; a ticket works once.
"""

from collections.abc import Callable
from typing import Final

from sudare.base.errors import SudareError
from sudare.connector.config import API_TARGET, ConnectorConfig
from sudare.connector.identity import Identity
from sudare.connector.ports import SessionHost
from sudare.runtime.dial import Gateway, upgrade
from sudare.runtime.logs import get_logger
from sudare.runtime.tasks import Tasks
from sudare.runtime.tls import client_context
from sudare.wire.ticket.codec import Ticket, verify
from sudare.wire.ticket.replay import ReplayMemory
from sudare.wire.tunnel import messages as m

KINDS: Final = {"rdp": "screen", "vnc": "screen", "x11": "screen"}


class DialBack:
    """Turns `open` into a served stream or a refusal."""

    def __init__(
        self,
        config: ConnectorConfig,
        identity: Identity,
        *,
        host: SessionHost,
        refuse: Callable[[str, str], None],
        tasks: Tasks,
        now: Callable[[], float],
    ) -> None:
        self._config = config
        self._facts = identity.facts
        self._gateway = Gateway.of(identity.facts.gateway, identity.facts.pin)
        self._tls = client_context(pinned=self._gateway.pin is not None)
        self._keys = identity.ticket_keys()
        self._host = host
        self._refuse = refuse
        self._tasks = tasks
        self._now = now
        self._used = ReplayMemory()
        self._log = get_logger()

    def learn(self, keys: dict[str, bytes]) -> None:
        """The gateway's ticket keys, as told on the authenticated control connection."""
        self._keys = keys

    def open(self, message: m.Open) -> None:
        """Verify now, dial in the background."""
        try:
            ticket = verify(message.ticket, self._keys, now=self._now(), connector=self._facts.connector)
            self._permit(ticket)
            self._used.use(ticket, self._now())
        except SudareError as failure:
            self._log.warning("stream-refused", code=failure.code, detail=failure.detail)
            self._refuse(message.stream, failure.code)
            return
        self._tasks.start(self._serve(message, ticket), name="stream")

    def _permit(self, ticket: Ticket) -> None:
        if ticket.tgt == API_TARGET:
            listed = self._config.schedule is not None and ticket.knd == "api"
        else:
            target = self._config.target(ticket.tgt)
            listed = target is not None and KINDS.get(target.kind) == ticket.knd
        if not listed:
            raise SudareError("denied.target-not-listed", f"{ticket.knd} {ticket.tgt}")

    async def _serve(self, message: m.Open, ticket: Ticket) -> None:
        try:
            line = await upgrade(self._gateway, "/tunnel/v1/data", "sudare-1", self._tls, Sudare_Stream=message.stream)
        except SudareError as failure:
            self._log.warning("dial-back-failed", session_id=ticket.ses, code=failure.code, detail=failure.detail)
            return
        try:
            await self._host.accept(ticket, message.ticket, line.reader, line.writer)
        finally:
            line.writer.close()

    def cut(self, message: m.Cut) -> None:
        """End these streams."""
        self._host.cut(session=message.session, person=message.person, device=message.device)

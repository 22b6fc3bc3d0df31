"""Composition root of the connector: joining, and the whole wiring of a running one."""

import asyncio
import json
import random
import secrets
from pathlib import Path

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.connector import join as joining
from sudare.connector.config import ConnectorConfig
from sudare.connector.control import ControlLine
from sudare.connector.dialback import DialBack
from sudare.connector.identity import Identity
from sudare.connector.identity import load as load_identity
from sudare.connector.lagbook import LagBook
from sudare.connector.officedesk import OfficeDesk
from sudare.connector.ports import SessionHost
from sudare.connector.recording.keys import signer
from sudare.connector.recording.shelf import Shelf
from sudare.connector.sessions import Sessions
from sudare.entry import connector_config
from sudare.runtime import clock
from sudare.runtime.limits import open_files
from sudare.runtime.loopdelay import LoopDelay
from sudare.runtime.tasks import Tasks

CONFIG = "connector.toml"

_TEMPLATE = """[connector]
gateway = {gateway}
name = {name}

[worker]
sandbox = "bubblewrap"

# The only machines this connector will ever reach. Whatever is not here does not exist for the gateway.
# [[target]]
# id = "kikaku-0123"
# name = "Planning 0123"
# kind = "rdp"
# host = "10.1.2.3"
# port = 3389
# certificate = "first-use"
#
# [schedule]
# kind = "caldav"
# url = "https://groupware.office.example/"
#
# Sessions the gateway says are to be recorded; `sudare recording keys` makes the pair, the private key goes elsewhere.
# [recording]
# directory = "recordings"
# key = "recording.pub"
# required = true
"""


_COMPARE = """{why}
The gateway shows a certificate this machine does not trust. Its key's fingerprint is
  {seen}
Compare it with what `sudare gateway fingerprint` prints on the gateway; when they are equal, join again with
  --accept-fingerprint {seen}"""


async def join(url: str, token: Secret[str], directory: Path, *, name: str, pin: str = "") -> Identity:
    """Join, and write a configuration to fill in when there is none."""
    try:
        identity = await joining.join(url, token, name=name, state=directory / "state", pin=pin)
    except SudareError as failure:
        if pin or failure.code != "denied.connector-proof":
            raise
        seen = await joining.fingerprint(url)
        raise SudareError(failure.code, _COMPARE.format(why=failure.detail, seen=seen)) from None
    path = directory / CONFIG
    if not path.exists():
        # A JSON string is a TOML one, whatever is in it.
        words = {"gateway": json.dumps(url), "name": json.dumps(identity.facts.name, ensure_ascii=False)}
        path.write_text(_TEMPLATE.format(**words), encoding="utf-8")
    return identity


async def run(directory: Path) -> None:
    """Run until cancelled."""
    config = connector_config.load(directory / CONFIG)
    identity = load_identity(config.state)
    open_files()
    async with Tasks("connector") as tasks:
        desk = OfficeDesk(config.schedule)
        delay = LoopDelay()
        delay.start()
        book = LagBook(lambda: delay.ms)
        async with Sessions(config, identity.seal, desk, shelf(config, identity), book) as sessions:
            control = wire(config, identity, sessions, tasks, book)
            try:
                await control.run()
            finally:
                delay.stop()
                await desk.close()


def shelf(config: ConnectorConfig, identity: Identity) -> Shelf | None:
    """Where sessions are recorded, if the configuration says so."""
    if config.recording is None:
        return None
    return Shelf(config.recording, signer(config.state), identity.facts.connector, now=clock.now)


def wire(
    config: ConnectorConfig, identity: Identity, host: SessionHost, tasks: Tasks, book: LagBook | None = None
) -> ControlLine:
    """Control connection and dial-back, joined."""

    def refuse(stream: str, code: str) -> None:
        control.refuse(stream, code)

    dialback = DialBack(config, identity, host=host, refuse=refuse, tasks=tasks, now=clock.now)
    control = ControlLine(
        config,
        identity,
        opener=dialback,
        boot=secrets.token_urlsafe(12),
        now=clock.now,
        jitter=random.SystemRandom().random,
        on_keys=dialback.learn,
        book=book,
    )
    return control


def main(directory: Path) -> None:
    """`sudare connector run`."""
    asyncio.run(run(directory))

"""Composition root of the connector: joining, and the whole wiring of a running one."""

import asyncio
import random
import secrets
from pathlib import Path

from sudare.base.secret import Secret
from sudare.connector import join as joining
from sudare.connector.config import ConnectorConfig
from sudare.connector.control import ControlLine
from sudare.connector.dialback import DialBack
from sudare.connector.identity import Identity
from sudare.connector.identity import load as load_identity
from sudare.connector.officedesk import OfficeDesk
from sudare.connector.ports import SessionHost
from sudare.connector.sessions import Sessions
from sudare.entry import connector_config
from sudare.runtime import clock
from sudare.runtime.tasks import Tasks

CONFIG = "connector.toml"

_TEMPLATE = """[connector]
gateway = "{gateway}"
name = "{name}"

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
"""


async def join(url: str, token: Secret[str], directory: Path, *, name: str, pin: str = "") -> Identity:
    """Join, and write a configuration to fill in when there is none."""
    identity = await joining.join(url, token, name=name, state=directory / "state", pin=pin)
    path = directory / CONFIG
    if not path.exists():
        path.write_text(_TEMPLATE.format(gateway=url, name=name.replace('"', "")))
    return identity


async def run(directory: Path) -> None:
    """Run until cancelled."""
    config = connector_config.load(directory / CONFIG)
    identity = load_identity(config.state)
    async with Tasks("connector") as tasks:
        desk = OfficeDesk(config.schedule)
        async with Sessions(config, identity.seal, desk) as sessions:
            control = wire(config, identity, sessions, tasks)
            await control.run()


def wire(config: ConnectorConfig, identity: Identity, host: SessionHost, tasks: Tasks) -> ControlLine:
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
    )
    return control


def main(directory: Path) -> None:
    """`sudare connector run`."""
    asyncio.run(run(directory))

"""`sudare gateway init`: a new installation in one directory."""

from pathlib import Path

from sudare.base.errors import SudareError
from sudare.domain.people import display_name
from sudare.domain.websession import Limits
from sudare.entry import gateway_keys
from sudare.entry.config import GatewayConfig, origin_of, read_gateway
from sudare.entry.gateway_store import TENANT, repositories
from sudare.gateway.api.context import Installation
from sudare.gateway.api.desk import Desk
from sudare.runtime import clock
from sudare.store.database import Database

FILE = "gateway.toml"
_TEMPLATE = """\
[gateway]
url = "{url}"
listen = "{listen}"
state = "."

[tls]
certificate = "tls.pem"
key = "tls.key"

[database]
url = "{database}"

[session]
idle_minutes = 30
absolute_hours = 12
"""


async def init(
    directory: Path, url: str, *, organisation: str, admin: str, listen: str = "", database: str = "sqlite"
) -> str:
    """
    Write configuration and keys, make the tables and the first administrator; never over an earlier installation.

    Returns:
        The administrator's one-use link.

    Raises:
        SudareError: `caller.configuration`.
    """
    try:
        origin, host, port = origin_of(url)
    except ValueError as error:
        raise SudareError("caller.configuration", f"--name: expected {error}") from error
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)  # noqa: ASYNC240 - nothing else runs yet
    file = directory / FILE
    if file.exists():
        raise SudareError("caller.configuration", f"{file} exists already")
    now = clock.now()
    gateway_keys.make(directory / "keys", host, now)
    if not (directory / "tls.pem").exists():
        gateway_keys.make_tls(directory / "tls.pem", directory / "tls.key", host, now)
    text = _TEMPLATE.format(url=origin, listen=listen or f"0.0.0.0:{port}", database=database)
    gateway_keys.write_secret(file, text.encode())  # a database URL may hold a password
    return await _first_administrator(read_gateway(file), organisation, admin, now)


def installation(config: GatewayConfig, organisation: str) -> Installation:
    """Who and where we are, for the API."""
    limits = Limits(config.idle_s, config.absolute_s)
    return Installation(TENANT, organisation, config.url, config.host, limits)


async def _first_administrator(config: GatewayConfig, organisation: str, admin: str, now: float) -> str:
    database = Database(config.database)
    try:
        await database.migrate()
        stores = repositories(database)
        name = display_name(organisation, "organisation") if organisation else ""
        await stores.people.add_tenant(TENANT, name)
        desk = Desk(stores, installation(config, name), actor="operator")
        _, link = await desk.add_person(admin, admin, "", now, admin=True)
    finally:
        await database.close()
    return link

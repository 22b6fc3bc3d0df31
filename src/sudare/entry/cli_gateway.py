"""`sudare gateway ...`: the public side, and its administration from the machine it runs on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Literal

import uvloop
from cyclopts import App, Parameter

from sudare.base.errors import SudareError
from sudare.domain.people import Person, login_form
from sudare.entry import gateway
from sudare.entry.cli_sessions import as_json, as_table, period
from sudare.entry.config import read_gateway
from sudare.entry.gateway_init import FILE, init, installation
from sudare.entry.gateway_store import TENANT, Repositories, repositories
from sudare.gateway.api.desk import Desk
from sudare.runtime import clock, logs
from sudare.runtime.tls import spki_of_file
from sudare.store.database import Database

app = App(name="gateway", help="The public side: sign-in, API, portal, and the splice to the offices.")
person = App(name="person", help="People who may sign in.")
connector = App(name="connector", help="Offices that may join.")
target = App(name="target", help="Office PCs the offices offer.")
for part in (person, connector, target):
    app.command(part)

Log = Annotated[Literal["debug", "info", "warning", "error"], Parameter(help="How much is told on standard error.")]
Dir = Annotated[Path, Parameter(name="--dir", help="The installation's directory.")]


@app.command(name="init")
def init_(
    *,
    directory: Dir,
    name: str,
    organisation: str = "",
    admin: str = "admin",
    listen: str = "",
    database: str = "sqlite",
) -> None:
    """Make a new installation and print the first administrator's one-use link."""
    link = uvloop.run(init(directory, name, organisation=organisation, admin=admin, listen=listen, database=database))
    print(link)


@app.command
def run(*, directory: Dir, plain: bool = False, log: Log = "info") -> None:
    """Serve until SIGTERM; `--plain` serves the API without the edge, for trial."""
    _serve(directory / FILE, plain=plain, log=log)


@app.command
def fingerprint(*, directory: Dir) -> None:
    """The fingerprint of the gateway's key, to compare with what a joining connector shows."""
    print(spki_of_file(read_gateway(directory / FILE).certificate).hex())


@app.default
def serve(*, config: Path) -> None:
    """Serve with this configuration file."""
    _serve(config, plain=False, log="info")


@person.command(name="add")
def person_add(login: str, name: str, /, *, directory: Dir, yomi: str = "", admin: bool = False) -> None:
    """Let somebody in; prints their one-use link."""

    async def act() -> None:
        async with _desk(directory) as (_, desk):
            _, link = await desk.add_person(login, name, yomi, clock.now(), admin=admin)
            print(link)

    uvloop.run(act())


@person.command(name="list")
def person_list(*, directory: Dir) -> None:
    """Everybody: id, login, name, admin."""

    async def act() -> None:
        async with _desk(directory) as (stores, _):
            for one in await stores.people.all(TENANT):
                print(one.id, one.login, one.name, "admin" if one.admin else "", sep="\t")

    uvloop.run(act())


@person.command(name="welcome")
def person_welcome(login: str, /, *, directory: Dir) -> None:
    """A new one-use link, for a lost phone; the person's browsers are signed out."""

    async def act() -> None:
        async with _desk(directory) as (stores, desk):
            print(await desk.invite(await _person(stores, login), clock.now()))

    uvloop.run(act())


@connector.command(name="add")
def connector_add(name: str, /, *, directory: Dir) -> None:
    """Prepare an office; prints the join token, good once and for an hour."""

    async def act() -> None:
        async with _desk(directory) as (_, desk):
            _, token, _ = await desk.add_connector(name, clock.now())
            print(token)

    uvloop.run(act())


@connector.command(name="list")
def connector_list(*, directory: Dir) -> None:
    """Every connector: id, name, state."""

    async def act() -> None:
        async with _desk(directory) as (stores, _):
            for one in await stores.connectors.all(TENANT):
                state = "revoked" if one.revoked else "joined" if one.joined else "invited"
                print(one.id, one.title, state, sep="\t")

    uvloop.run(act())


@connector.command(name="revoke")
def connector_revoke(connector_id: str, /, *, directory: Dir) -> None:
    """It may never connect again."""

    async def act() -> None:
        async with _desk(directory) as (_, desk):
            await desk.revoke_connector(connector_id, clock.now())

    uvloop.run(act())


@target.command(name="list")
def target_list(*, directory: Dir) -> None:
    """Every office PC: id, kind, name; whether it is recorded, marked, heard; how many may use it."""

    async def act() -> None:
        async with _desk(directory) as (stores, _):
            people = await stores.targets.people(TENANT)
            for one in await stores.targets.all(TENANT):
                demands = (
                    "recorded" if one.record else "",
                    "marked" if one.watermark else "",
                    "heard" if one.sound else "",
                )
                print(one.id, one.kind, one.name, *demands, len(people.get(one.id, [])), sep="\t")

    uvloop.run(act())


@target.command(name="record")
def target_record(target: str, state: Literal["on", "off"], /, *, directory: Dir) -> None:
    """Record sessions on this office PC, or no longer. Whoever uses it now connects anew, and is told."""

    async def act() -> None:
        async with _desk(directory) as (_, desk):
            await desk.set_record(await desk.find_target(target), clock.now(), record=state == "on")

    uvloop.run(act())


@target.command(name="mark")
def target_mark(target: str, state: Literal["on", "off"], /, *, directory: Dir) -> None:
    """Write name, login and time across this office PC's picture, or no longer. Whoever uses it now connects anew."""

    async def act() -> None:
        async with _desk(directory) as (_, desk):
            await desk.set_watermark(await desk.find_target(target), clock.now(), watermark=state == "on")

    uvloop.run(act())


@target.command(name="sound")
def target_sound(target: str, state: Literal["on", "off"], /, *, directory: Dir) -> None:
    """Let people hear this office PC (RDP), or no longer. On: from the next connection; off: they connect anew."""

    async def act() -> None:
        async with _desk(directory) as (_, desk):
            await desk.set_sound(await desk.find_target(target), clock.now(), sound=state == "on")

    uvloop.run(act())


@app.command
def sessions(*, directory: Dir, since: str = "", until: str = "", json: bool = False) -> None:
    """Sessions that began on these days (YYYY-MM-DD, Tokyo; the last seven), how long keys took in them, and where."""

    async def act() -> None:
        async with _desk(directory) as (stores, _):
            found = await stores.lags.between(TENANT, *period(since, until, clock.now()))
            names = {one.id: one.name for one in await stores.targets.all(TENANT)}
            for line in (as_json if json else as_table)(found, names):
                print(line)

    uvloop.run(act())


@app.command
def grant(login: str, target: str, /, *, directory: Dir) -> None:
    """Let this person use this office PC (its id, its id on the connector, or its name)."""
    uvloop.run(_change(directory, login, target, may=True))


@app.command
def ungrant(login: str, target: str, /, *, directory: Dir) -> None:
    """Take it back."""
    uvloop.run(_change(directory, login, target, may=False))


def _serve(file: Path, *, plain: bool, log: str) -> None:
    config = read_gateway(file)
    logs.configure(level=log)
    uvloop.run(gateway.run_plain(config) if plain else gateway.run(config))


async def _change(directory: Path, login: str, target_name: str, *, may: bool) -> None:
    async with _desk(directory) as (stores, desk):
        target_id = await desk.find_target(target_name)
        someone = await _person(stores, login)
        people = set((await stores.targets.people(TENANT)).get(target_id, []))
        people = people | {someone.id} if may else people - {someone.id}
        await desk.set_people(target_id, sorted(people), clock.now())


async def _person(stores: Repositories, login: str) -> Person:
    someone = await stores.people.by_login(TENANT, login_form(login))
    if someone is None:
        raise SudareError("caller.not-found", f"person {login}")
    return someone


@asynccontextmanager
async def _desk(directory: Path) -> AsyncIterator[tuple[Repositories, Desk]]:
    config = read_gateway(directory / FILE)
    database = Database(config.database)
    try:
        await database.migrate()
        stores = repositories(database)
        organisation = await stores.people.tenant_name(TENANT)
        yield stores, Desk(stores, installation(config, organisation), actor="operator")
    finally:
        await database.close()

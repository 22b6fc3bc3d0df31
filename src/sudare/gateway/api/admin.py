"""`admin/*`: people, connectors, and who may use what. The command line uses the same functions through `Desk`."""

import msgspec
from starlette.responses import Response

from sudare.base.errors import SudareError
from sudare.domain.people import Person
from sudare.domain.places import API_TARGET, Connector, split_target
from sudare.gateway.api.call import Call, answer, nothing
from sudare.gateway.api.desk import Desk


class NewPerson(msgspec.Struct, frozen=True):
    """Someone to be let in."""

    login: str
    name: str
    yomi: str = ""
    admin: bool = False


class NewConnector(msgspec.Struct, frozen=True):
    """An office to be joined."""

    name: str


class TargetPeople(msgspec.Struct, frozen=True):
    """Who may use a target."""

    people: list[str]


def _desk(call: Call) -> Desk:
    context = call.context
    return Desk(context.stores, context.here, actor=call.person.id, network=call.network)


async def people(call: Call) -> Response:
    """`GET admin/people`."""
    return answer([_person(one) for one in await call.context.stores.people.all(call.person.tenant)])


async def add_person(call: Call) -> Response:
    """`POST admin/people`."""
    sent = call.body(NewPerson)
    person, url = await _desk(call).add_person(sent.login, sent.name, sent.yomi, call.now, admin=sent.admin)
    return answer({"id": person.id, "welcome_url": url}, 201)


async def welcome(call: Call) -> Response:
    """`POST admin/people/{id}/welcome`: a lost phone is cut off at once."""
    person = await call.context.stores.people.by_id(call.person.tenant, call.parameter("id"))
    if person is None:
        raise SudareError("caller.not-found", "person")
    url = await _desk(call).invite(person, call.now)
    await call.context.cuts.apply()
    return answer({"welcome_url": url})


async def connectors(call: Call) -> Response:
    """`GET admin/connectors`."""
    every = await call.context.stores.connectors.all(call.person.tenant)
    return answer([_connector(call, one) for one in every])


async def add_connector(call: Call) -> Response:
    """`POST admin/connectors`."""
    connector, token, expires = await _desk(call).add_connector(call.body(NewConnector).name, call.now)
    return answer({"id": connector.id, "join_token": token, "expires": expires}, 201)


async def revoke_connector(call: Call) -> Response:
    """`DELETE admin/connectors/{id}`."""
    await _desk(call).revoke_connector(call.parameter("id"), call.now)
    await call.context.cuts.apply()
    return nothing()


async def targets(call: Call) -> Response:
    """`GET admin/targets`."""
    stores, tenant = call.context.stores, call.person.tenant
    people_by_target = await stores.targets.people(tenant)
    sites = {one.id: one.title for one in await stores.connectors.all(tenant)}
    return answer(
        [
            {
                "id": one.id,
                "site": one.connector,
                "site_name": sites.get(one.connector, ""),
                "kind": one.kind,
                "name": one.name,
                "offered": one.offered,
                "record": one.record,
                "watermark": one.watermark,
                "sound": one.sound,
                "people": people_by_target.get(one.id, []),
            }
            for one in await stores.targets.all(tenant)
        ]
    )


async def target_people(call: Call) -> Response:
    """`PUT admin/targets/{id}/people`: whoever loses it loses a running session on it, too."""
    target = call.parameter("id")
    if split_target(target)[1] == API_TARGET:
        raise SudareError("caller.not-found", "target")
    await _desk(call).set_people(target, call.body(TargetPeople).people, call.now)
    await call.context.cuts.apply()
    return nothing()


def _person(person: Person) -> dict[str, object]:
    return {
        "id": person.id,
        "login": person.login,
        "name": person.name,
        "yomi": person.yomi,
        "admin": person.admin,
        "created": person.created,
    }


def _connector(call: Call, one: Connector) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "site": one.site,
        "created": one.created,
        "joined": one.joined,
        "revoked": one.revoked,
        "connected": one.revoked is None and call.context.tunnels.connected(one.id),
        "since": one.since,
    }

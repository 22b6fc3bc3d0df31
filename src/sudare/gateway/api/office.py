"""`sites`, `targets`, `streams`, `secrets`: what the person can reach, and the permission to."""

import base64
import binascii
import re
import secrets
from dataclasses import dataclass
from typing import Literal

import msgspec
from starlette.responses import Response

from sudare.base.errors import SudareError
from sudare.domain.audit import Kind
from sudare.domain.people import Person, display_name
from sudare.domain.places import API_TARGET, Connector, SealedSecret, StreamSession, split_target
from sudare.gateway.api.call import Call, answer, nothing

_SEALED_LIMIT = 4096
_SESSION = re.compile(r"[0-9a-f]{32}")
_RIGHTS = {"input": True}  # v0.1: typing and pointing; nothing is copied in or out


class Stream(msgspec.Struct, frozen=True):
    """What is to be opened."""

    kind: Literal["screen", "api"]
    target: str
    cnf: str
    session: str = ""


class Secret(msgspec.Struct, frozen=True):
    """An office password, sealed by the browser; `account` is empty where the office asks for none."""

    account: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Place:
    """A target this person may use, or an office."""

    id: str
    connector: Connector
    local: str
    kind: str
    rights: tuple[str, ...] = ()  # of every session on it: `record` and `watermark` demand, `audio` allows


async def sites(call: Call) -> Response:
    """`GET sites`."""
    return answer([_site(call, one) for one in await _joined(call, call.person)])


async def targets(call: Call) -> Response:
    """`GET targets`."""
    return answer(await _targets(call, call.person, await _joined(call, call.person)))


async def reach(call: Call, person: Person) -> dict[str, object]:
    """Both of these of somebody whose session is told or begins: what the first screen would ask next."""
    joined = await _joined(call, person)
    return {"sites": [_site(call, one) for one in joined], "targets": await _targets(call, person, joined)}


async def _targets(call: Call, person: Person, joined: list[Connector]) -> list[dict[str, object]]:
    stores = call.context.stores
    connectors = {one.id: one for one in joined}
    used, kept = await stores.sessions.last_used(person.id), await stores.secrets.targets(person.id)
    out = []
    for target in await stores.targets.of(person.tenant, person.id):
        if target.connector not in connectors:
            continue
        site = _site(call, connectors[target.connector])
        out.append(
            {
                "id": target.id,
                "site": site["id"],
                "site_name": site["name"],
                "kind": target.kind,
                "name": target.name,
                "connected": site["connected"],
                "seal_key": site["seal_key"],
                "last_used": used.get(target.id),
                "secret": target.id in kept,
            }
        )
    return out


async def streams(call: Call) -> Response:
    """`POST streams`: a ticket for one stream."""
    context, sent, person = call.context, call.body(Stream), call.person
    if len(_unbase64(sent.cnf)) != 32:
        raise SudareError("caller.malformed", "cnf")
    place = await _place(call, sent.target, sent.kind)
    if not context.tunnels.connected(place.connector.id):
        raise SudareError("office.connector-away")
    session = await _session(call, sent.session, place)
    claims: dict[str, object] = {
        "con": place.connector.id,
        "tgt": place.local,
        "knd": sent.kind,
        "ten": person.tenant,
        "per": person.id,
        "acc": person.login,
        "nam": person.name,
        "dev": session.device,
        "ses": session.id,
        "rgt": _rights(sent.kind, place),
        "cnf": sent.cnf,
    }
    detail = dict.fromkeys(place.rights, "true")
    event = call.event(Kind.STREAM_OPENED, person.id, target=place.id, session=session.id, kind=sent.kind, **detail)
    await context.stores.sessions.opened(session, event)
    out: dict[str, object] = {
        "ticket": context.tickets.issue(claims, call.now),
        "url": "/relay/v1/stream",
        "session": session.id,
        "seal_key": _base64(place.connector.seal_key),
        "bind": {"tenant": person.tenant, "person": person.id, "target": place.local},
    }
    kept = await context.stores.secrets.get(person.id, place.id)
    if kept is not None:
        out["secret"] = {"account": kept.account, "sealed": kept.sealed}
    return answer(out)


async def secret_get(call: Call) -> Response:
    """`GET secrets/{target}`."""
    place = await _place(call, call.parameter("target"))
    kept = await call.context.stores.secrets.get(call.person.id, place.id)
    if kept is None:
        raise SudareError("caller.not-found", "secret")
    return answer({"account": kept.account, "sealed": kept.sealed})


async def secret_put(call: Call) -> Response:
    """`PUT secrets/{target}`."""
    sent = call.body(Secret)
    if not 65 + 16 < len(_unbase64(sent.sealed)) <= _SEALED_LIMIT:
        raise SudareError("caller.malformed", "sealed")
    place = await _place(call, call.parameter("target"))
    account = display_name(sent.account, "account", least=1 if place.kind == "rdp" else 0)
    event = call.event(Kind.SECRET_STORED, call.person.id, target=place.id)
    person = call.person
    await call.context.stores.secrets.put(
        person.tenant, person.id, place.id, SealedSecret(account, sent.sealed), event, now=call.now
    )
    return nothing()


async def secret_remove(call: Call) -> Response:
    """`DELETE secrets/{target}`: also for a target that is no longer offered."""
    target = call.parameter("target")
    split_target(target)
    event = call.event(Kind.SECRET_REMOVED, call.person.id, target=target)
    await call.context.stores.secrets.remove(call.person.id, target, event)
    return nothing()


async def _joined(call: Call, person: Person) -> list[Connector]:
    everyone = await call.context.stores.connectors.all(person.tenant)
    return [one for one in everyone if one.joined is not None and one.revoked is None]


def _site(call: Call, connector: Connector) -> dict[str, object]:
    return {
        "id": connector.id,
        "name": connector.title,
        "connected": call.context.tunnels.connected(connector.id),
        "since": connector.since,
        "seal_key": _base64(connector.seal_key),
        "schedule": connector.schedule,
    }


async def _place(call: Call, unverified_target: str, kind: str | None = None) -> Place:
    """Where this person may go. Raises `caller.not-found`, `denied.not-allowed`."""
    connector_id, local = split_target(unverified_target)
    connector = next((one for one in await _joined(call, call.person) if one.id == connector_id), None)
    if connector is None or kind not in {None, "api" if local == API_TARGET else "screen"}:
        raise SudareError("caller.not-found", "target")
    if local == API_TARGET:
        return Place(unverified_target, connector, local, API_TARGET)
    mine = await call.context.stores.targets.of(call.person.tenant, call.person.id)
    target = next((one for one in mine if one.id == unverified_target), None)
    if target is None:
        raise SudareError("denied.not-allowed", "target")
    said = {"record": target.record, "watermark": target.watermark, "audio": target.sound}
    return Place(unverified_target, connector, local, target.kind, tuple(what for what, on in said.items() if on))


def _rights(kind: str, place: Place) -> dict[str, bool]:
    """What the ticket allows and demands: of a screen only; what its target says, beside input."""
    return _RIGHTS | dict.fromkeys(place.rights, True) if kind == "screen" else {}


async def _session(call: Call, unverified_session: str, place: Place) -> StreamSession:
    """The session to resume, if it is this person's on this target; otherwise a new one."""
    web = call.who.session.hash
    if unverified_session:
        known = (
            await call.context.stores.sessions.get(unverified_session)
            if _SESSION.fullmatch(unverified_session)
            else None
        )
        if known is None or known.person != call.person.id or known.target != place.id:
            raise SudareError("denied.not-allowed", "session")
        return _resumed(known, web, call.now)
    new = secrets.token_hex(16)
    return StreamSession(new, call.person.tenant, call.person.id, "", place.id, web, call.now, call.now)


def _resumed(known: StreamSession, web: str, now: float) -> StreamSession:
    return StreamSession(known.id, known.tenant, known.person, known.device, known.target, web, known.started, now)


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise SudareError("caller.malformed", "base64url") from error

"""`signin/*`: passkey; password, and TOTP where set up."""

from typing import NoReturn

import msgspec
from starlette.responses import Response

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.domain import lockout, totp
from sudare.domain.audit import Kind
from sudare.domain.passwords import normal_form
from sudare.domain.people import Credential, CredentialKind, Person, login_form
from sudare.gateway.api.call import Call, answer
from sudare.gateway.api.session import open_session
from sudare.gateway.problems import Refused
from sudare.gateway.signin import cookies
from sudare.gateway.signin.passkeys import Json


class PasskeyIn(msgspec.Struct, frozen=True):
    """An assertion."""

    flow: str
    credential: Json


class PasswordIn(msgspec.Struct, frozen=True):
    """Login and password."""

    login: str
    password: str


class CodeIn(msgspec.Struct, frozen=True):
    """A one-time password."""

    flow: str
    code: str


async def passkey_options(call: Call) -> Response:
    """`POST signin/passkey/options`."""
    challenge = call.context.random(32)
    flow = call.context.flows.begin("passkey-in", call.now, value=challenge.hex())
    return answer({"flow": flow, "options": call.context.passkeys.signin_options(challenge)})


async def passkey(call: Call) -> Response:
    """`POST signin/passkey`."""
    context, sent = call.context, call.body(PasskeyIn)
    flow = context.flows.peek(sent.flow, "passkey-in", call.now)
    known = await context.stores.credentials.passkey(context.here.tenant, str(sent.credential.get("id", "")))
    if known is None:
        await _failed(call, None, "passkey")
    person = await context.stores.people.by_id(known.tenant, known.person)
    try:
        after = context.passkeys.counter_after(sent.credential, bytes.fromhex(flow.value), known)
        await context.flows.finish(flow, context.here.tenant)
    except SudareError:
        await _failed(call, person, "passkey")
    moved = await context.stores.credentials.advance(known.id, known.counter, after, call.now)
    if person is None or not moved:
        await _failed(call, person, "passkey")
    return await open_session(call, person, call.event(Kind.SIGNIN_OK, person.id, method="passkey"))


async def password(call: Call) -> Response:
    """`POST signin/password`."""
    context, sent = call.context, call.body(PasswordIn)
    login, secret = login_form(sent.login), Secret(normal_form(sent.password))
    where = await _charge(call, login)
    person = await context.stores.people.by_login(context.here.tenant, login)
    mine = await context.stores.credentials.of(person.id if person else "")
    stored = _one(mine, CredentialKind.PASSWORD)
    right = await context.passwords.verify(stored.data if stored else None, secret)
    if person is None or stored is None or not right:
        await _failed(call, person, "password")
    await context.stores.attempts.refund(where, call.now)
    if context.passwords.outdated(stored.data):
        await context.stores.credentials.rehash(stored.id, stored.data, await context.passwords.hash(secret))
    if _one(mine, CredentialKind.TOTP) is not None:
        return answer({"need": "totp", "flow": context.flows.begin("totp-in", call.now, person=person.id)})
    await context.stores.credentials.advance(stored.id, stored.counter, stored.counter, call.now)
    return await open_session(call, person, call.event(Kind.SIGNIN_OK, person.id, method="password"))


async def totp_code(call: Call) -> Response:
    """`POST signin/totp`: the second half of a password sign-in."""
    context, sent = call.context, call.body(CodeIn)
    flow = context.flows.peek(sent.flow, "totp-in", call.now)
    person = await context.stores.people.by_id(context.here.tenant, flow.person)
    if person is None:
        raise SudareError("denied.credentials")
    where = await _charge(call, person.login, prefix="totp:")
    mine = await context.stores.credentials.of(person.id)
    known = _one(mine, CredentialKind.TOTP)
    secret = context.totp_box.open(known.data) if known else None
    step = totp.accepted_step(secret.decode(), sent.code, known.counter, call.now) if known and secret else None
    if known is None or step is None:
        await _failed(call, person, "totp")
    await context.flows.finish(flow, context.here.tenant)
    if not await context.stores.credentials.advance(known.id, known.counter, step, call.now):
        await _failed(call, person, "totp")
    await context.stores.attempts.refund(where, call.now)
    used = _one(mine, CredentialKind.PASSWORD)
    if used is not None:
        await context.stores.credentials.advance(used.id, used.counter, used.counter, call.now)
    return await open_session(call, person, call.event(Kind.SIGNIN_OK, person.id, method="password+totp"))


async def _charge(call: Call, login: str, prefix: str = "") -> lockout.Keys:
    """Count the attempt before anything is looked at. Raises `busy.rate`."""
    known = cookies.known_browser(call.context.known_box, call.cookies, login, call.now)
    where = lockout.keys(prefix + cookies.account_mark(login), call.network, known)
    wait = await call.context.stores.attempts.charge(call.context.here.tenant, where, call.now)
    if wait > 0:
        raise Refused("busy.rate", "attempts", retry_s=wait)
    return where


async def _failed(call: Call, person: Person | None, method: str) -> NoReturn:
    await call.context.stores.record.add(call.event(Kind.SIGNIN_FAILED, person.id if person else "", method=method))
    raise SudareError("denied.credentials", method)


def _one(mine: list[Credential], kind: CredentialKind) -> Credential | None:
    return next((one for one in mine if one.kind is kind), None)

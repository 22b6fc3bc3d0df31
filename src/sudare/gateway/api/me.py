"""`me/*`: the person's own ways of signing in."""

import secrets

import msgspec
import pyotp
from starlette.responses import Response

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.domain import lockout, totp
from sudare.domain.audit import Kind
from sudare.domain.passwords import ALONE, check, normal_form
from sudare.domain.people import Credential, CredentialKind, display_name
from sudare.gateway.api.call import Call, answer, nothing
from sudare.gateway.problems import Refused
from sudare.gateway.signin import cookies
from sudare.gateway.signin.passkeys import Json

MOST_PASSKEYS = 20


class NewPasskey(msgspec.Struct, frozen=True):
    """A registration."""

    flow: str
    credential: Json
    name: str


class NewPassword(msgspec.Struct, frozen=True):
    """A password, and the current one where there is one."""

    password: str
    current: str | None = None


class NewTotp(msgspec.Struct, frozen=True):
    """The first code of a new authenticator."""

    flow: str
    code: str


async def credentials(call: Call) -> Response:
    """`GET me/credentials`."""
    mine = await call.context.stores.credentials.of(call.person.id)
    return answer(
        [
            {"id": one.id, "kind": one.kind.value, "name": one.name, "created": one.created, "used": one.used}
            for one in mine
        ]
    )


async def passkey_options(call: Call) -> Response:
    """`POST me/passkey/options`."""
    context, person = call.context, call.person
    challenge = context.random(32)
    flow = context.flows.begin("passkey-new", call.now, person=person.id, value=challenge.hex())
    known = [one for one in await context.stores.credentials.of(person.id) if one.kind is CredentialKind.PASSKEY]
    options = context.passkeys.registration_options(challenge, person, context.here.organisation, known)
    return answer({"flow": flow, "options": options})


async def passkey(call: Call) -> Response:
    """`POST me/passkey`."""
    context, sent = call.context, call.body(NewPasskey)
    name = display_name(sent.name)
    flow = context.flows.peek(sent.flow, "passkey-new", call.now)
    _own(call, flow.person)
    mine = await context.stores.credentials.of(call.person.id)
    if len(mine) >= MOST_PASSKEYS:
        raise SudareError("denied.not-allowed", "too many passkeys")
    new = context.passkeys.registered(sent.credential, bytes.fromhex(flow.value))
    await context.flows.finish(flow, context.here.tenant)
    return await _add(call, CredentialKind.PASSKEY, new.public_key, new.counter, name=name, external=new.external)


async def password(call: Call) -> Response:
    """`POST me/password`."""
    context, sent, person = call.context, call.body(NewPassword), call.person
    mine = {one.kind: one for one in await context.stores.credentials.of(person.id)}
    await _check_current(call, mine.get(CredentialKind.PASSWORD), sent.current)
    new = normal_form(sent.password)
    check(
        new,
        second_factor=CredentialKind.TOTP in mine,
        common=context.common_passwords,
        words=[person.login, person.name, person.yomi, context.here.organisation, "sudare"],
    )
    stored = await context.passwords.hash(Secret(new))
    await _add(call, CredentialKind.PASSWORD, stored, int(len(new) < ALONE))
    return nothing()


async def totp_options(call: Call) -> Response:
    """`POST me/totp/options`."""
    secret = pyotp.random_base32()
    flow = call.context.flows.begin("totp-new", call.now, person=call.person.id, value=secret)
    issuer = call.context.here.organisation or "Sudare"
    return answer({"flow": flow, "uri": totp.uri(secret, call.person.login, issuer), "secret": secret})


async def totp_add(call: Call) -> Response:
    """`POST me/totp`: proves that the authenticator shows the right codes."""
    context, sent = call.context, call.body(NewTotp)
    flow = context.flows.peek(sent.flow, "totp-new", call.now)
    _own(call, flow.person)
    step = totp.accepted_step(flow.value, sent.code, 0, call.now)
    if step is None:
        raise SudareError("denied.credentials", "first code")
    await context.flows.finish(flow, context.here.tenant)
    sealed = context.totp_box.seal(flow.value.encode())
    return await _add(call, CredentialKind.TOTP, sealed, step)


async def remove(call: Call) -> Response:
    """`DELETE me/credentials/{id}`: not the last way in, nor the second factor a short password leans on."""
    credential_id = call.parameter("id")
    mine = {one.id: one for one in await call.context.stores.credentials.of(call.person.id)}
    gone = mine.get(credential_id)
    if gone is None:
        raise SudareError("caller.not-found", "credential")
    leaning = any(one.kind is CredentialKind.PASSWORD and one.counter for one in mine.values())
    if gone.kind is CredentialKind.TOTP and leaning:
        raise SudareError("caller.password-too-short", "the password leans on this TOTP")
    event = call.event(Kind.CREDENTIAL_REMOVED, call.person.id, kind=gone.kind.value, credential=gone.id)
    await call.context.stores.credentials.remove(call.person.id, credential_id, event)
    return nothing()


async def _check_current(call: Call, stored: Credential | None, current: str | None) -> None:
    """Changing a password takes the present one, except for who came by a welcome link. Raises `denied.credentials`."""
    if stored is None or call.who.session.must_set_up:
        return
    context = call.context
    where = lockout.keys("change:" + cookies.account_mark(call.person.login), call.network, None)
    wait = await context.stores.attempts.charge(context.here.tenant, where, call.now)
    if wait > 0:
        raise Refused("busy.rate", "attempts", retry_s=wait)
    if not await context.passwords.verify(stored.data, Secret(normal_form(current or ""))):
        raise SudareError("denied.credentials", "current password")
    await context.stores.attempts.refund(where, call.now)


def _own(call: Call, person_id: str) -> None:
    """A ceremony begun by somebody else cannot be finished here."""
    if person_id != call.person.id:
        raise SudareError("denied.credentials", "flow of somebody else")


async def _add(
    call: Call, kind: CredentialKind, data: str, counter: int, *, name: str = "", external: str | None = None
) -> Response:
    person = call.person
    new = Credential(
        secrets.token_hex(8), person.tenant, person.id, kind, name, call.now, None, external, data, counter
    )
    event = call.event(Kind.CREDENTIAL_ADDED, person.id, kind=kind.value, credential=new.id)
    await call.context.stores.credentials.add(new, event)
    return answer({"id": new.id}, 201)

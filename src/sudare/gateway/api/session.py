"""`session`, `signout`, `welcome`: the browser's state, and how it begins."""

import hashlib

import msgspec
from starlette.responses import Response

from sudare.domain.audit import Event, Kind
from sudare.domain.people import CredentialKind, Person
from sudare.domain.websession import TOKEN_BYTES, WebSession, begin, csrf_token, token_hash
from sudare.gateway.api.call import Call, SignedIn, answer, nothing
from sudare.gateway.api.office import reach
from sudare.gateway.signin import cookies


class Welcome(msgspec.Struct, frozen=True):
    """A one-use link's secret part."""

    token: str


async def show(call: Call) -> Response:
    """`GET session`."""
    if call.signed_in is None:
        return answer({"signed_in": False})
    return answer(await _told(call, call.signed_in))


async def extend(call: Call) -> Response:
    """`POST session/extend`: being admitted has moved the idle limit already."""
    return answer(await _state(call, call.who))


async def sign_out(call: Call) -> Response:
    """`POST signout`: the session and every stream it opened end."""
    context, who = call.context, call.who
    await context.stores.web_sessions.end(who.session, call.event(Kind.SIGNOUT, who.person.id), now=call.now)
    await context.cuts.apply()
    response = nothing()
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    response.headers.append("set-cookie", cookies.no_session_cookie())
    return response


async def welcome(call: Call) -> Response:
    """`POST welcome`: a one-use link becomes a session that can only set up ways of signing in."""
    token = call.body(Welcome).token
    person = await call.context.stores.people.take_invitation(link_hash(token), call.now)
    return await open_session(call, person, call.event(Kind.INVITATION_USED, person.id), must_set_up=True)


def link_hash(token: str) -> str:
    """What is stored of a welcome link or join token."""
    return hashlib.sha256(b"sudare-link-1\0" + token.encode("utf-8", "surrogatepass")).hexdigest()


async def open_session(call: Call, person: Person, *events: Event, must_set_up: bool = False) -> Response:
    """A new session with a new token (never the browser's earlier one), and the cookie that says so."""
    context = call.context
    token = context.random(TOKEN_BYTES)
    session = begin(token, person.tenant, person.id, context.here.limits, call.now, must_set_up=must_set_up)
    earlier = cookies.token_from(call.cookies)
    replaces = token_hash(earlier) if earlier is not None else None
    await context.stores.web_sessions.add(session, replaces, *events)
    await context.cuts.apply()
    set_cookies = [cookies.session_cookie(token)]
    if not must_set_up:
        set_cookies.append(cookies.known_cookie(context.known_box, person.login, call.now))
    state = await _told(call, SignedIn(person, session, token))
    return answer(state, set_cookies=tuple(set_cookies))


async def _told(call: Call, who: SignedIn) -> dict[str, object]:
    """The session, and with it what the person may reach: a round trip less before the first screen."""
    state = await _state(call, who)
    return state if who.session.must_set_up else state | await reach(call, who.person)


async def _state(call: Call, who: SignedIn) -> dict[str, object]:
    mine = await call.context.stores.credentials.of(who.person.id)
    kinds = {one.kind for one in mine}
    state: dict[str, object] = {
        "signed_in": True,
        "person": person_view(who.person),
        "csrf": csrf_token(who.token),
        "idle_until": _idle_until(call, who.session),
        "absolute_until": who.session.absolute_until,
        "has_passkey": CredentialKind.PASSKEY in kinds,
        "has_password": CredentialKind.PASSWORD in kinds,
    }
    if who.session.must_set_up:
        state["must_set_up"] = True
    return state


def person_view(person: Person) -> dict[str, object]:
    """The person as pages see it."""
    return {"id": person.id, "login": person.login, "name": person.name, "admin": person.admin}


def _idle_until(call: Call, session: WebSession) -> float:
    return session.idle_until(call.context.here.limits)

"""
One request, checked: origin, content type, session, CSRF, rate, body.

INVARIANT: a handler runs only after its `Access` was granted; there is no handler without one.
"""

import hmac
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from sudare.base.errors import SudareError
from sudare.domain.audit import Event, Kind
from sudare.domain.people import Person
from sudare.domain.websession import WebSession, csrf_token, token_hash
from sudare.gateway.api.context import Context
from sudare.gateway.network import network_of
from sudare.gateway.problems import Refused
from sudare.gateway.signin import cookies

BODY_LIMIT = 65_536
T = TypeVar("T")


class Access(Enum):
    """Who may call."""

    MACHINE = "machine"  # a connector joining: no browser, no cookie
    ANYONE = "anyone"
    SETTING_UP = "setting-up"  # signed in, perhaps by a welcome link only
    PERSON = "person"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is there, and by which session."""

    person: Person
    session: WebSession
    token: bytes


class Call:
    """A request that may be answered."""

    def __init__(self, context: Context, request: Request, network: str, now: float) -> None:
        self.context = context
        self.request = request
        self.network = network
        self.now = now
        self.cookies = cookies.read(request.headers.get("cookie", ""))
        self.signed_in: SignedIn | None = None
        self.raw = b""

    @property
    def who(self) -> SignedIn:
        """The person signed in. Raises `denied.sign-in`."""
        if self.signed_in is None:
            raise SudareError("denied.sign-in")
        return self.signed_in

    @property
    def person(self) -> Person:
        """The person signed in."""
        return self.who.person

    def body(self, kind: type[T]) -> T:
        """The JSON body as this type. Raises `caller.malformed`."""
        try:
            return msgspec.json.decode(self.raw, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise SudareError("caller.malformed", type(error).__name__) from error

    def parameter(self, name: str) -> str:
        """A part of the address."""
        return str(self.request.path_params[name])

    def event(self, kind: Kind, subject: str = "", /, **detail: str) -> Event:
        """An audit event of this call."""
        actor = self.signed_in.person.id if self.signed_in else ""
        return Event(kind, self.context.here.tenant, self.now, actor, subject, self.network, detail)


async def admit(context: Context, request: Request, access: Access) -> Call:
    """The call, when it may be made. Raises `denied.*`, `busy.rate`, `caller.*`."""
    call = Call(context, request, network_of(request.client.host if request.client else ""), context.clock())
    _rate(call, access)
    changes = request.method not in {"GET", "HEAD"}
    if changes:
        _content_type(request)
        if access is not Access.MACHINE and request.headers.get("origin") != context.here.origin:
            raise SudareError("denied.origin")
    if access is not Access.MACHINE:
        call.signed_in = await _signed_in(call)
    if access in {Access.SETTING_UP, Access.PERSON, Access.ADMIN}:
        await _authorise(call, access, changes=changes)
    if changes:
        call.raw = await _read(request)
    return call


def answer(value: object, status: int = 200, *, set_cookies: tuple[str, ...] = ()) -> Response:
    """A JSON answer."""
    response = Response(msgspec.json.encode(value), status, media_type="application/json")
    for cookie in set_cookies:
        response.headers.append("set-cookie", cookie)
    return response


def nothing() -> Response:
    """204."""
    return Response(status_code=204)


def _rate(call: Call, access: Access) -> None:
    limit = call.context.rates.joins if access is Access.MACHINE else call.context.rates.strangers
    if access in {Access.MACHINE, Access.ANYONE} and call.request.method != "GET":
        wait = limit.take(call.network, call.now)
        if wait > 0:
            raise Refused("busy.rate", "network", retry_s=wait)


def _content_type(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise SudareError("caller.malformed", "content type")


async def _signed_in(call: Call) -> SignedIn | None:
    token = cookies.token_from(call.cookies)
    if token is None:
        return None
    stores = call.context.stores
    session = await stores.web_sessions.get(token_hash(token))
    if session is None or not session.alive(call.context.here.limits, call.now):
        return None
    person = await stores.people.by_id(session.tenant, session.person)
    return SignedIn(person, session, token) if person is not None else None


async def _authorise(call: Call, access: Access, *, changes: bool) -> None:
    who = call.who
    if changes:
        sent = call.request.headers.get("sudare-csrf", "")
        if not hmac.compare_digest(sent.encode(), csrf_token(who.token).encode()):
            raise SudareError("denied.csrf")
    wait = call.context.rates.people.take(who.person.id, call.now)
    if wait > 0:
        raise Refused("busy.rate", "person", retry_s=wait)
    if (who.session.must_set_up and access is not Access.SETTING_UP) or (
        access is Access.ADMIN and not who.person.admin
    ):
        raise SudareError("denied.not-allowed")
    if changes:
        await call.context.stores.web_sessions.touch(who.session.hash, call.now)
        call.signed_in = replace(who, session=who.session.touched(call.now))


async def _read(request: Request) -> bytes:
    out = bytearray()
    try:
        async for chunk in request.stream():
            out += chunk
            if len(out) > BODY_LIMIT:
                raise SudareError("caller.too-large")
    except ClientDisconnect:
        raise SudareError("link.lost", "request body") from None  # nobody hears it; the log must not call it a bug
    return bytes(out)

"""Every address of the API, who may call it, and what answers."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sudare.gateway.api import admin, join, me, office, session, signin
from sudare.gateway.api.call import Access, Call, admit, answer
from sudare.gateway.api.context import Context

PREFIX = "/api/v1/"
Handler = Callable[[Call], Awaitable[Response]]


async def strings(call: Call) -> Response:
    """`GET strings/{language}`."""
    return answer(call.context.sentences.of(call.parameter("language")))


TABLE: tuple[tuple[str, str, Access, Handler], ...] = (
    ("GET", "session", Access.ANYONE, session.show),
    ("POST", "session/extend", Access.SETTING_UP, session.extend),
    ("POST", "signout", Access.SETTING_UP, session.sign_out),
    ("POST", "welcome", Access.ANYONE, session.welcome),
    ("POST", "signin/passkey/options", Access.ANYONE, signin.passkey_options),
    ("POST", "signin/passkey", Access.ANYONE, signin.passkey),
    ("POST", "signin/password", Access.ANYONE, signin.password),
    ("POST", "signin/totp", Access.ANYONE, signin.totp_code),
    ("GET", "me/credentials", Access.SETTING_UP, me.credentials),
    ("POST", "me/passkey/options", Access.SETTING_UP, me.passkey_options),
    ("POST", "me/passkey", Access.SETTING_UP, me.passkey),
    ("POST", "me/password", Access.SETTING_UP, me.password),
    ("POST", "me/totp/options", Access.SETTING_UP, me.totp_options),
    ("POST", "me/totp", Access.SETTING_UP, me.totp_add),
    ("DELETE", "me/credentials/{id}", Access.PERSON, me.remove),
    ("GET", "sites", Access.PERSON, office.sites),
    ("GET", "targets", Access.PERSON, office.targets),
    ("POST", "streams", Access.PERSON, office.streams),
    ("GET", "secrets/{target}", Access.PERSON, office.secret_get),
    ("PUT", "secrets/{target}", Access.PERSON, office.secret_put),
    ("DELETE", "secrets/{target}", Access.PERSON, office.secret_remove),
    ("GET", "strings/{language}", Access.ANYONE, strings),
    ("POST", "tunnel/join", Access.MACHINE, join.join),
    ("GET", "admin/people", Access.ADMIN, admin.people),
    ("POST", "admin/people", Access.ADMIN, admin.add_person),
    ("POST", "admin/people/{id}/welcome", Access.ADMIN, admin.welcome),
    ("GET", "admin/connectors", Access.ADMIN, admin.connectors),
    ("POST", "admin/connectors", Access.ADMIN, admin.add_connector),
    ("DELETE", "admin/connectors/{id}", Access.ADMIN, admin.revoke_connector),
    ("GET", "admin/targets", Access.ADMIN, admin.targets),
    ("PUT", "admin/targets/{id}/people", Access.ADMIN, admin.target_people),
)


def routes(context: Context) -> list[Route]:
    """The table as Starlette routes."""
    return [
        Route(PREFIX + path, _endpoint(context, access, handler), methods=[method])
        for method, path, access, handler in TABLE
    ]


def _endpoint(context: Context, access: Access, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await handler(await admit(context, request, access))

    return endpoint

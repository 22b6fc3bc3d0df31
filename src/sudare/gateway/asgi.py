"""
The web application: API and front end, with the headers every answer carries and the one log line of a request.

INVARIANT: no script or style runs that we did not ship as a file; nobody frames us; no answer of the API is kept.
"""

import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sudare.base.errors import SudareError
from sudare.gateway.api.context import Context
from sudare.gateway.api.routes import PREFIX, routes
from sudare.gateway.problems import Sentences
from sudare.gateway.static import FrontEnd
from sudare.runtime.logs import get_logger

log = get_logger()
_HSTS = "max-age=63072000"
_CODE = "sudare.code"


def application(context: Context, front_end: FrontEnd) -> ASGIApp:
    """The whole of what uvicorn serves."""

    async def page(request: Request) -> Response:
        return front_end.answer(request)

    async def health(_request: Request) -> Response:
        return Response("ok\n", media_type="text/plain")

    app = Starlette(
        routes=[
            *routes(context),
            Route("/healthz", health, methods=["GET"]),
            Route("/{path:path}", page, methods=["GET"]),
        ],
        exception_handlers={
            SudareError: _problem(context.sentences),
            HTTPException: _not_found(context.sentences),
            Exception: _bug(context.sentences),
        },
    )
    return Shell(app, security_headers(context.here.origin), context.clock)


def security_headers(origin: str) -> list[tuple[bytes, bytes]]:
    """What every answer carries."""
    where = urlsplit(origin)
    policy = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob: data:",
            f"connect-src 'self' wss://{where.netloc}",
            "worker-src 'self'",
            "manifest-src 'self'",
            "font-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        )
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), payment=(), "
        "publickey-credentials-get=(self), publickey-credentials-create=(self), fullscreen=(self), keyboard-map=(self)",
    }
    if not _is_for_trial(where.hostname or ""):
        headers["Strict-Transport-Security"] = _HSTS
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def _is_for_trial(host: str) -> bool:
    """HSTS names a host for all its ports: on localhost it would break other people's work."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return True


class Shell:
    """Around the application: headers, and one log line a request."""

    def __init__(self, app: ASGIApp, headers: list[tuple[bytes, bytes]], clock: Callable[[], float]) -> None:
        self._app = app
        self._headers = headers
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, seen = self._clock(), _Seen()
        no_store = scope["path"].startswith(PREFIX)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                message["headers"] = [*message.get("headers", []), *self._headers]
                if no_store:
                    message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        try:
            await self._app(scope, receive, dressed)
        except Exception as error:  # noqa: BLE001 - Starlette has answered `bug.unexpected`; here it is told
            # Values of local variables may be secrets: the log has the place, never the frames' contents.
            log.error(  # noqa: TRY400 - a traceback may carry secrets
                "request.bug", kind=type(error).__name__, place=_place(error)
            )
        log.info(
            "request",
            method=scope["method"],
            route=getattr(scope.get("route"), "path", ""),
            status=seen.status,
            code=scope.get(_CODE, ""),
            duration_s=round(self._clock() - began, 4),
        )


class _Seen:
    def __init__(self) -> None:
        self.status = 0


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace is not None else ""


def _problem(sentences: Sentences) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        failure = error if isinstance(error, SudareError) else SudareError("bug.unexpected")
        request.scope[_CODE] = failure.code
        return sentences.problem(failure)

    return handle


def _not_found(sentences: Sentences) -> Callable[[Request, Exception], Awaitable[Response]]:
    return _always(sentences, "caller.not-found")


def _bug(sentences: Sentences) -> Callable[[Request, Exception], Awaitable[Response]]:
    return _always(sentences, "bug.unexpected")


def _always(sentences: Sentences, code: str) -> Callable[[Request, Exception], Awaitable[Response]]:
    handle = _problem(sentences)

    async def handle_as(request: Request, _error: Exception) -> Response:
        return await handle(request, SudareError(code))

    return handle_as

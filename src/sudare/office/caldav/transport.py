"""
One person's HTTP connections to the CalDAV server: limits, redirects, and what a failure means.

INVARIANT: the password leaves only to the origin the configuration names.
INVARIANT: no cookie is kept, so every answer was allowed by the password that came with its question.
"""

import asyncio
import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx

from sudare.base.errors import SudareError
from sudare.office.caldav import multistatus
from sudare.office.schedule import Login, UnreachableError

CONNECTIONS: Final = 6
LARGEST_ANSWER: Final = 32 * 1024 * 1024
CONNECT_S: Final = 5.0
READ_S: Final = 15.0
WHOLE_S: Final = 30.0
_REDIRECTS: Final = 4
_AWAY: Final = {502, 503, 504}


class Transport:
    """DAV requests to one origin over a few kept connections; trusts what the machine trusts unless told otherwise."""

    def __init__(self, base: str, tls: ssl.SSLContext | None, *, largest: int = LARGEST_ANSWER) -> None:
        self._base = httpx.URL(base)
        self._largest = largest
        self._http = httpx.AsyncClient(
            verify=tls if tls is not None else ssl.create_default_context(),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            trust_env=False,
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S, pool=WHOLE_S),
            limits=httpx.Limits(
                max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=60
            ),
            headers={"User-Agent": "Sudare", "Content-Type": 'application/xml; charset="utf-8"'},
        )

    def resolve(self, href: str, against: str = "") -> str:
        """The absolute address of an href; raises `office.calendar-answer` when it leaves the configured origin."""
        try:
            url = httpx.URL(against or self._base).join(href)
        except (httpx.InvalidURL, ValueError) as error:
            raise SudareError("office.calendar-answer", "an address that is none") from error
        if (url.scheme, url.host, _port(url)) != (self._base.scheme, self._base.host, _port(self._base)):
            raise SudareError("office.calendar-answer", "an address on another host")
        return str(url.copy_with(username=None, password=None, fragment=None))

    async def ask(self, method: str, url: str, body: bytes, login: Login, depth: int) -> list[multistatus.Resource]:
        """The resources of the answer. Raises the office.calendar-* codes."""
        try:
            async with asyncio.timeout(WHOLE_S):
                answer = await self._follow(method, url, body, login, depth)
        except (httpx.TimeoutException, httpx.NetworkError, TimeoutError) as error:
            raise UnreachableError(type(error).__name__) from error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise SudareError("office.calendar-answer", type(error).__name__) from error
        return await asyncio.to_thread(multistatus.parse, answer)

    async def _follow(self, method: str, url: str, body: bytes, login: Login, depth: int) -> bytes:
        for _ in range(_REDIRECTS):
            url = self.resolve(url)
            auth = httpx.BasicAuth(login.account, login.password.reveal())
            async with self._http.stream(method, url, content=body, headers={"Depth": str(depth)}, auth=auth) as answer:
                if answer.status_code in {301, 302, 307, 308}:
                    url = self.resolve(answer.headers.get("location", ""), url)
                    continue
                _check(answer.status_code)
                return await self._read(answer)
        raise SudareError("office.calendar-answer", "too many redirects")

    async def _read(self, answer: httpx.Response) -> bytes:
        whole = bytearray()
        async for piece in answer.aiter_bytes(65536):
            whole += piece
            if len(whole) > self._largest:
                raise SudareError("office.calendar-answer", "an answer too large")
        return bytes(whole)

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()


class MissingError(SudareError):
    """`office.calendar-answer`, because the address is not (or no longer) there."""

    def __init__(self, status: int) -> None:
        super().__init__("office.calendar-answer", f"status {status}")


def _check(status: int) -> None:
    if status == 207:
        return
    if status in {401, 403, 407}:
        raise SudareError("office.calendar-credentials", f"status {status}")
    if status in _AWAY:
        raise UnreachableError(f"status {status}")
    if status in {404, 405, 410}:
        raise MissingError(status)
    raise SudareError("office.calendar-answer", f"status {status}")


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)

"""A loopback HTTP server that says exactly the bytes a test wants, for answers no sane server gives."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable


@contextlib.asynccontextmanager
async def saying(answer: Callable[[str, str], bytes]) -> AsyncIterator[str]:
    """Runs a server that answers (method, path) with raw bytes and closes; gives its URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, path, _ = head.split("\r\n", 1)[0].split(" ", 2)
            size = next((int(x.split(":")[1]) for x in head.split("\r\n") if x.lower().startswith("content-length")), 0)
            await reader.readexactly(size)
            writer.write(answer(method, path))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


def http(status: str, body: str | bytes = "", *headers: str) -> bytes:
    """One HTTP/1.1 answer."""
    raw = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(raw)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + raw


def multistatus(*responses: str) -> bytes:
    """A 207 answer; each response is (href, inner XML of prop)."""
    inside = "".join(responses)
    spaces = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/"'
    return http("207 Multi-Status", f'<?xml version="1.0"?><multistatus {spaces}>{inside}</multistatus>')


def response(href: str, props: str) -> str:
    """One response element whose properties were all found."""
    found = f"<propstat><prop>{props}</prop><status>HTTP/1.1 200 OK</status></propstat>"
    return f"<response><href>{href}</href>{found}</response>"

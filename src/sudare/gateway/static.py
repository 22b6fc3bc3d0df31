"""
The built front end: pages and their files, from one directory.

Files under `assets/` carry a hash in their name and never change; icons are kept for a day; everything else is asked
for anew each time. Whoever brings no session gets the stranger's page, which need not ask whether somebody is signed
in; it is not kept, for it is wrong as soon as they are.
A `.br` or `.gz` beside a file is sent in its place when the browser takes it.
INVARIANT: only files found at start are ever sent; a path from the network never reaches the file system.
"""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from sudare.base.errors import SudareError
from sudare.gateway.signin import cookies

_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_TYPES = {
    ".webmanifest": "application/manifest+json",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
    ".map": "application/json",
}
_INDEX, _STRANGER = "index.html", "stranger.html"
_LIFE = {"assets": "public, max-age=31536000, immutable", "icons": "public, max-age=86400", "": "no-cache"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file in its encodings."""

    kind: str
    life: str  # its Cache-Control
    etag: str
    bodies: dict[str, bytes]  # by encoding; "" is the file itself


class FrontEnd:
    """The files, read once at start (a few hundred kilobytes)."""

    def __init__(self, directory: Path) -> None:
        self._files = dict(_read(directory)) if directory.is_dir() else {}
        self._stranger = self._files.pop(_STRANGER, None)

    def answer(self, request: Request) -> Response:
        """The file, or the page for an address the portal itself understands. Raises `caller.not-found`."""
        path = request.url.path.lstrip("/")
        found = self._files.get(path)
        if found is None and "." not in path.rpartition("/")[2] and not path.startswith(("api/", "assets/")):
            found = self._page(request)
        if found is None:
            raise SudareError("caller.not-found", "file")
        headers = {"Cache-Control": found.life, "Vary": "Accept-Encoding"}
        encoding, body = _best(found, request.headers.get("accept-encoding", ""))
        headers["ETag"] = f'"{found.etag}-{encoding or "id"}"'
        if encoding:
            headers["Content-Encoding"] = encoding
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=found.kind)

    def _page(self, request: Request) -> StaticFile | None:
        sent = cookies.read(request.headers.get("cookie", ""))
        return self._stranger if self._stranger and not cookies.token_from(sent) else self._files.get(_INDEX)


def _read(directory: Path) -> list[tuple[str, StaticFile]]:
    out = []
    for path in sorted(directory.rglob("*")):
        if not path.is_file() or path.suffix in {".br", ".gz"} or path.name.startswith("."):
            continue
        name = path.relative_to(directory).as_posix()
        bodies = {"": path.read_bytes()}
        for encoding, suffix in _ENCODINGS:
            packed = path.with_name(path.name + suffix)
            if packed.is_file():
                bodies[encoding] = packed.read_bytes()
        kind = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        etag = hashlib.sha256(bodies[""]).hexdigest()[:16]
        folder = name.rpartition("/")[0].partition("/")[0]
        life = "no-store" if name == _STRANGER else _LIFE.get(folder, _LIFE[""])
        out.append((name, StaticFile(kind, life, etag, bodies)))
    return out


def _best(found: StaticFile, accepted: str) -> tuple[str, bytes]:
    """The smallest encoding the browser takes."""
    names = {
        name.strip()
        for name, _, weight in (part.partition(";") for part in accepted.lower().split(","))
        if weight.strip() not in {"q=0", "q=0.0"}
    }
    for encoding, _ in _ENCODINGS:
        if encoding in names and encoding in found.bodies:
            return encoding, found.bodies[encoding]
    return "", found.bodies[""]

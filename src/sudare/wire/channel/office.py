"""
The JSON that travels inside the channel: hello, and the requests and answers of `api` streams (docs/wire/channel.md).

INVARIANT: decoding never yields anything but these structs or `caller.malformed`.
"""

from typing import Any, Final, TypeVar

import msgspec

from sudare.base.errors import SudareError

VERSION: Final = 1
TILES_LIMIT: Final = 65_536
T = TypeVar("T")


class View(msgspec.Struct, frozen=True):
    """The browser's screen: pixels, and scale in percent."""

    w: int
    h: int
    scale: int = 100


class Credential(msgspec.Struct, frozen=True):
    """An office account and its sealed password (base64url)."""

    account: str
    sealed: str


class Caps(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a browser takes beside the screen protocol of the first days; an older one says none of it."""

    zstd: bool = True
    tiles: int = 0
    ramp: bool = False
    jpeg: bool = False
    video: tuple[str, ...] = ()  # codecs: "av1", "h264"; others are for later
    audio: bool = False


class Hello(msgspec.Struct, frozen=True, omit_defaults=True):
    """The browser's first message."""

    v: int
    knd: str
    view: View | None = None
    layout: str = "jp"
    caps: Caps = Caps()
    credential: Credential | None = None


class Request(msgspec.Struct, frozen=True):
    """One question to the office."""

    id: int
    op: str
    args: dict[str, Any] = {}


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why there is no answer; `since` when the trouble began (RFC 3339)."""

    code: str
    since: str = ""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The office's answer: exactly one of `ok` and `problem`."""

    id: int
    ok: dict[str, Any] | None = None
    problem: Problem | None = None


def _decode(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise SudareError("caller.malformed", kind.__name__) from None


def decode_hello(data: bytes) -> Hello:
    """The hello; a version we do not speak is `caller.version`."""
    hello = _decode(data, Hello)
    if hello.v != VERSION:
        raise SudareError("caller.version", f"version {hello.v}")
    if hello.knd not in {"screen", "api"} or hello.layout not in {"jp", "us"}:
        raise SudareError("caller.malformed", "hello")
    view = hello.view
    if view is not None and not (16 <= view.w <= 16384 and 16 <= view.h <= 16384 and 50 <= view.scale <= 500):
        raise SudareError("caller.malformed", "view")
    if not 0 <= hello.caps.tiles <= TILES_LIMIT:
        raise SudareError("caller.malformed", "caps")
    return hello


def decode_request(data: bytes) -> Request:
    """One request."""
    return _decode(data, Request)


def encode(value: Hello | Request | Answer) -> bytes:
    """Any of the structs as JSON."""
    return msgspec.json.encode(value)

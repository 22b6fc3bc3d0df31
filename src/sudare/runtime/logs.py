"""
Structured logs: JSON lines on stderr, or columns at a terminal.

INVARIANT: no secret is printed: values of type `Secret` and fields with a telling name are replaced before rendering.
INVARIANT: of an exception the log has its type and the places it came through, never its message or anybody's
variables: a parser's message quotes what it could not read, and that may be a calendar.
INVARIANT: libraries that log by themselves are held to the same: their fixed words, not their values.
"""

import errno
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Final

import structlog

from sudare.base.errors import SudareError
from sudare.base.secret import Secret

_TELLING: Final = (
    "password",
    "passwd",
    "secret",
    "token",
    "ticket",
    "cookie",
    "authorization",
    "credential",
    "private_key",
    "totp",
)
_PLACES: Final = 8
_OURS: Final = "sudare"
# Their texts without arguments are fixed, too (asyncio: the first line is).
_PLAIN: Final = ("uvicorn", "asyncio")


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Replace what must not be printed."""
    for key, value in event.items():
        if isinstance(value, Secret) or any(word in key.lower() for word in _TELLING):
            event[key] = "(withheld)"
    return event


def told(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by what may be told of it."""
    info = event.pop("exc_info", None)
    failure = info if isinstance(info, BaseException) else sys.exc_info()[1] if info else None
    if isinstance(info, tuple):
        failure = info[1]
    if failure is not None:
        event["failure"] = " from ".join(_told(one) for one in _chain(failure))
    return event


def _chain(failure: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = failure
    for _ in range(_PLACES):
        if one is None:
            return
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _told(failure: BaseException) -> str:
    """`ValueError at module:line module:line`, the place it was raised last."""
    kind = type(failure).__name__
    if isinstance(failure, SudareError):
        kind += f"({failure.code})"
    elif isinstance(failure, OSError) and failure.errno is not None:
        kind += f"({errno.errorcode.get(failure.errno, failure.errno)})"
    places = [f"{frame.f_globals.get('__name__')}:{line}" for frame, line in traceback.walk_tb(failure.__traceback__)]
    return f"{kind} at {' '.join(places[-_PLACES:])}"


class _Library(logging.Handler):
    """What libraries say through the standard library, in our form."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it. The template of a message is the library's own; its arguments and ready-made texts are not told."""
        fixed = isinstance(record.msg, str) and (record.args or record.name.startswith(_PLAIN))
        words = str(record.msg).strip().partition("\n")[0] if fixed else ""
        get_logger().log(
            record.levelno,
            "library",
            library=record.name,
            place=f"{record.module}:{record.lineno}",
            words=words,
            exc_info=record.exc_info,
        )


def configure(*, level: str = "info", json: bool | None = None) -> None:
    """Set up logging of this process; `json=None` means columns at a terminal, JSON otherwise."""
    as_json = not sys.stderr.isatty() if json is None else json
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            told,
            redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    libraries = logging.DEBUG if level == "debug" else logging.WARNING
    logging.basicConfig(handlers=[_Library()], level=libraries, force=True)
    for noisy in ("httpx", "httpcore", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(level.upper())


def level() -> str:
    """How much this process tells, for the processes it starts."""
    return logging.getLevelName(logging.getLogger(_OURS).getEffectiveLevel()).lower()


def get_logger() -> Any:  # noqa: ANN401 (structlog's own type is Any)
    """The process's logger."""
    return structlog.get_logger()

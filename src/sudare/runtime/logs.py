"""
Structured logs: JSON lines on stderr, or columns at a terminal.

INVARIANT: no secret is printed: values of type `Secret` and fields with a telling name are replaced before rendering.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import structlog

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


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Replace what must not be printed."""
    for key, value in event.items():
        if isinstance(value, Secret) or any(word in key.lower() for word in _TELLING):
            event[key] = "(withheld)"
    return event


def configure(*, level: str = "info", json: bool | None = None) -> None:
    """Set up logging of this process; `json=None` means columns at a terminal, JSON otherwise."""
    as_json = not sys.stderr.isatty() if json is None else json
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        # The usual formatter prints the frames' local variables, and those may be secrets.
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        redact,
    ]
    if as_json:
        processors.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    for noisy in ("httpx", "httpcore", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def get_logger() -> Any:  # noqa: ANN401 (structlog's own type is Any)
    """The process's logger."""
    return structlog.get_logger()

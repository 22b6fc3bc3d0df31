"""`sudare gateway sessions`: which days are meant, and how a session and its lag are written down."""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from sudare.base.errors import SudareError
from sudare.domain.sessionlag import SHARES, Quantile, UsedSession

ZONE: Final = ZoneInfo("Asia/Tokyo")
_DAYS: Final = 7
_HEAD: Final = ("began", "login", "target", "keys", "cause", "total", *SHARES)


def period(since: str, until: str, now: float) -> tuple[float, float]:
    """From the beginning of one day to the end of another, as Unix seconds. Raises `caller.malformed`."""
    today = dt.datetime.fromtimestamp(now, ZONE).date()
    try:
        last = dt.date.fromisoformat(until) if until else today
        first = dt.date.fromisoformat(since) if since else last - dt.timedelta(days=_DAYS - 1)
    except ValueError:
        raise SudareError("caller.malformed", "a day is written 2026-11-30") from None
    return _midnight(first), _midnight(last + dt.timedelta(days=1))


def _midnight(day: dt.date) -> float:
    return dt.datetime.combine(day, dt.time(), ZONE).timestamp()


def as_table(sessions: Sequence[UsedSession], names: dict[str, str]) -> Iterator[str]:
    """A head and a line a session, separated by tabs; times are p50/p95 in milliseconds."""
    yield "\t".join(_HEAD)
    for one in sessions:
        began = dt.datetime.fromtimestamp(one.started, ZONE).strftime("%Y-%m-%d %H:%M")
        shares = [_pair(one.lag.share(name)) for name in ("total", *SHARES)]
        target = names.get(one.target, one.target)
        yield "\t".join([began, one.login, target, str(one.lag.keys), one.lag.cause or "-", *shares])


def _pair(quantile: Quantile) -> str:
    return f"{quantile.p50}/{quantile.p95}"


def as_json(sessions: Sequence[UsedSession], names: dict[str, str]) -> Iterator[str]:
    """One JSON object a line and a session."""
    for one in sessions:
        told = {
            "session": one.lag.session,
            "began": _iso(one.started),
            "seen": _iso(one.seen),
            "login": one.login,
            "target": one.target,
            "target_name": names.get(one.target, ""),
            "keys": one.lag.keys,
            "cause": one.lag.cause or None,
        }
        shares = {name: one.lag.share(name) for name in ("total", *SHARES)}
        told |= {f"{name}_ms": {"p50": found.p50, "p95": found.p95} for name, found in shares.items()}
        yield json.dumps(told, ensure_ascii=False)


def _iso(at: float) -> str:
    return dt.datetime.fromtimestamp(at, ZONE).isoformat(timespec="seconds")

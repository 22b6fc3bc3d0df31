"""
`connector.toml` to values; every mistake is reported at once, with where it stands and what is expected.


Paths in the file are relative to the file.

    [connector] gateway name state    [line] kbit    [worker] sandbox limit
    [schedule] kind url account credential authority
    [[target]] id name kind host port certificate domain resize, or for x11: id name kind display authority resize
    [recording] directory key required
"""

import re
import ssl
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sudare.base.errors import SudareError
from sudare.connector import display
from sudare.connector.config import API_TARGET, ConnectorConfig, Recording, Target, Worker
from sudare.connector.officedesk import ScheduleSettings
from sudare.connector.recording.keys import reading_public
from sudare.domain.people import display_name
from sudare.entry.config import origin_of

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CERTIFICATE: Final = re.compile(r"first-use|none|sha256:[0-9a-f]{64}")
_HOST: Final = re.compile(r"[A-Za-z0-9._:%-]{1,253}")
_LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}


class _Table:
    """One TOML table, read key by key; remembers what was wrong and what nobody asked for."""

    def __init__(self, where: str, table: object, mistakes: list[str]) -> None:
        self._where = where
        self._mistakes = mistakes
        self._told: set[str] = set()
        self._left = dict(table) if isinstance(table, dict) else {}
        if not isinstance(table, dict):
            mistakes.append(f"[{where}]: a table is expected")

    def wrong(self, key: str, expected: str) -> None:
        """Tell what is expected of this key; what was told of it first is the cause of the rest."""
        if key not in self._told:
            self._told.add(key)
            self._mistakes.append(f"[{self._where}] {key}: {expected}")

    def _take(self, key: str, kind: type, default: Any) -> Any:  # noqa: ANN401 (a TOML value)
        value = self._left.pop(key, default)
        if value is None:
            self.wrong(key, "is missing")
            return kind()
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.wrong(key, f"{kind.__name__} expected")
            return kind() if default is None else default
        return value

    def text(self, key: str, default: str | None = None) -> str:
        value: str = self._take(key, str, default)
        return value

    def name(self, key: str) -> str:
        value = self.text(key)
        try:
            return display_name(value)
        except SudareError as failure:
            self.wrong(key, f"{failure.detail.partition(': ')[2]} expected")
            return value

    def number(self, key: str, low: int, high: int, default: int | None = None) -> int:
        value: int = self._take(key, int, default)
        if not low <= value <= high:
            self.wrong(key, f"a number from {low} to {high} expected")
        return value

    def choice(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(key, default)
        if value not in allowed:
            self.wrong(key, f"one of {', '.join(allowed)} expected")
        return value

    def truth(self, key: str, *, default: bool) -> bool:
        value: bool = self._take(key, bool, default)
        return value

    def done(self) -> None:
        for key in self._left:
            self.wrong(key, "is not a setting")


def load(path: Path) -> ConnectorConfig:
    """The configuration. Raises `caller.configuration` with every mistake, one a line."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SudareError("caller.configuration", f"{path}: not there; `sudare connector join` makes it") from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise SudareError("caller.configuration", f"{path}: {failure}") from None
    mistakes: list[str] = []
    config = _read(document, path, mistakes)
    if mistakes:
        raise SudareError("caller.configuration", "\n".join(f"{path}: {mistake}" for mistake in mistakes))
    return config


def _read(document: dict[str, Any], path: Path, mistakes: list[str]) -> ConnectorConfig:
    main = _Table("connector", document.pop("connector", {}), mistakes)
    gateway, name = main.text("gateway"), main.name("name")
    state = Path(main.text("state", "state"))
    try:
        origin_of(gateway)
    except ValueError:
        main.wrong("gateway", "an address such as https://telework.example.lg.jp expected")
    main.done()
    table = _Table("worker", document.pop("worker", {}), mistakes)
    worker = Worker(
        table.choice("sandbox", ("bubblewrap", "none"), "bubblewrap"), table.number("limit", 1, 10_000, 200)
    )
    table.done()
    line_kbit = _line(document.pop("line"), mistakes) if "line" in document else None
    schedule = _schedule(document.pop("schedule"), path.parent, mistakes) if "schedule" in document else None
    recording = _recording(document.pop("recording"), path.parent, mistakes) if "recording" in document else None
    entries = document.pop("target", [])
    if not isinstance(entries, list):
        mistakes.append("[[target]]: a list of tables is expected")
        entries = []
    targets = tuple(_target(index, entry, path.parent, mistakes) for index, entry in enumerate(entries, 1))
    ids = [target.id for target in targets]
    mistakes += [f"[[target]]: {repeated} stands there twice" for repeated in {i for i in ids if ids.count(i) > 1}]
    mistakes += [f"[{key}]: is not a table of this file" for key in document]
    return ConnectorConfig(gateway, name, path.parent / state, worker, schedule, targets, recording, line_kbit)


def _line(entry: object, mistakes: list[str]) -> int:
    table = _Table("line", entry, mistakes)
    kbit = table.number("kbit", 1_000, 100_000_000)
    table.done()
    return kbit


def _schedule(entry: object, folder: Path, mistakes: list[str]) -> ScheduleSettings | None:
    table = _Table("schedule", entry, mistakes)
    kind, url = table.text("kind", "caldav"), table.text("url")
    account, credential = table.text("account", "{account}"), table.text("credential", "person")
    authority = table.text("authority", "")
    if authority:
        authority = str(folder / authority)
        try:
            ssl.create_default_context(cadata=Path(authority).read_text(encoding="ascii"))
        except (OSError, ValueError):
            table.wrong("authority", f"a PEM file with certificates expected, and {authority} is none")
    table.done()
    if not url:
        table.wrong("url", "an address expected")
        return None
    try:
        return ScheduleSettings(url, kind, account, credential, authority)
    except ValueError as wrong:
        mistakes.append(str(wrong))
        return None


def _recording(entry: object, folder: Path, mistakes: list[str]) -> Recording | None:
    table = _Table("recording", entry, mistakes)
    directory, key = table.text("directory"), table.text("key")
    required = table.truth("required", default=True)
    table.done()
    if not directory or not key:
        return None
    try:
        return Recording(folder / directory, reading_public(folder / key), required)
    except ValueError as wrong:
        table.wrong("key", str(wrong))
        return None


def _target(index: int, entry: object, folder: Path, mistakes: list[str]) -> Target:
    table = _Table(f"target {index}", entry, mistakes)
    kind = table.choice("kind", ("rdp", "vnc", "x11"))
    target_id, name = table.text("id"), table.name("name")
    if not _ID.fullmatch(target_id) or target_id == API_TARGET:
        table.wrong("id", "letters, digits, dot, dash and underscore expected (and not `api`)")
    blank = Target(target_id, name, kind, "", 0)
    target = _display(table, blank, folder) if kind == "x11" else _pc(table, blank)
    table.done()
    return target


def _display(table: _Table, blank: Target, folder: Path) -> Target:
    authority = table.text("authority", "")
    target = replace(
        blank,
        display=table.text("display"),
        authority=folder / authority if authority else None,
        resize=table.truth("resize", default=True),
    )
    if not display.NAME.fullmatch(target.display):
        table.wrong("display", "a display of this host such as :20 expected")
    return target


def _pc(table: _Table, blank: Target) -> Target:
    kind = blank.kind
    target = replace(
        blank,
        host=table.text("host"),
        port=table.number("port", 1, 65_535, 3389 if kind == "rdp" else 5900),
        certificate=table.text("certificate", "first-use"),
        domain=table.text("domain", ""),
        resize=table.truth("resize", default=True),
    )
    if not _HOST.fullmatch(target.host):
        table.wrong("host", "a name or an address expected")
    if not _CERTIFICATE.fullmatch(target.certificate):
        table.wrong("certificate", "first-use, none, or sha256: and 64 hex digits expected")
    if target.certificate == "none" and (kind != "vnc" or target.host not in _LOOPBACK):
        table.wrong("certificate", "none is only for vnc on this host (127.0.0.1)")
    return target

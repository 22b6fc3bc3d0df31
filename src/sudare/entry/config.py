"""
`gateway.toml` as frozen values; every mistake in it is reported at once, with file, key and what is expected.

Only this module reads configuration files. Paths in a file are relative to the file.
"""

import ipaddress
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sudare.base.errors import SudareError


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """What the gateway is told."""

    url: str  # the origin: https://host[:port]
    host: str
    listen: tuple[str, int]
    state: Path
    certificate: Path
    key: Path
    database: str  # as SQLAlchemy takes it
    idle_s: float
    absolute_s: float
    static: Path

    @property
    def keys(self) -> Path:
        """Where the keys lie."""
        return self.state / "keys"


class _Reader:
    """Takes settings out of the file and collects what is wrong with them."""

    def __init__(self, path: Path, data: dict[str, Any]) -> None:
        self._path = path
        self._data = data
        self._known: dict[str, set[str]] = {}
        self.mistakes: list[str] = []

    def text(self, table: str, key: str, default: str | None = None) -> str:
        value = self._take(table, key, default)
        if not isinstance(value, str) or not value:
            self.wrong(table, key, "a text")
            return ""
        return value

    def number(self, table: str, key: str, default: int, least: int, most: int) -> int:
        value = self._take(table, key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.wrong(table, key, f"a whole number from {least} to {most}")
            return default
        return value

    def path(self, table: str, key: str, default: str | None = None) -> Path:
        return self._path.parent / self.text(table, key, default)

    def wrong(self, table: str, key: str, expected: str) -> None:
        self.mistakes.append(f"{self._path}: [{table}] {key}: expected {expected}")

    def unknown(self) -> None:
        """Complain of everything nobody asked for."""
        for table, values in self._data.items():
            if table not in self._known:
                self.mistakes.append(f"{self._path}: [{table}]: unknown; expected one of {', '.join(self._known)}")
            elif isinstance(values, dict):
                for key in values.keys() - self._known[table]:
                    self.wrong(table, key, f"one of {', '.join(sorted(self._known[table]))}, not this")

    def _take(self, table: str, key: str, default: object) -> object:
        self._known.setdefault(table, set()).add(key)
        values = self._data.get(table, {})
        return values.get(key, default) if isinstance(values, dict) else default


def read_gateway(path: Path) -> GatewayConfig:
    """The configuration. Raises `caller.configuration` with every mistake, one a line."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SudareError("caller.configuration", f"{path}: {error}") from error
    reader = _Reader(path, data)
    url = reader.text("gateway", "url")
    host = _host(reader, url)
    config = GatewayConfig(
        url=url.rstrip("/"),
        host=host,
        listen=_listen(reader, reader.text("gateway", "listen", "0.0.0.0:443")),
        state=reader.path("gateway", "state", "."),
        certificate=reader.path("tls", "certificate", "tls.pem"),
        key=reader.path("tls", "key", "tls.key"),
        database="",
        idle_s=60.0 * reader.number("session", "idle_minutes", 30, 1, 24 * 60),
        absolute_s=3600.0 * reader.number("session", "absolute_hours", 12, 1, 24 * 7),
        static=reader.path("gateway", "static", str(Path(__file__).parent.parent / "gateway" / "static")),
    )
    database = _database(reader, reader.text("database", "url", "sqlite"), config.state)
    for key, file in (("certificate", config.certificate), ("key", config.key)):
        if not file.is_file():
            reader.wrong("tls", key, f"a file, and {file} is none")
    reader.unknown()
    if reader.mistakes:
        raise SudareError("caller.configuration", "\n".join(reader.mistakes))
    return _with_database(config, database)


def origin_of(unverified_url: str) -> tuple[str, str, int]:
    """(origin, host, port) of an https address without a path. Raises ValueError."""
    parts = urlsplit(unverified_url)
    if parts.scheme != "https" or not parts.hostname or parts.path not in {"", "/"} or parts.query or parts.username:
        raise ValueError("https://host[:port]")
    port = parts.port or 443
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"https://{host}" + (f":{port}" if port != 443 else ""), parts.hostname, port


def _host(reader: _Reader, url: str) -> str:
    try:
        origin, host, _ = origin_of(url)
    except ValueError:
        reader.wrong("gateway", "url", '"https://host" or "https://host:port", as people type it')
        return ""
    if origin != url.rstrip("/"):
        reader.wrong("gateway", "url", f'"{origin}" (lower case, without :443)')
    return host


def _listen(reader: _Reader, text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    try:
        return str(ipaddress.ip_address(host.strip("[]"))), int(port) if 0 < int(port) < 65_536 else int("none")
    except ValueError:
        reader.wrong("gateway", "listen", '"address:port" with a numeric address, such as "0.0.0.0:443" or "[::]:443"')
        return "", 0


def _database(reader: _Reader, url: str, state: Path) -> str:
    if url == "sqlite":
        return f"sqlite+aiosqlite:///{(state / 'sudare.sqlite').resolve()}"
    if url.startswith("postgresql+psycopg://"):
        return url
    reader.wrong("database", "url", '"sqlite" or "postgresql+psycopg://..."')
    return ""


def _with_database(config: GatewayConfig, database: str) -> GatewayConfig:
    values = {name: getattr(config, name) for name in GatewayConfig.__slots__}
    return GatewayConfig(**(values | {"database": database}))

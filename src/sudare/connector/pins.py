"""
Certificates of office PCs as they were first seen, one a target, in the connector's state directory.

INVARIANT: once seen, a certificate is required; only the administrator takes it back (by deleting the line).
"""

from pathlib import Path
from typing import Final

import msgspec

from sudare.connector.identity import write_private

FILE: Final = "pins.json"


class Pins:
    """Target id to `sha256:<hex>`."""

    def __init__(self, state: Path) -> None:
        self._path = state / FILE
        self._seen: dict[str, str] = {}
        if self._path.exists():
            self._seen = msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])

    def rule(self, target: str, configured: str) -> str:
        """What to require: the configured certificate, or the one first seen, or `first-use` while none was."""
        return self._seen.get(target, configured) if configured == "first-use" else configured

    def seen(self, target: str, fingerprint: str) -> None:
        """Remember a first use; a later one changes nothing."""
        if target not in self._seen:
            self._seen[target] = fingerprint
            write_private(self._path, msgspec.json.encode(self._seen))

"""
Which certificate an office PC may show.

`sha256:<64 hex digits>`: this one. `first-use`: any, and its fingerprint is reported so that the caller can keep it.
INVARIANT: there is no way to say "never mind" for good; a pin that reads as neither is refused.
"""

import hashlib
import re
from dataclasses import dataclass

from sudare.base.errors import SudareError

_FORM = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """A rule for one certificate."""

    sha256: str | None  # None: whatever comes first

    @classmethod
    def parse(cls, text: str) -> "Pin":
        """From configuration. Raises `office.pc-certificate`."""
        if text == "first-use":
            return cls(None)
        match = _FORM.fullmatch(text.strip().lower())
        if match is None:
            raise SudareError("office.pc-certificate", "pin is neither first-use nor sha256:<hex>")
        return cls(match[1])

    def accepts(self, fingerprint: str) -> bool:
        """Whether this fingerprint (`fingerprint_of`) will do."""
        return self.sha256 is None or fingerprint == f"sha256:{self.sha256}"


def fingerprint_of(der: bytes) -> str:
    """`sha256:<hex>` of a certificate."""
    return "sha256:" + hashlib.sha256(der).hexdigest()

"""
Failures as RFC 9457 answers: the one place where a `SudareError` becomes HTTP.

INVARIANT: `detail` stays here; the peer gets the code, its two sentences and, where it helps, how long to wait.
"""

import math
from pathlib import Path

import msgspec
from starlette.responses import Response

from sudare.base.errors import CODES, SudareError

_TYPE = "https://sudare.dev/problems/"


class Refused(SudareError):  # noqa: N818 - it is an answer
    """A refusal that knows how long to wait."""

    def __init__(self, code: str, detail: str = "", *, retry_s: float) -> None:
        super().__init__(code, detail)
        self.retry_s = retry_s


class Sentences:
    """The problem codes in words, by language; a code without a sentence is its own."""

    def __init__(self, ja: dict[str, str], en: dict[str, str]) -> None:
        self._by = {
            language: {code: catalogue.get(f"problem.{code}", code) for code in CODES}
            for language, catalogue in (("ja", ja), ("en", en))
        }

    @classmethod
    def beside(cls, static: Path) -> "Sentences":
        """Read from the catalogues the build puts beside the front end."""
        return cls(_catalogue(static, "ja"), _catalogue(static, "en"))

    def of(self, language: str) -> dict[str, str]:
        """Every code's sentence. Raises `caller.not-found` for a language we do not speak."""
        if language not in self._by:
            raise SudareError("caller.not-found", "language")
        return self._by[language]

    def problem(self, error: SudareError) -> Response:
        """The answer for this failure."""
        ja, en = (self._by[language][error.code] for language in ("ja", "en"))
        body: dict[str, object] = {
            "type": _TYPE + error.code,
            "status": error.http_status,
            "code": error.code,
            "title": ja,
            "title_ja": ja,
            "title_en": en,
        }
        headers = {}
        if isinstance(error, Refused):
            body["retry_s"] = math.ceil(error.retry_s)
            headers["Retry-After"] = str(math.ceil(error.retry_s))
        return Response(msgspec.json.encode(body), error.http_status, headers, media_type="application/problem+json")


def _catalogue(static: Path, language: str) -> dict[str, str]:
    for path in (static / "strings" / f"{language}.json", static / f"{language}.json"):
        if path.is_file():
            return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    return {}

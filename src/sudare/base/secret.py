"""Secrets as a type, so that none reaches a log or a traceback by accident."""

import hmac
from typing import Generic, TypeVar

T = TypeVar("T", str, bytes)


class Secret(Generic[T]):
    """A value whose `repr` and `str` say nothing; `reveal()` is the only way out and easy to search for."""

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value: T = value

    def reveal(self) -> T:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        """Nothing of the value, not even its length."""
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Equality in constant time."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_as_bytes(self._value), _as_bytes(other._value))

    __hash__ = None  # type: ignore[assignment]


def _as_bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value

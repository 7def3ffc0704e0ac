"""A value that never prints itself."""

from __future__ import annotations

import hmac
from typing import Generic, TypeVar

__all__ = ["Secret"]

T = TypeVar("T", str, bytes)


class Secret(Generic[T]):
    """Wraps a secret so that logs, tracebacks and templates show only a mask."""

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        """Keep ``value`` out of sight."""
        self._value: T = value

    def reveal(self) -> T:
        """The value itself; each call is a place to look at in review."""
        return self._value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        mine: str | bytes = self._value
        theirs: str | bytes = other.reveal()
        if isinstance(mine, str) and isinstance(theirs, str):
            return hmac.compare_digest(_bytes_of(mine), _bytes_of(theirs))
        if isinstance(mine, bytes) and isinstance(theirs, bytes):
            return hmac.compare_digest(mine, theirs)
        return False

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret('•••')"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a Secret is never pickled")


def _bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

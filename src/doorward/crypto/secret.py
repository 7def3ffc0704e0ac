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
        self._value = value

    def reveal(self) -> T:
        """The value itself; each call is a place to look at in review."""
        return self._value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        mine, theirs = self._value, other.reveal()
        if isinstance(mine, str):
            mine, theirs = mine.encode(), str(theirs).encode()
        return hmac.compare_digest(mine, theirs)

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret('•••')"

    __str__ = __repr__

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a Secret is never pickled")

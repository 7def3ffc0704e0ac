"""A clock that moves by hand."""

from __future__ import annotations

from doorward.db import SECOND

__all__ = ["ManualClock"]


class ManualClock:
    """Answers the same microsecond until ``advance`` is called."""

    def __init__(self, now: int = 1_790_000_000 * SECOND) -> None:
        """Start at ``now``, in microseconds since the epoch."""
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, *, seconds: float) -> None:
        """Move forward by ``seconds``."""
        self.now += int(seconds * SECOND)

"""Time as storage keeps it: integer microseconds since the epoch."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["SECOND", "Clock", "system_clock"]

Clock = Callable[[], int]
"""Answers the present moment in microseconds since the epoch."""

SECOND = 1_000_000
"""Microseconds in a second."""


def system_clock() -> int:
    """The machine's wall clock, in microseconds."""
    return time.time_ns() // 1000

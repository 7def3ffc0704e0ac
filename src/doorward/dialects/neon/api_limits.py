"""How often a person may call each operation of Neon's API."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from doorward.db import Clock
from doorward.dialects.neon.api_callers import ApiCaller
from doorward.dialects.neon.api_operations import ApiOperation
from doorward.http import MovingWindow

__all__ = ["ApiLimits"]

_A_MINUTE: Final = 700
_A_SECOND: Final = 40
_KEYS: Final = 5_000
"""Of so many callers and operations the latest calls are remembered."""


class ApiLimits:
    """700 calls a minute and 40 a second, for each operation and account.

    All of a person's applications and keys count together; each process counts for itself.
    """

    def __init__(self, clock: Clock) -> None:
        """Count by ``clock``."""
        self._windows = (
            MovingWindow(_A_SECOND, timedelta(seconds=1), clock=clock, keys=_KEYS),
            MovingWindow(_A_MINUTE, timedelta(minutes=1), clock=clock, keys=_KEYS),
        )

    def count(self, caller: ApiCaller, operation: ApiOperation) -> int | None:
        """Let the caller call now, or answer after how many seconds it may."""
        key = f"{caller.org_id} {caller.account_id} {operation.name}"
        full = [each for each in self._windows if each.is_full(key)]
        if full:
            return max(each.wait_s(key) for each in full)
        for each in self._windows:
            each.hit(key)
        return None

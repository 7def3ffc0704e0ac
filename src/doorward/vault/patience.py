"""How long, and in what steps, somebody waits for what another process does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from doorward.crypto import Random, system_random

__all__ = ["Patience", "Sleep"]

Sleep = Callable[[float], Awaitable[None]]
"""Waits for that many seconds."""

_FIRST_S: Final = 0.05
_LONGEST_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Ends after ``longest_s`` seconds."""

    longest_s: float = 20.0
    sleep: Sleep = asyncio.sleep
    random: Random = system_random

    async def pause(self, polls: int) -> None:
        """Wait before the next look: longer each time, and never in step with others."""
        longest = min(_FIRST_S * 2.0 ** min(polls, 10), _LONGEST_S)
        await self.sleep(longest / 2 + longest / 2 * self.random(1)[0] / 256)

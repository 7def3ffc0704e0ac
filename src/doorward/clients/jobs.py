"""What happens to applications in the background."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from doorward.clients.secret_uses import SecretUses
from doorward.clients.store import EXPIRE_OFFERS, EXPIRE_USAGE
from doorward.clients.usage import Usage
from doorward.db import SECOND, DatabaseError, Sweeper

__all__ = ["UsageWorker", "remove_expired"]

log = logging.getLogger("doorward")

_KEPT_DAYS = 90
_DAY = 86_400 * SECOND
_EVERY_S = 5.0


async def remove_expired(sweeper: Sweeper, now: int) -> int:
    """Delete offers that ended before ``now`` (microseconds) and use of over 90 days; how many."""
    offers = await sweeper.remove((EXPIRE_OFFERS,), before=now)
    return offers + await sweeper.remove((EXPIRE_USAGE,), before=now // _DAY - _KEPT_DAYS)


class UsageWorker:
    """One task that keeps every few seconds what the requests counted."""

    def __init__(self, usage: Usage, secret_uses: SecretUses) -> None:
        """Flush ``usage`` and ``secret_uses``."""
        self._kept = (usage, secret_uses)
        self._task: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()

    def start(self) -> None:
        """Begin; call it once, inside the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End, and keep what was counted last. A batch under way is never cut off."""
        self._ending.set()
        if self._task is not None:
            await self._task
        await self._flush()

    async def _run(self) -> None:
        while not self._ending.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _EVERY_S)
                return
            await self._flush()

    async def _flush(self) -> None:
        for each in self._kept:
            try:
                await each.flush()
            except DatabaseError as error:
                log.warning("usage waits: %s", error)

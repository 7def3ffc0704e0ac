"""The right to renew a connection: one process at a time, as long as it shows that it lives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Final

from doorward.db import SECOND, Clock, Database, DatabaseError
from doorward.vault import store
from doorward.vault.model import Connection

__all__ = ["LEASE_S", "Leases"]

log = logging.getLogger("doorward")

LEASE_S: Final = 45.0
"""How long a process that died holds a connection: a request may take thirty seconds."""

_BEATS: Final = 3


class Leases:
    """Leases in the database: a number of this process's, and the time until which it counts.

    What is written under a lease is compared with the version that it began with, so that one
    which was lost unnoticed writes over nobody.
    """

    def __init__(self, *, db: Database, clock: Clock, lease_s: float = LEASE_S) -> None:
        """Hold each for ``lease_s`` seconds at a time."""
        self._db = db
        self._clock = clock
        self._lease_s = lease_s

    async def take(self, row: Connection) -> Connection | None:
        """The connection as it is now, to be renewed by the caller alone.

        None when somebody else renews it, has renewed it since ``row`` was read, or it waits.
        """
        now = self._clock()
        return await store.take_lease(
            self._db, row, me=self._db.next_id(), now=now, until=self._until(now)
        )

    async def claim_due(self, batch: int) -> list[Connection]:
        """Up to ``batch`` connections whose time has come, each for the caller alone."""
        now = self._clock()
        return await store.claim_due(
            self._db, me=self._db.next_id(), now=now, until=self._until(now), batch=batch
        )

    @asynccontextmanager
    async def kept(self, rows: Iterable[Connection]) -> AsyncIterator[set[tuple[str, int]]]:
        """Keep the leases of ``rows`` while the caller works; what it takes out is let go.

        What is left at the end is given back.
        """
        owners = {row.key: row.lease_owner or 0 for row in rows}
        held = set(owners)
        beating = asyncio.get_running_loop().create_task(self._beat(owners, held))
        try:
            yield held
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating
            for key in held:
                with suppress(DatabaseError):
                    await store.drop_lease(self._db, key, me=owners[key])

    async def _beat(self, owners: dict[tuple[str, int], int], held: set[tuple[str, int]]) -> None:
        while True:
            await asyncio.sleep(self._lease_s / _BEATS)
            for key in tuple(held):
                until = self._until(self._clock())
                try:
                    kept = await store.keep_lease(self._db, key, me=owners[key], until=until)
                except DatabaseError as error:
                    log.warning("a lease was not kept: %s", error)
                    continue
                if not kept:
                    log.warning("the lease of connection %d was lost", key[1])
                    held.discard(key)

    def _until(self, now: int) -> int:
        return now + int(self._lease_s * SECOND)

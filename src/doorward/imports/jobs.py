"""The worker that makes accounts of files in the background, and the end of old imports."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from doorward.db import Conflict, Database, DatabaseError, Overloaded, Unavailable
from doorward.imports import store
from doorward.imports.model import Import
from doorward.imports.service import Imports

__all__ = ["ImportWorker", "remove_expired"]

log = logging.getLogger("doorward")

_LOOK_EVERY_S = 1.0
_TURN_CHUNKS = 20
_STOP_S = 5.0
_EXPIRED_AT_ONCE = 20


class ImportWorker:
    """One task in each process that serves; between them they perform every import once."""

    def __init__(self, *, imports: Imports, db: Database) -> None:
        """Perform ``imports`` under a number from ``db``."""
        self._imports = imports
        self._db = db
        self._task: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()

    def start(self) -> None:
        """Begin; call it once, inside the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End after the unit under way, and let another process carry on at once.

        A unit that takes too long is broken off, and nothing of it is kept.
        """
        if self._task is None:
            return
        self._ending.set()
        await asyncio.wait([self._task], timeout=_STOP_S)
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def take_turn(self) -> bool:
        """Work on one import for a short while; False when there is none to work on.

        Imports take turns, the one that waited longest first: a small one is not kept waiting by
        a large one.
        """
        worker = self._db.next_id()
        held = await self._imports.claim(worker)
        if held is None:
            return False
        try:
            await self._work(held, worker)
        except (Conflict, Overloaded, Unavailable) as error:
            # Nothing of the unit was kept, and its rows are still there.
            log.warning("import %d waits: %s", held.import_id, error)
            raise
        except Exception:
            log.exception("import %d failed", held.import_id)
            await self._imports.fail(held, worker)
        finally:
            with suppress(DatabaseError):
                await self._imports.release(held, worker)
        return True

    async def _work(self, held: Import, worker: int) -> None:
        for _ in range(_TURN_CHUNKS):
            begun = time.perf_counter()
            more = await self._imports.perform_chunk(held, worker)
            # As long as the work took, others are served alone.
            if not more or await self._pause(time.perf_counter() - begun):
                return

    async def _run(self) -> None:
        while not self._ending.is_set():
            try:
                busy = await self.take_turn()
            except DatabaseError:
                busy = False
            if not busy:
                await self._pause(_LOOK_EVERY_S)

    async def _pause(self, seconds: float) -> bool:
        """Rest, or less when the end has come: whether it has."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), seconds)
        return self._ending.is_set()


async def remove_expired(db: Database, imports: Imports, now: int) -> int:
    """Delete imports that expired before ``now`` (microseconds), whole; how many."""
    removed = 0
    while True:
        found = await db.all(store.FIND_EXPIRED, now=now, batch=_EXPIRED_AT_ONCE)
        for org_id, import_id in found:
            await imports.discard(org_id, import_id)
        removed += len(found)
        if len(found) < _EXPIRED_AT_ONCE:
            return removed

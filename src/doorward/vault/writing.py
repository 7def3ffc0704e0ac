"""Writing down what came of a renewal: over exactly the tokens that it began with, and surely."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Final

from doorward.audit import SYSTEM, record
from doorward.connectors import UpstreamFailure
from doorward.db import Clock, Database, DatabaseError, Transaction
from doorward.vault import store
from doorward.vault.model import Connection, Held, Status, Tokens
from doorward.vault.notices import note_change
from doorward.vault.patience import Sleep
from doorward.vault.revocations import Revocations
from doorward.vault.sealing import Sealer
from doorward.vault.spills import Spills

__all__ = ["Writing"]

log = logging.getLogger("doorward")

_TRIES: Final = 8
_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 2.0
_RACES: Final = 4
_SETTLING_S: Final = (0.1, 0.3, 0.6)


class Writing:
    """Keeps renewed credentials, and that renewing failed."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        sealer: Sealer,
        spills: Spills,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Write to ``db``; what cannot be written goes to ``spills``."""
        self._db = db
        self._clock = clock
        self._sealer = sealer
        self._spills = spills
        self._sleep = sleep
        self._revocations = Revocations(db=db, clock=clock, sealer=sealer)

    async def save(self, seen: Connection, new: Held, *, holding: bool) -> Connection:
        """The connection as it is once ``new`` is written over ``seen``.

        It is another one than ``new`` where somebody connected anew, disconnected, or renewed it
        later. Raises ``DatabaseError`` when it cannot be written, after it was kept aside.
        """
        row = self._sealed(new)
        for attempt in range(_TRIES):
            try:
                return await self._save(seen, row, new, holding=holding)
            except DatabaseError:
                if attempt == _TRIES - 1:
                    if self._is_precious(seen, new):
                        await self._spills.keep(seen, row)
                    raise
            await self._sleep(min(_FIRST_PAUSE_S * 2**attempt, _LONGEST_PAUSE_S))
        raise AssertionError("unreachable: the last attempt answers or raises")

    async def fail(
        self, seen: Connection, new: Connection, failure: UpstreamFailure | None = None
    ) -> Connection:
        """The connection as it is once it is written that renewing ``seen`` failed.

        Who has renewed it meanwhile has won: then it is as they left it.
        """
        now = self._clock()

        async def work(tx: Transaction) -> bool:
            if not await store.save_failed(tx, seen, new):
                return False
            if (seen.status, seen.reason) != (new.status, new.reason):
                ended = new.status is Status.NEEDS_RECONNECT
                action = "connection.needs_reconnect" if ended else "connection.refresh_failed"
                detail = {"reason": str(new.reason), "connector": new.connector}
                if failure is not None:
                    detail |= {"code": failure.code, "answer": str(failure.status or "none")}
                event = SYSTEM.did(action, new.org_id, new.target, **detail)
                await record(tx, event, event_id=self._db.next_id(), now=now)
                await note_change(tx, seen, new, now)
            return True

        if await self._db.unit(work):
            return replace(new, lease_owner=None, lease_until=None)
        return await self._read(seen)

    async def apply_waiting(self, row: Connection) -> Connection | None:
        """The connection as an answer left it that waited to be written; None if none did."""
        return await self._read(row) if await self._spills.apply_for(row) else None

    async def find_newer(self, row: Connection) -> Connection | None:
        """The connection, if somebody else changes its tokens within a moment."""
        for pause_s in _SETTLING_S:
            current = await self._read(row)
            if (current.token_version, current.grant_id) != (row.token_version, row.grant_id):
                return current
            await self._sleep(pause_s)
        return None

    async def postpone(self, row: Connection, until: int) -> None:
        """Give the lease back, to be taken again ``until`` then."""
        await store.postpone(self._db, row, until=until)

    def open(self, row: Connection) -> Tokens:
        """The secrets of ``row``. Raises ``SealBroken``."""
        return self._sealer.open_connection(row)

    async def _save(
        self, seen: Connection, row: Connection, new: Held, *, holding: bool
    ) -> Connection:
        for _ in range(_RACES):
            if await self._write(seen, row, holding=holding):
                # As it is by now: an administrator may have ended it while the platform was asked.
                return await self._read(seen)
            current = await self._read(seen)
            if current.sealed == row.sealed:
                # It was written: only the answer to the commit was lost.
                return current
            if current.grant_id != seen.grant_id:
                await self._drop(current, new)
                return current
            if (current.last_refreshed_at or 0) >= (row.last_refreshed_at or 0):
                return current
            # Somebody used the same refresh token before us, and was answered before us.
            log.warning("connection %d was renewed twice", seen.connection_id)
            seen, row = current, replace(row, token_version=current.token_version + 1)
        return await self._read(seen)

    async def _write(self, seen: Connection, row: Connection, *, holding: bool) -> bool:
        now = self._clock()

        async def work(tx: Transaction) -> bool:
            if not await store.save_renewed(tx, seen, row, holding=holding):
                return False
            for action, detail in _events(seen, row):
                event = SYSTEM.did(action, row.org_id, row.target, **detail)
                await record(tx, event, event_id=self._db.next_id(), now=now)
            return True

        return await self._db.unit(work)

    async def _drop(self, current: Connection, new: Held) -> None:
        """Have a renewed token taken back whose connection was disconnected meanwhile."""
        if current.status is not Status.DISCONNECTED:
            return

        async def work(tx: Transaction) -> None:
            await self._revocations.enqueue(tx, new.connection, new.tokens)

        await self._db.unit(work)

    async def _read(self, seen: Connection) -> Connection:
        found = await store.find(self._db, seen.org_id, seen.connection_id)
        # Connections are never deleted; of one that was, nothing is left to be renewed.
        return replace(seen, sealed=None, status=Status.DISCONNECTED) if found is None else found

    def _sealed(self, new: Held) -> Connection:
        row = new.connection
        sealed = self._sealer.seal_tokens(
            new.tokens, row.org_id, row.connection_id, table="connections"
        )
        return replace(row, sealed=sealed)

    def _is_precious(self, seen: Connection, new: Held) -> bool:
        """Whether what there was is used up, so that losing the answer loses the connection."""
        old = self._sealer.open_connection(seen)
        return new.tokens.refresh != old.refresh or new.tokens.refresh is None


def _events(seen: Connection, row: Connection) -> list[tuple[str, dict[str, str]]]:
    connector = {"connector": row.connector}
    events: list[tuple[str, dict[str, str]]] = [("connection.refreshed", connector)]
    if seen.status is not Status.ACTIVE:
        events.append(("connection.recovered", connector | {"was": str(seen.reason)}))
    lost = set(seen.scopes or ()) - set(row.scopes or ())
    if lost and row.scopes is not None:
        events.append(("connection.scope_reduced", connector | {"lost": " ".join(sorted(lost))}))
    return events

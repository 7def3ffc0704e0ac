"""What people are told about connections: noted with the change, told soon after by a worker.

Credentials that are edited may end many thousand connections at once. One statement notes them all
in the unit of the edit; their letters are written a few at a time, each in a unit of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from doorward.db import SECOND, Clock, Database, DatabaseError, Transaction
from doorward.vault import store
from doorward.vault.model import Connection, Reason, Status
from doorward.vault.terms import DAY

__all__ = ["FindHerald", "Herald", "Notices", "note_change", "note_ended_of", "note_mended"]

log = logging.getLogger("doorward")

_QUIET_CREDENTIALS: Final = 30 * DAY
_LATER: Final = 3600 * SECOND

Herald: TypeAlias = Callable[[Transaction, Connection], Awaitable[None]]
"""Tells whom it concerns how the connection is, in the unit in which that is kept."""

FindHerald: TypeAlias = Callable[[Connection], Awaitable[Herald | None]]
"""Who tells of a connection that somebody must mend; None if nobody does."""


async def note_change(tx: Transaction, seen: Connection, new: Connection, now: int) -> None:
    """In the unit in which ``seen`` becomes ``new``: have told what somebody must mend.

    The person hears of a connection that must be connected again, at most once a day of each. The
    staff hear of a version of credentials that the platform refuses, at most once in thirty days,
    or again after they have mended it.
    """
    if seen.status is new.status and seen.reason is new.reason:
        return
    if new.status is Status.NEEDS_RECONNECT:
        await _note(tx, new, new.connection_id, now, DAY)
    elif _is_refused(new) and new.credentials_id is not None:
        await _note(tx, new, new.credentials_id, now, _QUIET_CREDENTIALS)


async def note_ended_of(tx: Transaction, org_id: str, credentials_id: int, now: int) -> None:
    """The same for every connection that ended ``now`` with these credentials."""
    await store.delete_notice(tx, org_id, credentials_id)
    await store.note_ended(tx, org_id, credentials_id, now=now, until=now + DAY)


async def note_mended(tx: Transaction, org_id: str, credentials_id: int) -> None:
    """Credentials were mended: that the platform refuses them may be told again."""
    await store.delete_notice(tx, org_id, credentials_id)


class Notices:
    """Tells what was noted, each exactly once however many processes do."""

    def __init__(self, *, db: Database, clock: Clock, heralds: FindHerald | None = None) -> None:
        """Tell by ``heralds``; without them, nobody hears anything."""
        self._db = db
        self._clock = clock
        self._heralds = heralds

    async def tell_due(self, limit: int) -> int:
        """Tell up to ``limit`` of what was noted; how many were looked at."""
        due = await store.list_due_notices(self._db, now=self._clock(), limit=limit)
        for each in due:
            try:
                await self._tell(each)
            except DatabaseError:
                raise
            except Exception:
                # The others shall be told all the same.
                log.exception("connection %d: telling failed", each.connection_id)
                await store.postpone_notice(self._db, each, until=self._clock() + _LATER)
        return len(due)

    async def _tell(self, notice: store.Notice) -> None:
        row = await store.find(self._db, notice.org_id, notice.connection_id)
        herald = None if row is None or self._heralds is None else await self._heralds(row)

        async def work(tx: Transaction) -> None:
            if not await store.claim_notice(tx, notice):
                return
            # Read after the claim: who fails it again at this moment waits for this unit.
            current = await store.find(tx, notice.org_id, notice.connection_id)
            if current is None or not _is_still(current, notice):
                # It was mended before anybody was told: the next time counts as the first.
                await store.delete_notice(tx, notice.org_id, notice.about)
            elif herald is not None:
                await herald(tx, current)

        await self._db.unit(work)


async def _note(tx: Transaction, row: Connection, about: int, now: int, quiet: int) -> None:
    notice = store.Notice(row.org_id, about, row.connection_id, now)
    await store.note(tx, notice, until=now + quiet)


def _is_refused(row: Connection) -> bool:
    return row.status is Status.BLOCKED and row.reason is Reason.CLIENT_REFUSED


def _is_still(row: Connection, notice: store.Notice) -> bool:
    if notice.about == row.connection_id:
        return row.status is Status.NEEDS_RECONNECT
    return _is_refused(row)

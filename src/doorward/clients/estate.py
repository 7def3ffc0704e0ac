"""What becomes of the applications of somebody who is gone."""

from __future__ import annotations

from dataclasses import replace

from doorward.audit import Actor, record
from doorward.clients.moves import get_locked
from doorward.clients.refusals import UnknownApplication
from doorward.clients.store import (
    delete_application,
    delete_offer,
    delete_reviews,
    find_approved,
    list_owned,
    update_application,
)
from doorward.db import Clock, Database, Transaction, touch_caches

__all__ = ["Estate"]

_AT_ONCE = 50


class Estate:
    """Applications that lose their owner: people use some of them, and nobody the others."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        """Work on ``db``, dated by ``clock``."""
        self._db = db
        self._clock = clock

    async def settle(self, org_id: str, account_id: int, by: Actor) -> int:
        """Hand what was ever approved to the staff, and remove the rest; how many there were."""
        settled = 0
        while owned := await list_owned(self._db, org_id, account_id, after="", limit=_AT_ONCE):
            for each in owned:
                await self._settle(org_id, account_id, each.client_id, by)
            settled += len(owned)
        return settled

    async def _settle(self, org_id: str, account_id: int, client_id: str, by: Actor) -> None:
        async def work(tx: Transaction) -> None:
            try:
                before = await get_locked(tx, org_id, client_id)
            except UnknownApplication:
                return
            if before.owner_account_id != account_id:
                return
            await delete_offer(tx, org_id, client_id)
            if await find_approved(tx, org_id, client_id) is not None:
                after = replace(before, owner_account_id=None, updated_at=self._clock())
                await update_application(tx, after)
                action = "application.handed_to_staff"
            else:
                await delete_application(tx, org_id, client_id)
                await delete_reviews(tx, org_id, client_id)
                action = "application.deleted"
            event = by.did(action, org_id, ("application", client_id), name=before.name)
            await record(tx, event, event_id=self._db.next_id(), now=self._clock())
            await touch_caches(tx)

        await self._db.unit(work)

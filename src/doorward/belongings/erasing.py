"""Erasing what is kept about somebody who is gone, in small steps that can be repeated."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from doorward.audit import SYSTEM, record
from doorward.belongings import store
from doorward.belongings.model import Deletion, DeletionState
from doorward.belongings.service import Deletions
from doorward.clients import Estate
from doorward.consents import Consents, UnknownConsent
from doorward.db import (
    SECOND,
    Clock,
    Database,
    DatabaseError,
    Transaction,
    run_in_batches,
    touch_caches,
)
from doorward.orgs import Organizations, OrgId, Site
from doorward.vault import Connections, Deauthorizer

__all__ = ["Eraser", "Holders"]

log = logging.getLogger("doorward")

_LEASE: Final = 600 * SECOND
_AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True)
class Holders:
    """The rooms that end what they hold of a person by rules of their own.

    ``consents`` tell nobody: there is nobody left to be told.
    """

    consents: Consents
    connections: Connections
    deauthorizer: Deauthorizer
    estate: Estate


class Eraser:
    """Carries deletions out. A crash loses nothing: what is not finished is begun again."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        deletions: Deletions,
        organizations: Organizations,
        holders: Holders,
        site: Site,
    ) -> None:
        """Erase rows of ``db`` once ``holders`` have ended what is theirs."""
        self._db = db
        self._clock = clock
        self._deletions = deletions
        self._organizations = organizations
        self._holders = holders
        self._site = site

    async def erase_due(self) -> int:
        """Begin or go on with whatever is due; how many accounts were erased for good."""
        rows = await self._db.all(store.FIND_DUE, now=self._clock(), batch=_AT_ONCE)
        return sum([await self._go_on(Deletion.from_row(row)) for row in rows])

    async def _go_on(self, deletion: Deletion) -> bool:
        try:
            if deletion.state is DeletionState.SCHEDULED:
                await self._begin(deletion)
                return False
            return await self._claim(deletion) and await self._finish(deletion)
        except DatabaseError:
            raise
        except Exception:
            # One account that cannot be erased must not hold up the others; it is tried again.
            log.exception("account %d of %s is not erased yet", *reversed(deletion.key))
            return False

    async def _begin(self, deletion: Deletion) -> None:
        organization = await self._organizations.find(OrgId(deletion.org_id))
        if organization is not None:
            await self._deletions.begin(self._site.tenant(organization), deletion, SYSTEM)

    async def _claim(self, deletion: Deletion) -> bool:
        now = self._clock()
        org_id, account_id = deletion.key
        row = await self._db.write_one(
            store.CLAIM, org_id=org_id, account_id=account_id, now=now, until=now + _LEASE
        )
        return row is not None

    async def _finish(self, deletion: Deletion) -> bool:
        await self._end_consents(deletion)
        await self._end_connections(deletion)
        await self._holders.estate.settle(*deletion.key, SYSTEM)
        await self._hand_on(deletion)
        for erase in store.ERASE:
            await run_in_batches(
                self._db, erase, org_id=deletion.org_id, account_id=deletion.account_id
            )
        org_id, account_id = deletion.key

        async def work(tx: Transaction) -> None:
            await tx.run(store.FINISH, org_id=org_id, account_id=account_id)
            event = SYSTEM.did("account.belongings_erased", org_id, ("account", str(account_id)))
            await record(tx, event, event_id=self._db.next_id(), now=self._clock())

        await self._db.unit(work)
        return True

    async def _end_consents(self, deletion: Deletion) -> None:
        for consent in await self._holders.consents.list_of_account(*deletion.key):
            try:
                await self._holders.consents.withdraw(deletion.org_id, consent.consent_id, SYSTEM)
            except UnknownConsent:
                continue

    async def _end_connections(self, deletion: Deletion) -> None:
        """Take them back at the platforms: what fails now is tried for a day from the outbox."""
        before: int | None = None
        while page := await self._holders.connections.list_of_account(*deletion.key, before=before):
            for connection in page:
                if connection.is_connected:
                    await self._holders.deauthorizer.disconnect(
                        deletion.org_id,
                        connection.connection_id,
                        SYSTEM,
                        account_id=deletion.account_id,
                    )
            before = page[-1].connection_id

    async def _hand_on(self, deletion: Deletion) -> None:
        org_id, account_id = deletion.key

        async def work(tx: Transaction) -> None:
            for each in (
                store.DISOWN_CONNECTORS,
                store.HAND_ON_PROJECTS,
                *store.EMPTY_GROUP,
            ):
                await tx.run(each, org_id=org_id, account_id=account_id)
            await touch_caches(tx)

        await self._db.unit(work)

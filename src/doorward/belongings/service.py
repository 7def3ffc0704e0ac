"""Deleting an account: asked for, scheduled, cancelled, until it is erased."""

from __future__ import annotations

from typing import Final

from doorward.accounts import Account, AccountKind, Accounts, compose_notice, login_key
from doorward.audit import Actor, record
from doorward.belongings import store
from doorward.belongings.model import (
    SETTLES_AFTER,
    Deletion,
    DeletionState,
    DeletionUnderWay,
    LastOfStaff,
    NoDeletion,
)
from doorward.db import SECOND, Clock, Database, Transaction
from doorward.mail import Outbox, Template
from doorward.orgs import Permission, Tenant

__all__ = ["Deletions"]

_PAGE: Final = 50


class Deletions:
    """The accounts that are to be deleted."""

    def __init__(self, *, db: Database, clock: Clock, accounts: Accounts, outbox: Outbox) -> None:
        """Keep rows in ``db``, dated by ``clock``; people are told of it by ``outbox``."""
        self._db = db
        self._clock = clock
        self._accounts = accounts
        self._outbox = outbox

    async def find(self, org_id: str, account_id: int) -> Deletion | None:
        """The deletion of an account, if it is asked for, scheduled or under way."""
        row = await self._db.one(store.FIND, org_id=org_id, account_id=account_id)
        return None if row is None else Deletion.from_row(row)

    async def list_of_org(
        self, org_id: str, *, after: int = 0, limit: int = _PAGE
    ) -> list[Deletion]:
        """A page of an organization's deletions, by the account's number, after ``after``."""
        rows = await self._db.all(store.LIST, org_id=org_id, after=after, batch=limit)
        return [Deletion.from_row(row) for row in rows]

    async def ask(self, tenant: Tenant, account_id: int, by: Actor) -> Deletion:
        """What a person wants for their own account: scheduled, or for staff to decide.

        Scheduled, every sign-in of theirs is over, and they may come back to cancel.
        Raises ``UnknownAccount``, ``DeletionUnderWay``, ``LastOfStaff``.
        """
        state = DeletionState.SCHEDULED
        if tenant.org.policy.deletion == "staff":
            state = DeletionState.ASKED
        return await self._put(tenant, account_id, state, by)

    async def schedule(self, tenant: Tenant, account_id: int, by: Actor) -> Deletion:
        """What staff want for somebody, who is told, signed out, and may cancel.

        Raises ``UnknownAccount``, ``DeletionUnderWay``, ``LastOfStaff``.
        """
        return await self._put(tenant, account_id, DeletionState.SCHEDULED, by)

    async def cancel(self, tenant: Tenant, account_id: int, by: Actor) -> None:
        """Keep the account. Raises ``NoDeletion``, ``DeletionUnderWay``, ``UnknownAccount``."""

        async def work(tx: Transaction) -> None:
            account = await self._lock(tx, tenant, account_id)
            before = await self._find_within(tx, account)
            if before is None:
                raise NoDeletion
            await tx.one(store.CANCEL, org_id=tenant.org_id, account_id=account_id)
            await self._record(tx, account, "account.deletion_cancelled", by)
            if before.state is DeletionState.SCHEDULED:
                await self._tell(tx, tenant, account, Template.DELETION_CANCELLED)

        await self._db.unit(work)

    async def begin(self, tenant: Tenant, deletion: Deletion, by: Actor) -> bool:
        """The point of no return: nothing of the account stays but its number.

        Its name and its address are free; whatever else is kept is erased afterwards. False when
        it was cancelled or put off meanwhile, or somebody else has begun.
        """

        async def work(tx: Transaction) -> bool:
            now = self._clock()
            account = await self._accounts.lock(tx, *deletion.key)
            key = {"org_id": account.org_id, "account_id": account.account_id}
            if await tx.one(store.BEGIN, **key, now=now, until=now + SETTLES_AFTER) is None:
                return False
            await self._tell(tx, tenant, account, Template.DELETION_DONE)
            # Whoever has the address next gets nothing that was given to this person.
            for forget in store.FORGET_ADDRESS:
                address = {"org_id": account.org_id, "email_key": login_key(account.email)}
                await tx.run(forget, **address)
            await self._accounts.erase(tx, account, by)
            return True

        return await self._db.unit(work)

    async def _put(
        self, tenant: Tenant, account_id: int, state: DeletionState, by: Actor
    ) -> Deletion:
        async def work(tx: Transaction) -> Deletion:
            account = await self._lock(tx, tenant, account_id)
            before = await self._find_within(tx, account)
            if before is not None and state in {before.state, DeletionState.ASKED}:
                return before
            await self._verify_others(tx, account)
            now, due_at = self._clock(), None
            if state is DeletionState.SCHEDULED:
                due_at = now + tenant.org.policy.deletion_grace_s * SECOND
            deletion = Deletion(account.org_id, account_id, state, by.words, now, due_at)
            await tx.run(
                store.PUT,
                org_id=deletion.org_id,
                account_id=account_id,
                state=state,
                asked_by=deletion.asked_by,
                asked_at=now,
                due_at=due_at,
                claimed_until=None,
            )
            await self._record(tx, account, f"account.deletion_{state}", by)
            if state is DeletionState.SCHEDULED:
                await self._accounts.sign_out(tx, account, by)
                await self._tell(tx, tenant, account, Template.DELETION_SCHEDULED, deletion)
            return deletion

        return await self._db.unit(work)

    async def _lock(self, tx: Transaction, tenant: Tenant, account_id: int) -> Account:
        return await self._accounts.lock(tx, tenant.org_id, account_id)

    @staticmethod
    async def _find_within(tx: Transaction, account: Account) -> Deletion | None:
        row = await tx.one(store.FIND, org_id=account.org_id, account_id=account.account_id)
        found = None if row is None else Deletion.from_row(row)
        if found is not None and found.state is DeletionState.ERASING:
            raise DeletionUnderWay
        return found

    async def _verify_others(self, tx: Transaction, account: Account) -> None:
        """Whoever may give permissions must not be the last who can."""
        needed = Permission.ACCOUNTS_WRITE
        if account.kind is not AccountKind.SYSTEM or needed not in account.permissions:
            return
        able = await self._accounts.list_permitted_within(tx, account.org_id, needed, 2)
        if all(each.account_id == account.account_id for each in able):
            raise LastOfStaff

    async def _tell(
        self,
        tx: Transaction,
        tenant: Tenant,
        account: Account,
        template: Template,
        deletion: Deletion | None = None,
    ) -> None:
        # It leads to the page of the deletion, if there is one: opening it changes nothing.
        path, due_at = (None, None) if deletion is None else ("/account/delete", deletion.due_at)
        letter = compose_notice(tenant, account, template, path, expires_at=due_at)
        if letter is not None:
            await self._outbox.enqueue(tx, letter)

    async def _record(self, tx: Transaction, account: Account, action: str, by: Actor) -> None:
        event = by.did(action, account.org_id, ("account", account.subject))
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())

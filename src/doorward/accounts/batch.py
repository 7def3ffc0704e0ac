"""Many accounts at once, where the refusal of one takes nothing from the others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from doorward.accounts.details import AccountDetails
from doorward.accounts.details_rules import settle_addresses, verify_details
from doorward.accounts.model import (
    Account,
    AccountIdTaken,
    AccountsRefusal,
    BadAccount,
    EmailTaken,
    NewAccount,
    UsernameTaken,
    verify_account_id,
)
from doorward.accounts.store import (
    NO_DETAILS,
    add_account,
    count_more,
    find_account,
    find_by_key,
    leaf_of,
    pass_account_id,
    set_details,
    take_account_ids,
)
from doorward.audit import Actor, record
from doorward.db import Database, Transaction

__all__ = ["MOST_AT_ONCE", "Batch", "verify_contact"]

MOST_AT_ONCE: Final = 100
_TURN: Final = 10
"""Accounts that are verified before others have their turn on the event loop."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """An account that may be kept, if nobody has its names; numbered 0 until it is."""

    account: Account
    chosen_id: int | None
    details: AccountDetails | None


class Batch:
    """The creation of some accounts of one organization, all by ``by`` and at ``now``."""

    def __init__(self, *, db: Database, org_id: str, by: Actor, now: int) -> None:
        """Keep them in ``db``."""
        self._db = db
        self._org_id = org_id
        self._by = by
        self._now = now

    async def draft(self, news: Sequence[NewAccount]) -> AccountDrafts:
        """``news``, verified and ready to be kept. Raises ``BadAccount`` when they are too many."""
        if len(news) > MOST_AT_ONCE:
            raise BadAccount(f"There are more than {MOST_AT_ONCE} accounts.", field="accounts")
        drafts: list[_Draft | AccountsRefusal] = []
        for number, new in enumerate(news):
            if number % _TURN == _TURN - 1:
                await asyncio.sleep(0)
            drafts.append(self._drafted(new))
        return AccountDrafts(self, drafts)

    def _drafted(self, new: NewAccount) -> _Draft | AccountsRefusal:
        try:
            if new.org_id != self._org_id:
                raise BadAccount("The account is another organization's.", field="org_id")
            if new.password is not None:
                raise BadAccount("Passwords are set one by one.", field="password")
            account = new.born(self._now, self._by.words)
            chosen = None if new.account_id is None else verify_account_id(new.account_id)
            details = None if new.details is None else verify_details(new.details)
        except AccountsRefusal as refusal:
            return refusal
        return _Draft(account, chosen, details)

    async def keep(
        self, tx: Transaction, drafts: Sequence[_Draft | AccountsRefusal]
    ) -> list[Account | AccountsRefusal]:
        """What became of each of ``drafts``, in their order, when ``tx`` commits."""
        sound = [draft for draft in drafts if isinstance(draft, _Draft)]
        number = await self._take_numbers(tx, [draft.chosen_id for draft in sound])
        outcomes: list[Account | AccountsRefusal] = []
        kept: list[Account] = []
        for draft in drafts:
            if isinstance(draft, AccountsRefusal):
                outcomes.append(draft)
                continue
            account = replace(draft.account, account_id=draft.chosen_id or number)
            refusal = await self._keep_one(tx, account, draft)
            outcomes.append(refusal or account)
            if refusal is None:
                kept.append(account)
                number += draft.chosen_id is None
        await self._note(tx, kept)
        return outcomes

    async def _take_numbers(self, tx: Transaction, chosen: Sequence[int | None]) -> int:
        """Pass the chosen numbers, and answer the first of as many as were not chosen."""
        numbers = [each for each in chosen if each is not None]
        if numbers:
            await pass_account_id(tx, self._org_id, max(numbers))
        count = len(chosen) - len(numbers)
        return await take_account_ids(tx, self._org_id, count) if count else 0

    async def _keep_one(
        self, tx: Transaction, account: Account, draft: _Draft
    ) -> AccountsRefusal | None:
        details = draft.details
        try:
            if details is not None:
                await verify_contact(tx, self._org_id, details)
                details = settle_addresses(details, NO_DETAILS, self._db.next_id)
        except AccountsRefusal as refusal:
            return refusal
        if not await add_account(tx, account):
            return await _why_not(tx, account)
        if details is not None:
            await set_details(tx, self._org_id, account.account_id, details)
        return None

    async def _note(self, tx: Transaction, kept: Sequence[Account]) -> None:
        if not kept:
            return
        inside = Counter((each.kind, each.user_type, leaf_of(each)) for each in kept)
        some = {(each.kind, each.user_type, leaf_of(each)): each for each in kept}
        # In one order everywhere, or two batches could wait for each other.
        for block in sorted(some, key=lambda each: each[2]):
            await count_more(tx, some[block], inside[block])
        event = self._by.did(
            "accounts.created",
            self._org_id,
            ("organization", self._org_id),
            count=len(kept),
            first=min(each.account_id for each in kept),
            last=max(each.account_id for each in kept),
        )
        await record(tx, event, event_id=self._db.next_id(), now=self._now)


@dataclass(frozen=True, slots=True)
class AccountDrafts:
    """Accounts that were verified, to be kept in a unit that may be another room's."""

    batch: Batch
    drafts: Sequence[_Draft | AccountsRefusal]

    async def keep(self, tx: Transaction) -> list[Account | AccountsRefusal]:
        """What became of each, in their order, when ``tx`` commits."""
        return await self.batch.keep(tx, self.drafts)


async def verify_contact(tx: Transaction, org_id: str, details: AccountDetails) -> None:
    """That the contact which ``details`` name is an account here. Raises ``BadAccount``."""
    contact = details.primary_contact_account_id
    if contact is not None and await find_account(tx, org_id, contact) is None:
        raise BadAccount("There is no such account.", field="primary_contact_account_id")


async def _why_not(tx: Transaction, account: Account) -> AccountsRefusal:
    named, mailed = await find_by_key(tx, account)
    if named is not None:
        return UsernameTaken()
    return EmailTaken() if mailed is not None else AccountIdTaken()

"""Creating, finding, changing and letting in people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NoReturn

from doorward.accounts.batch import AccountDrafts, Batch, verify_contact
from doorward.accounts.details import AccountDetails
from doorward.accounts.details_rules import settle_addresses, verify_details
from doorward.accounts.model import (
    Account,
    AccountChange,
    AccountIdTaken,
    AccountsRefusal,
    AccountStatus,
    EmailTaken,
    LastOwner,
    NewAccount,
    UnknownAccount,
    UsernameTaken,
    login_key,
    verify_account,
    verify_account_id,
)
from doorward.accounts.passwords import Passwords
from doorward.accounts.sign_in import SigningIn
from doorward.accounts.store import (
    count_more,
    erase_account,
    find_account,
    find_by_key,
    find_details,
    insert_account,
    lock_account,
    lock_owners,
    pass_account_id,
    set_details,
    set_password_hash,
    take_account_ids,
    update_account,
)
from doorward.accounts.strength import LONGEST_PASSWORD, PasswordRules, rules_for
from doorward.audit import Actor, difference, record
from doorward.brakes import Brakes
from doorward.crypto import Secret
from doorward.db import Clock, Conflict, Database, Transaction
from doorward.orgs import Organizations

__all__ = ["Accounts"]

Details = AccountDetails | Callable[[AccountDetails], AccountDetails]
"""What is to be kept, or what becomes of what is kept when nobody else can change it."""
_TOLD = ("username", "user_type", "permissions", "locale", "email_verified")
"""What the audit log says of an account before and after: nothing that is only the person's."""
_WITHIN = frozenset({"account", "client"})
"""Who may not leave an organization without an owner; whoever runs the installation may."""
# Inside the class, the name ``list`` is a method.
_Outcomes = list[Account | AccountsRefusal]


class Accounts(SigningIn):
    """The people of every organization."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        passwords: Passwords,
        brakes: Brakes,
        organizations: Organizations,
    ) -> None:
        """Keep people in ``db``, dated by ``clock``, with hashes from ``passwords``.

        ``brakes`` count who tries them; what a new one must be like, ``organizations`` say.
        """
        super().__init__(db=db, passwords=passwords, brakes=brakes)
        self._clock = clock
        self._organizations = organizations

    async def create(
        self, new: NewAccount, by: Actor, details: AccountDetails | None = None
    ) -> Account:
        """Create an account, numbered by the organization's counter unless ``new`` says how.

        ``details`` may as well be said in ``new``.

        Raises ``BadAccount``, ``WeakPassword``, ``UsernameTaken``, ``EmailTaken``,
        ``AccountIdTaken``, and ``Busy`` when a password cannot be hashed now.
        """
        now = self._clock()
        unnumbered = new.born(now, by.words)
        details = details if details is not None else new.details
        if details is not None:
            verify_details(details)
        chosen = None if new.account_id is None else verify_account_id(new.account_id)
        # Hashing takes long: it happens before the unit, which holds a lock.
        password_hash = None
        if new.password is not None:
            password_hash = (await self.hash_password(unnumbered, new.password)).reveal()

        async def work(tx: Transaction) -> Account:
            if chosen is None:
                account_id = await take_account_ids(tx, new.org_id)
            else:
                account_id = chosen
                await pass_account_id(tx, new.org_id, account_id)
            account = replace(unnumbered, account_id=account_id)
            await insert_account(tx, account, password_hash)
            await count_more(tx, account, 1)
            if details is not None:
                await self._keep_details(tx, account, details)
            await self._record(tx, by, "account.created", account)
            return account

        try:
            return await self._db.unit(work)
        except Conflict as conflict:
            await self._explain(unnumbered, conflict)

    async def create_many(self, org_id: str, news: Sequence[NewAccount], by: Actor) -> _Outcomes:
        """Create up to 100 accounts without a password, in one unit and one record of it.

        Answers for each what became of it: the account, or the refusal that ``create`` would have
        raised for it alone. Raises ``BadAccount`` when there are more.
        """
        drafts = await self.draft_many(org_id, news, by)
        return await self._db.unit(drafts.keep)

    async def draft_many(self, org_id: str, news: Sequence[NewAccount], by: Actor) -> AccountDrafts:
        """What ``create_many`` keeps, for a caller that keeps it in a unit of its own.

        Raises ``BadAccount`` when there are more than 100.
        """
        batch = Batch(db=self._db, org_id=org_id, by=by, now=self._clock())
        return await batch.draft(news)

    async def update(
        self,
        org_id: str,
        account_id: int,
        change: AccountChange,
        by: Actor,
        details: Details | None = None,
    ) -> Account:
        """Change what ``change`` gives, and keep ``details``, if given, in place of the old ones.

        ``details`` may be a function of the old ones: two such changes at once undo nothing.

        Raises ``UnknownAccount``, ``BadAccount``, ``UsernameTaken``, ``EmailTaken``.
        """
        names = change.names()
        if details is not None:
            names = (*names, "details")
        if isinstance(details, AccountDetails):
            verify_details(details)
        said = (by, "updated", " ".join(names))
        return await self._change(org_id, account_id, change.applied, said, details)

    async def disable(self, org_id: str, account_id: int, by: Actor) -> Account:
        """Let the person in no more. Raises ``UnknownAccount``."""
        return await self._set_status(org_id, account_id, AccountStatus.DISABLED, by)

    async def enable(self, org_id: str, account_id: int, by: Actor) -> Account:
        """Let the person in again. Raises ``UnknownAccount``."""
        return await self._set_status(org_id, account_id, AccountStatus.ACTIVE, by)

    async def set_password(
        self, org_id: str, account_id: int, password: Secret[str], by: Actor
    ) -> Account:
        """Replace the password. Raises ``UnknownAccount``, ``WeakPassword``, ``Busy``."""
        hashed = await self.hash_password(await self.get(org_id, account_id), password)

        async def work(tx: Transaction) -> Account:
            account = await self.lock(tx, org_id, account_id)
            return await self.replace_password(tx, account, hashed, by)

        return await self._db.unit(work)

    async def hash_password(self, account: Account, password: Secret[str]) -> Secret[str]:
        """The hash of a password that ``account`` may have. Raises ``WeakPassword``, ``Busy``."""
        return Secret(await self._passwords.choose(password, await self._rules_for(account)))

    async def verify_new_password(self, account: Account, password: Secret[str]) -> Secret[str]:
        """``password``, when ``account`` may have it. Raises ``WeakPassword``, ``Busy``."""
        return await self._passwords.verify_new(password, await self._rules_for(account))

    async def is_hash_of(self, hashed: Secret[str], password: Secret[str]) -> bool:
        """Whether ``hash_password`` made ``hashed`` of this password. Raises ``Busy``."""
        given = password if _is_possible(password) else Secret("")
        return (await self._passwords.verify(hashed.reveal(), given)).right

    async def lock(self, tx: Transaction, org_id: str, account_id: int) -> Account:
        """The account, which no other unit changes until ``tx`` ends. Raises ``UnknownAccount``."""
        return await _lock(tx, org_id, account_id)

    async def replace_password(
        self,
        tx: Transaction,
        before: Account,
        hashed: Secret[str],
        by: Actor,
        *,
        keep_sign_ins: bool = False,
    ) -> Account:
        """Give a locked account the password that ``hash_password`` hashed.

        Every sign-in from before is over, unless the person wants to ``keep_sign_ins``.
        """
        now = self._clock()
        account = replace(before, password_changed_at=now, updated_at=now, updated_by=by.words)
        if not keep_sign_ins:
            account = replace(account, signed_out_at=now)
        await set_password_hash(tx, account, hashed.reveal())
        await self._record(tx, by, "account.password_changed", account)
        return account

    async def replace_email(
        self, tx: Transaction, before: Account, email: str, by: Actor, *, sign_out: bool = False
    ) -> Account:
        """Give a locked account the address ``email``, which its owner has proved to be theirs.

        Who signs in by their address does so by the new one. Every sign-in from before is over if
        ``sign_out``. Raises ``Conflict`` when another account has it.
        """
        now = self._clock()
        # A user name with an @ is the account's own address: it changes along.
        username = email if "@" in login_key(before.username) else before.username
        account = verify_account(
            replace(
                before,
                email=email,
                email_verified=True,
                username=username,
                signed_out_at=now if sign_out else before.signed_out_at,
                updated_at=now,
                updated_by=by.words,
            )
        )
        await update_account(tx, account)
        await self._record(tx, by, "account.email_changed", account)
        return account

    async def sign_out(self, tx: Transaction, before: Account, by: Actor) -> Account:
        """Make every sign-in of a locked account from before worthless."""
        now = self._clock()
        account = replace(before, signed_out_at=now, updated_at=now, updated_by=by.words)
        await update_account(tx, account)
        return account

    async def erase(self, tx: Transaction, account: Account, by: Actor) -> None:
        """Keep nothing of a locked account but its number, which is never given again.

        Nobody finds it from now on, and its user name and its address are free.
        """
        await erase_account(tx, account, self._clock(), by.words)
        await count_more(tx, account, -1)
        await self._record(tx, by, "account.erased", account)

    async def _rules_for(self, account: Account) -> PasswordRules:
        return rules_for(account, await self._organizations.find(account.org_id))

    async def _set_status(
        self, org_id: str, account_id: int, status: AccountStatus, by: Actor
    ) -> Account:
        verb = "enabled" if status is AccountStatus.ACTIVE else "disabled"
        return await self._change(
            org_id,
            account_id,
            lambda a, now: a if a.status is status else replace(a, status=status, updated_at=now),
            (by, verb, ""),
        )

    async def _change(
        self,
        org_id: str,
        account_id: int,
        change: Callable[[Account, int], Account],
        said: tuple[Actor, str, str],
        details: Details | None = None,
    ) -> Account:
        now = self._clock()
        by, verb, fields = said
        wanted: list[Account] = []

        async def work(tx: Transaction) -> Account:
            seen = await find_account(tx, org_id, account_id)
            # Owners are locked in one order, before anybody else: two who demote each other wait.
            if seen is not None and seen.is_owner and not change(seen, now).is_owner:
                await lock_owners(tx, org_id)
            before = await _lock(tx, org_id, account_id)
            after = change(before, now)
            if after is not before:
                if by.kind in _WITHIN:
                    await _verify_owner_left(tx, before, after)
                after = replace(after, updated_by=by.words)
                wanted[:] = [after]
                await update_account(tx, after)
                await _recount(tx, before, after)
                if details is not None:
                    await self._keep_details(tx, after, details)
                detail = {"fields": fields} if fields else {}
                detail |= difference(before, after, _TOLD)
                await self._record(tx, by, f"account.{verb}", after, **detail)
            return after

        try:
            return await self._db.unit(work)
        except Conflict as conflict:
            await self._explain(wanted[0], conflict)

    async def _keep_details(self, tx: Transaction, account: Account, details: Details) -> None:
        org_id = account.org_id
        before = await find_details(tx, org_id, account.account_id)
        if not isinstance(details, AccountDetails):
            details = verify_details(details(before))
        await verify_contact(tx, org_id, details)
        settled = settle_addresses(details, before, self._db.next_id)
        await set_details(tx, org_id, account.account_id, settled)

    async def _explain(self, wanted: Account, conflict: Conflict) -> NoReturn:
        named, mailed = await find_by_key(self._db, wanted)
        if named is not None and named.account_id != wanted.account_id:
            raise UsernameTaken from conflict
        if mailed is not None and mailed.account_id != wanted.account_id:
            raise EmailTaken from conflict
        raise AccountIdTaken from conflict

    async def _record(
        self, tx: Transaction, by: Actor, action: str, account: Account, **detail: str
    ) -> None:
        detail["kind"] = account.kind
        event = by.did(action, account.org_id, ("account", account.subject), **detail)
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())


async def _verify_owner_left(tx: Transaction, before: Account, after: Account) -> bool:
    """True unless the organization would be without an owner. Raises ``LastOwner``."""
    if before.is_owner and not after.is_owner:
        owners = await lock_owners(tx, before.org_id)
        if all(each.account_id == before.account_id for each in owners):
            raise LastOwner
    return True


async def _recount(tx: Transaction, before: Account, after: Account) -> None:
    if before.user_type is not after.user_type:
        await count_more(tx, before, -1)
        await count_more(tx, after, 1)


async def _lock(tx: Transaction, org_id: str, account_id: int) -> Account:
    account = await lock_account(tx, org_id, account_id)
    if account is None:
        raise UnknownAccount
    return account


def _is_possible(password: Secret[str]) -> bool:
    # Nobody has such a password, and hashing a megabyte is not the same work.
    return len(password.reveal()) <= LONGEST_PASSWORD

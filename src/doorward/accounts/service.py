"""Creating, finding, changing and letting in people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from doorward.accounts.model import (
    Account,
    AccountChange,
    AccountIdTaken,
    AccountKind,
    AccountStatus,
    EmailTaken,
    NewAccount,
    SignInRefused,
    UnknownAccount,
    UsernameTaken,
    login_key,
    prefix_end,
    verify_account_id,
    verify_password_length,
)
from doorward.accounts.passwords import Passwords
from doorward.accounts.store import (
    REHASH,
    Search,
    find_account,
    find_by_key,
    find_credentials,
    insert_account,
    list_accounts,
    lock_account,
    pass_account_id,
    search_accounts,
    set_password_hash,
    take_account_id,
    update_account,
)
from doorward.audit import Actor, is_plain_line, record
from doorward.crypto import Secret
from doorward.db import Clock, Conflict, Database, Transaction

__all__ = ["Accounts"]

_LONGEST_IDENTIFIER = 320
# Inside the class, the name ``list`` is its own method.
_Accounts = list[Account]


class Accounts:
    """The people of every organization."""

    def __init__(self, *, db: Database, clock: Clock, passwords: Passwords) -> None:
        """Keep people in ``db``, dated by ``clock``, with hashes from ``passwords``."""
        self._db = db
        self._clock = clock
        self._passwords = passwords

    async def create(self, new: NewAccount, by: Actor) -> Account:
        """Create an account, numbered by the organization's counter unless ``new`` says how.

        Raises ``BadAccount``, ``WeakPassword``, ``UsernameTaken``, ``EmailTaken``,
        ``AccountIdTaken``, and ``Busy`` when a password cannot be hashed now.
        """
        now = self._clock()
        unnumbered = new.born(now)
        chosen = None if new.account_id is None else verify_account_id(new.account_id)
        # Hashing takes long: it happens before the unit, which holds a lock.
        password_hash = None
        if new.password is not None:
            password_hash = await self._passwords.hash(verify_password_length(new.password))

        async def work(tx: Transaction) -> Account:
            if chosen is None:
                account_id = await take_account_id(tx, new.org_id)
            else:
                account_id = chosen
                await pass_account_id(tx, new.org_id, account_id)
            account = replace(unnumbered, account_id=account_id)
            await insert_account(tx, account, password_hash)
            await self._record(tx, by, "account.created", account)
            return account

        try:
            return await self._db.unit(work)
        except Conflict as conflict:
            await self._explain(unnumbered, conflict)

    async def get(self, org_id: str, account_id: int) -> Account:
        """The account, disabled or not. Raises ``UnknownAccount``."""
        account = await find_account(self._db, org_id, account_id)
        if account is None:
            raise UnknownAccount
        return account

    async def find_by_login(
        self, org_id: str, kind: AccountKind, identifier: str
    ) -> Account | None:
        """The account whose user name, or else e-mail address, ``identifier`` is."""
        found = await self._find(org_id, kind, identifier)
        return None if found is None else found[0]

    async def update(
        self, org_id: str, account_id: int, change: AccountChange, by: Actor
    ) -> Account:
        """Change what ``change`` gives.

        Raises ``UnknownAccount``, ``BadAccount``, ``UsernameTaken``, ``EmailTaken``.
        """
        fields = " ".join(change.names())
        return await self._change(org_id, account_id, change.applied, (by, "updated", fields))

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
        await self.get(org_id, account_id)
        password_hash = await self._passwords.hash(verify_password_length(password))
        now = self._clock()

        async def work(tx: Transaction) -> Account:
            account = await _lock(tx, org_id, account_id)
            await set_password_hash(tx, org_id, account_id, password_hash, now=now)
            await self._record(tx, by, "account.password_changed", account)
            return replace(account, password_changed_at=now, updated_at=now)

        return await self._db.unit(work)

    async def verify_password(
        self, org_id: str, kind: AccountKind, identifier: str, password: Secret[str]
    ) -> Account | SignInRefused:
        """The account, when it is active and ``password`` is its own; else one refusal.

        An unknown name, a wrong password and a disabled account cost the same work and get equal
        answers. Raises ``Busy``.
        """
        found = await self._find(org_id, kind, identifier)
        account, stored = found if found is not None else (None, None)
        given = password if _is_possible(password) else Secret("")
        verdict = await self._passwords.verify(stored, given)
        if account is None:
            return SignInRefused(detail="unknown")
        if stored is None or not verdict.right:
            return SignInRefused(account_id=account.account_id, detail="wrong password")
        if verdict.rehashed is not None:
            await self._db.run(
                REHASH,
                org_id=org_id,
                account_id=account.account_id,
                was=stored,
                password_hash=verdict.rehashed,
            )
        # Hashing took its time; whoever was disabled meanwhile does not come in.
        account = await find_account(self._db, org_id, account.account_id)
        if account is None or not account.is_active:
            return SignInRefused(
                account_id=None if account is None else account.account_id, detail="disabled"
            )
        return account

    async def list(
        self, org_id: str, kind: AccountKind, query: str | None, after: int | None, limit: int
    ) -> _Accounts:
        """Up to ``limit`` accounts after the account ``after``.

        Without a query in the order of their numbers. With one, those whose user name, e-mail
        address or name begins with it, in that order; nothing after an account that no longer
        matches.
        """
        prefix = login_key((query or "").strip())
        if not prefix:
            return await list_accounts(self._db, org_id, kind, after=after or 0, limit=limit)
        end = prefix_end(prefix)
        if end is None or not is_plain_line(prefix, _LONGEST_IDENTIFIER):
            return []
        last = None
        if after is not None:
            last = await find_account(self._db, org_id, after)
            if last is None or last.kind is not kind:
                return []
        wanted = Search(org_id=org_id, kind=kind, prefix=prefix, end=end)
        return await search_accounts(self._db, wanted, after=last, limit=limit)

    async def _find(
        self, org_id: str, kind: AccountKind, identifier: str
    ) -> tuple[Account, str | None] | None:
        identifier = identifier.strip()
        if not is_plain_line(identifier, _LONGEST_IDENTIFIER):
            return None
        return await find_credentials(self._db, org_id, kind, identifier)

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
    ) -> Account:
        now = self._clock()
        by, verb, fields = said
        wanted: list[Account] = []

        async def work(tx: Transaction) -> Account:
            before = await _lock(tx, org_id, account_id)
            after = change(before, now)
            wanted[:] = [after]
            if after is not before:
                await update_account(tx, after)
                detail = {"fields": fields} if fields else {}
                await self._record(tx, by, f"account.{verb}", after, **detail)
            return after

        try:
            return await self._db.unit(work)
        except Conflict as conflict:
            await self._explain(wanted[0], conflict)

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


async def _lock(tx: Transaction, org_id: str, account_id: int) -> Account:
    account = await lock_account(tx, org_id, account_id)
    if account is None:
        raise UnknownAccount
    return account


def _is_possible(password: Secret[str]) -> bool:
    # Nobody has such a password, and hashing a megabyte is not the same work.
    return len(password.reveal()) <= 256

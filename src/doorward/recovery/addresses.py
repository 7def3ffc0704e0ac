"""An account's e-mail address: proving that it is theirs, changing it, and taking a change back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from doorward.accounts import Account, BadAccount, is_email, login_key, own_page_url
from doorward.audit import Actor
from doorward.crypto import Secret
from doorward.db import Conflict, Transaction
from doorward.mail import Letter, Template
from doorward.orgs import Tenant
from doorward.recovery.letters import Issued, compose_for, compose_to
from doorward.recovery.links import NewLink
from doorward.recovery.model import (
    AddressTaken,
    Bound,
    Link,
    LinkGone,
    Purpose,
    SameAddress,
    is_alive,
)
from doorward.recovery.parts import Asker, Parts

__all__ = ["Addresses"]

Work: TypeAlias = Callable[[Transaction], Awaitable[Account]]


class Addresses:
    """The addresses of people who have an account."""

    def __init__(self, parts: Parts) -> None:
        """Change addresses with ``parts``."""
        self._use = parts

    async def ask_to_verify(self, tenant: Tenant, account_id: int, asker: Asker) -> None:
        """Send the letter that proves the account's own address, unless it is proved.

        Raises ``TooSoon``, ``Braked``, ``UnknownAccount``.
        """
        await self._pause(tenant, Purpose.VERIFY, account_id)
        mine = await self._use.accounts.get(tenant.org_id, account_id)
        await self._use.admit(tenant.org_id, asker, mine.email or "")

        async def work(tx: Transaction) -> None:
            account = await self._use.accounts.lock(tx, tenant.org_id, account_id)
            if account.email_verified or account.email is None:
                return
            issued = await self._issue(tx, account, Purpose.VERIFY, account.email)
            link = issued.url(tenant)
            letter = compose_for(tenant, account, Template.EMAIL_VERIFY, link, issued=issued)
            await self._use.post(tx, letter)
            await self._note(tx, account, "email.verification_asked", asker.by)

        await self._use.db.unit(work)

    async def ask_to_change(
        self, tenant: Tenant, account_id: int, address: str, asker: Asker
    ) -> None:
        """Send a letter to ``address``; the account keeps its own until that is confirmed.

        Whether another account has it, only its mailbox learns. Raises ``BadAccount``,
        ``SameAddress``, ``Braked``, ``UnknownAccount``.
        """
        address = address.strip()
        if not is_email(address):
            raise BadAccount("This is not an e-mail address.", field="email")
        mine = await self._use.accounts.get(tenant.org_id, account_id)
        if login_key(mine.email) == login_key(address):
            raise SameAddress
        await self._use.admit(tenant.org_id, asker, address)
        other = await self._use.accounts.find_by_login(tenant.org_id, mine.kind, address)

        async def work(tx: Transaction) -> None:
            account = await self._use.accounts.lock(tx, tenant.org_id, account_id)
            issued = await self._issue(tx, account, Purpose.CHANGE, address, idle=other is not None)
            await self._use.post(tx, _confirmation(tenant, other, issued, address, asker))
            await self._note(tx, account, "email.change_asked", asker.by)

        await self._use.db.unit(work)

    async def resend(self, tenant: Tenant, account_id: int, asker: Asker) -> None:
        """Send the letter of the change that waits again. Raises ``LinkGone``, ``TooSoon``."""
        await self._pause(tenant, Purpose.CHANGE, account_id)
        link = await self.waiting(tenant, account_id)
        if link is None:
            raise LinkGone
        await self.ask_to_change(tenant, account_id, link.bound.address, asker)

    async def waiting(self, tenant: Tenant, account_id: int) -> Link | None:
        """The change of address that waits for its confirmation."""
        return await self._use.links.find_waiting(tenant.org_id, Purpose.CHANGE, account_id)

    async def verifying(self, tenant: Tenant, account_id: int) -> Link | None:
        """The proof of the account's own address that was asked for last."""
        return await self._use.links.find_waiting(tenant.org_id, Purpose.VERIFY, account_id)

    async def cancel(self, tenant: Tenant, account_id: int, by: Actor) -> bool:
        """End a change that waits; whether there was one."""

        async def work(tx: Transaction) -> bool:
            account = await self._use.accounts.lock(tx, tenant.org_id, account_id)
            ended = await self._use.links.end_of(tx, account, Purpose.CHANGE)
            if ended:
                await self._note(tx, account, "email.change_cancelled", by)
            return bool(ended)

        return await self._use.db.unit(work)

    async def find(self, tenant: Tenant, purpose: Purpose, text: str) -> tuple[Link, Account]:
        """What an open link of ``purpose`` does, and for whom. Raises ``LinkGone``."""
        link = await self._use.links.find(tenant.org_id, purpose, text)
        account = await self._use.owner_of(link)
        if not is_alive(link, account):
            raise LinkGone
        return link, account

    async def confirm(self, tenant: Tenant, purpose: Purpose, text: str, by: Actor) -> Account:
        """Do what a link to prove or to change an address is for, once.

        Raises ``LinkGone``, ``AddressTaken``.
        """
        link, _ = await self.find(tenant, purpose, text)
        return await self._confirm(tenant, link, by)

    async def confirm_by_code(
        self, tenant: Tenant, purpose: Purpose, account_id: int, code: str, by: Actor
    ) -> Account:
        """The same with the code of the letter, by whoever is signed in to the account.

        Raises ``LinkGone``, ``WrongCode``, ``AddressTaken``.
        """
        link = await self._use.links.find_waiting(tenant.org_id, purpose, account_id)
        if link is None:
            raise LinkGone
        return await self._confirm(tenant, await self._use.links.verify_code(link, code), by)

    async def undo(self, tenant: Tenant, text: str, by: Actor) -> Account:
        """Give the account its former address back, and sign out whoever is signed in.

        The ways back that were sent after this one, to addresses since, end.
        Raises ``LinkGone``, ``AddressTaken``.
        """
        link, _ = await self.find(tenant, Purpose.UNDO, text)

        async def work(tx: Transaction) -> Account:
            account = await self._locked(tx, link)
            await self._use.links.use(tx, link)
            await self._use.links.end_newer(tx, link, account)
            after = await self._use.accounts.replace_email(
                tx, account, link.bound.address, by, sign_out=True
            )
            forgot = Secret(own_page_url(tenant, after, "/forgot"))
            letter = compose_for(tenant, after, Template.EMAIL_RESTORED, forgot)
            await self._send(tx, letter)
            return after

        return await self._perform(work)

    async def _confirm(self, tenant: Tenant, link: Link, by: Actor) -> Account:
        async def work(tx: Transaction) -> Account:
            account = await self._locked(tx, link)
            address = link.bound.address
            proves = link.purpose is Purpose.VERIFY
            if proves and login_key(account.email) != login_key(address):
                raise LinkGone
            await self._use.links.use(tx, link)
            after = await self._use.accounts.replace_email(tx, account, address, by)
            if not proves and account.email is not None:
                await self._tell_former(tx, tenant, account, after)
            return after

        return await self._perform(work)

    async def _tell_former(
        self, tx: Transaction, tenant: Tenant, before: Account, after: Account
    ) -> None:
        """Tell the former address what happened, with a way back."""
        issued = await self._issue(tx, before, Purpose.UNDO, before.email or "")
        letter = compose_for(
            tenant,
            before,
            Template.EMAIL_CHANGED,
            issued.url(tenant),
            issued=issued,
            values={"address": after.email or ""},
        )
        await self._send(tx, letter)

    async def _perform(self, work: Work) -> Account:
        try:
            return await self._use.db.unit(work)
        except Conflict as conflict:
            raise AddressTaken from conflict

    async def _locked(self, tx: Transaction, link: Link) -> Account:
        account = await self._use.lock_owner_of(tx, link)
        if not is_alive(link, account):
            raise LinkGone
        return account

    async def _issue(
        self,
        tx: Transaction,
        account: Account,
        purpose: Purpose,
        address: str,
        *,
        idle: bool = False,
    ) -> Issued:
        bound = Bound(account_kind=account.kind, address=address, idle=idle)
        new = NewLink(account.org_id, purpose, bound, account_id=account.account_id)
        return await self._use.links.issue(tx, new)

    async def _pause(self, tenant: Tenant, purpose: Purpose, account_id: int) -> None:
        waiting = await self._use.links.find_waiting(tenant.org_id, purpose, account_id)
        if waiting is not None:
            self._use.links.verify_may_resend(waiting)

    async def _send(self, tx: Transaction, letter: Letter | None) -> None:
        if letter is not None:
            await self._use.outbox.enqueue(tx, letter)

    async def _note(self, tx: Transaction, account: Account, action: str, by: Actor) -> None:
        await self._use.note(tx, account.org_id, action, by=by, of=account.subject)


def _confirmation(
    tenant: Tenant, other: Account | None, issued: Issued, address: str, asker: Asker
) -> Letter | None:
    link = issued.url(tenant)
    if other is not None:
        return compose_for(tenant, other, Template.EMAIL_IN_USE, link)
    to = (address, asker.locale)
    return compose_to(tenant, to, Template.EMAIL_CONFIRM, link, issued=issued)

"""A new password: by a letter for whoever forgot theirs, or with the old one.

Whoever asks for a letter sees the same, and waits as long, whether or not there is an account.
"""

from __future__ import annotations

from dataclasses import dataclass

from doorward.accounts import (
    Account,
    AccountKind,
    BadAccount,
    Doorway,
    SignInRefused,
    is_email,
    login_key,
)
from doorward.audit import Actor
from doorward.crypto import Secret
from doorward.db import Transaction
from doorward.mail import Letter, Template
from doorward.orgs import Tenant
from doorward.recovery.letters import Issued, compose_for, compose_to
from doorward.recovery.links import NewLink
from doorward.recovery.model import (
    Bound,
    Link,
    LinkGone,
    Purpose,
    WrongPassword,
    is_alive,
)
from doorward.recovery.parts import Asker, Parts

__all__ = ["NewPassword", "PasswordChanges"]


@dataclass(frozen=True, slots=True)
class NewPassword:
    """What somebody chose, and whether their other sign-ins stay."""

    password: Secret[str]
    keep_sign_ins: bool = False


class PasswordChanges:
    """New passwords for people who have an account."""

    def __init__(self, parts: Parts) -> None:
        """Change passwords with ``parts``."""
        self._use = parts

    async def ask(self, tenant: Tenant, kind: AccountKind, address: str, asker: Asker) -> None:
        """Send a letter to ``address``: with a link, or with the reason why there is none.

        Raises ``BadAccount`` for what is no address, and ``Braked``.
        """
        address = address.strip()
        if not is_email(address):
            raise BadAccount("This is not an e-mail address.", field="email")
        await self._use.admit(tenant.org_id, asker, address)
        account = await self._use.accounts.find_by_login(tenant.org_id, kind, address)
        usable = account is not None and account.is_active
        new = NewLink(
            tenant.org_id,
            Purpose.RESET,
            Bound(account_kind=kind, address=address, idle=not usable),
            account_id=None if account is None else account.account_id,
        )

        async def work(tx: Transaction) -> None:
            issued = await self._use.links.issue(tx, new)
            await self._use.post(tx, _letter(tenant, account, issued, address, asker))
            of = "" if account is None else account.subject
            await self._use.note(tx, tenant.org_id, "password.reset_asked", by=asker.by, of=of)

        await self._use.db.unit(work)

    async def find(self, tenant: Tenant, text: str) -> Account:
        """Whose password an open link changes. Raises ``LinkGone``."""
        link = await self._use.links.find(tenant.org_id, Purpose.RESET, text)
        return _verify_alive(link, await self._use.owner_of(link))

    async def reset(self, tenant: Tenant, text: str, new: NewPassword, by: Actor) -> Account:
        """Give the account of a link a new password, once.

        The link came to the account's mailbox: its address counts as proved from now on. Nobody
        is signed in by it. Raises ``LinkGone``, ``WeakPassword``, ``Busy``.
        """
        link = await self._use.links.find(tenant.org_id, Purpose.RESET, text)
        account = _verify_alive(link, await self._use.owner_of(link))
        # Hashing takes long: it happens before the unit.
        hashed = await self._use.accounts.hash_password(account, new.password)

        async def work(tx: Transaction) -> Account:
            locked = _verify_alive(link, await self._use.lock_owner_of(tx, link))
            await self._use.links.use(tx, link)
            proved = locked
            if not locked.email_verified and locked.email is not None:
                proved = await self._use.accounts.replace_email(tx, locked, locked.email, by)
            changed = await self._use.accounts.replace_password(
                tx, proved, hashed, by, keep_sign_ins=new.keep_sign_ins
            )
            await self._use.tell(tx, tenant, changed)
            return changed

        return await self._use.db.unit(work)

    async def change(
        self, tenant: Tenant, account: Account, new: NewPassword, by: Actor
    ) -> Account:
        """Replace the password of ``account``, whose current one ``verify_current`` has proved.

        Raises ``WrongPassword`` when it was changed since, ``WeakPassword``, ``Busy``.
        """
        hashed = await self._use.accounts.hash_password(account, new.password)

        async def work(tx: Transaction) -> Account:
            locked = await self._use.accounts.lock(tx, tenant.org_id, account.account_id)
            if locked.password_changed_at != account.password_changed_at:
                # Somebody else changed it meanwhile: the one that was typed is the current no more.
                raise WrongPassword(field="current")
            changed = await self._use.accounts.replace_password(
                tx, locked, hashed, by, keep_sign_ins=new.keep_sign_ins
            )
            await self._use.tell(tx, tenant, changed)
            return changed

        return await self._use.db.unit(work)

    async def verify_current(
        self, account: Account, current: Secret[str], door: Doorway
    ) -> Account:
        """``account``, when ``current`` is its password; tried at ``door``.

        Raises ``WrongPassword``, ``Braked``, ``Busy``.
        """
        outcome = await self._use.accounts.verify_password(
            account.org_id, account.kind, account.username, current, door
        )
        if isinstance(outcome, SignInRefused) or outcome.account_id != account.account_id:
            raise WrongPassword(field="current")
        return outcome


def _verify_alive(link: Link, account: Account) -> Account:
    """``account``, while ``link`` is good for it and came to its mailbox. Raises ``LinkGone``."""
    if link.bound.idle or login_key(account.email) != login_key(link.bound.address):
        raise LinkGone
    if not is_alive(link, account):
        raise LinkGone
    return account


def _letter(
    tenant: Tenant, account: Account | None, issued: Issued, address: str, asker: Asker
) -> Letter | None:
    if account is None:
        to = (address, asker.locale)
        return compose_to(tenant, to, Template.PASSWORD_RESET_UNKNOWN, issued.url(tenant))
    if not account.is_active:
        return compose_for(tenant, account, Template.PASSWORD_RESET_CLOSED, issued.url(tenant))
    link = issued.url(tenant, *asker.onward)
    return compose_for(tenant, account, Template.PASSWORD_RESET, link, issued=issued)

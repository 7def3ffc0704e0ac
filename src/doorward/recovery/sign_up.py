"""Signing up: an account is made when the link of its letter is used, and not before.

Until then nothing is kept that anybody could find or park. Whoever asks sees the same, and waits
as long, whether or not the address has an account already; only its mailbox learns that.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from doorward.accounts import Account, AccountKind, AccountsRefusal, NewAccount, login_key
from doorward.audit import Actor
from doorward.brakes import Brake
from doorward.crypto import Secret
from doorward.db import Transaction
from doorward.http import Locale
from doorward.mail import Letter, Template
from doorward.orgs import Organization, Tenant
from doorward.recovery.letters import Issued, compose_for, compose_to, page_url
from doorward.recovery.links import NewLink
from doorward.recovery.model import (
    Bound,
    Link,
    LinkGone,
    Purpose,
    SignUpClosed,
    WrongDomain,
    WrongPassword,
)
from doorward.recovery.parts import Asker, Parts

__all__ = ["SignUpForm", "SignUps"]

_KIND = AccountKind.CONSTITUENT


@dataclass(frozen=True, slots=True)
class SignUpForm:
    """What somebody typed."""

    email: str
    name: str
    password: Secret[str]


class SignUps:
    """The sign-ups of every organization that allows them."""

    def __init__(self, parts: Parts) -> None:
        """Make accounts with ``parts``."""
        self._use = parts

    async def begin(self, tenant: Tenant, form: SignUpForm, asker: Asker) -> None:
        """Send the letter with which the account is made, or say there that there is one.

        Raises ``SignUpClosed``, ``WrongDomain``, ``BadAccount``, ``WeakPassword``, ``Busy``: what
        is wrong with what was typed, and nothing else. Raises ``Braked``.
        """
        address = form.email.strip()
        new = _new_account(tenant.org_id, address, form.name.strip() or None, asker.locale)
        drafted = new.born(self._use.clock(), asker.by.words)
        verify_may_sign_up(tenant.org, address)
        await self._use.admit(tenant.org_id, asker, address, Brake.SIGN_UP_NETWORK)
        hashed = await self._use.accounts.hash_password(drafted, form.password)
        bound = Bound(
            account_kind=_KIND,
            address=address,
            name=new.name,
            locale=asker.locale,
            password_hash=hashed.reveal(),
        )
        await self._send(tenant, bound, asker)

    async def resend(self, tenant: Tenant, asker: Asker) -> None:
        """Send the letter again; the one before is worth nothing then.

        Raises ``LinkGone``, ``TooSoon``, ``Braked``.
        """
        link = await self.waiting(tenant, asker.browser_id)
        bound = self._use.links.verify_may_resend(link).bound
        await self._use.admit(tenant.org_id, asker, bound.address)
        await self._send(tenant, bound, asker)

    async def waiting(self, tenant: Tenant, browser_id: int | None) -> Link:
        """What was begun last in this browser. Raises ``LinkGone``."""
        link = None
        if browser_id is not None:
            link = await self._use.links.find_waiting_here(
                tenant.org_id, Purpose.SIGN_UP, browser_id
            )
        if link is None:
            raise LinkGone
        return link

    async def find(self, tenant: Tenant, text: str) -> Link:
        """The sign-up of an open link. Raises ``LinkGone``."""
        return await self._use.links.find(tenant.org_id, Purpose.SIGN_UP, text)

    async def confirm(
        self,
        tenant: Tenant,
        text: str,
        by: Actor,
        *,
        browser_id: int | None,
        password: Secret[str] | None,
    ) -> Account:
        """Make the account of a link.

        In another browser than the one that began, the ``password`` of the sign-up is asked for:
        a link that reaches somebody who did not ask for it opens no account that a stranger knows
        the password of. Raises ``LinkGone``, ``WrongPassword``, ``Busy``.
        """
        link = await self.find(tenant, text)
        if link.browser_id != browser_id:
            await self._verify_password(link, password)
        return await self._make(tenant, link, by)

    async def confirm_by_code(
        self, tenant: Tenant, browser_id: int | None, code: str, by: Actor
    ) -> Account:
        """The same with the code of the letter, in the browser that began.

        Raises ``LinkGone``, ``WrongCode``.
        """
        link = await self.waiting(tenant, browser_id)
        await self._use.links.verify_code(link, code)
        return await self._make(tenant, link, by)

    async def _verify_password(self, link: Link, password: Secret[str] | None) -> None:
        if password is None or not await self._use.links.count_try(link):
            raise WrongPassword
        hashed = Secret(link.bound.password_hash or "")
        if not await self._use.accounts.is_hash_of(hashed, password):
            raise WrongPassword

    async def _send(self, tenant: Tenant, bound: Bound, asker: Asker) -> None:
        known = await self._use.accounts.find_by_login(tenant.org_id, _KIND, bound.address)
        bound = msgspec.structs.replace(bound, idle=known is not None)
        new = NewLink(tenant.org_id, Purpose.SIGN_UP, bound, browser_id=asker.browser_id)

        async def work(tx: Transaction) -> None:
            issued = await self._use.links.issue(tx, new)
            await self._use.post(tx, _letter(tenant, bound, known, issued, asker))
            await self._use.note(tx, tenant.org_id, "sign_up.asked", by=asker.by, of="")

        await self._use.db.unit(work)

    async def _make(self, tenant: Tenant, link: Link, by: Actor) -> Account:
        bound = link.bound
        if not tenant.org.policy.sign_up or bound.password_hash is None:
            raise LinkGone
        hashed = Secret(bound.password_hash)
        new = _new_account(tenant.org_id, bound.address, bound.name, bound.locale)
        drafts = await self._use.accounts.draft_many(tenant.org_id, [new], by)

        async def work(tx: Transaction) -> Account:
            await self._use.links.use(tx, link)
            (made,) = await drafts.keep(tx)
            if isinstance(made, AccountsRefusal):
                # The address was given to somebody since.
                raise LinkGone
            await self._use.note(tx, tenant.org_id, "sign_up.completed", by=by, of=made.subject)
            return await self._use.accounts.replace_password(tx, made, hashed, by)

        return await self._use.db.unit(work)


def verify_may_sign_up(org: Organization, address: str) -> None:
    """That ``org`` lets people with this address sign up. Raises its refusals."""
    if not org.policy.sign_up:
        raise SignUpClosed
    domain = login_key(address).rpartition("@")[2]
    if org.policy.sign_up_domains and domain not in org.policy.sign_up_domains:
        raise WrongDomain


def _new_account(org_id: str, address: str, name: str | None, locale: str | None) -> NewAccount:
    return NewAccount(
        org_id=org_id,
        kind=_KIND,
        username=address,
        email=address,
        email_verified=True,
        name=name,
        locale=locale,
    )


def _letter(
    tenant: Tenant, bound: Bound, known: Account | None, issued: Issued, asker: Asker
) -> Letter | None:
    if known is not None:
        return compose_for(tenant, known, Template.SIGN_UP_KNOWN, page_url(tenant, "/signin"))
    locale: Locale = "ja" if bound.locale == "ja" else "en"
    link = issued.url(tenant, *asker.onward)
    address = (bound.address, locale)
    return compose_to(tenant, address, Template.SIGN_UP_CONFIRM, link, issued=issued)

"""What the services of this room work with, and who asks them."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.accounts import Account, Accounts, UnknownAccount, login_key, own_page_url
from doorward.audit import Actor, record
from doorward.brakes import Brake, Brakes, Try
from doorward.crypto import Secret
from doorward.db import Clock, Database, Transaction
from doorward.http import Locale, subscriber_of
from doorward.mail import Letter, Outbox, Template
from doorward.orgs import Tenant
from doorward.recovery.letters import compose_for
from doorward.recovery.links import Links
from doorward.recovery.model import Link, LinkGone

__all__ = ["MOST_LETTERS_A_DAY", "Asker", "Parts"]

MOST_LETTERS_A_DAY = 10
"""So many letters of one kind a stranger can cause for one address within a day."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a letter, in which language and browser.

    ``onward`` is what the letter's link says of where to go on: the flow, which works in this one
    browser only, or that staff are meant.
    """

    by: Actor
    locale: Locale
    browser_id: int | None = None
    onward: tuple[tuple[str, str], ...] = ()

    @property
    def network(self) -> str:
        """The network that asks."""
        return subscriber_of(self.by.address)


@dataclass(frozen=True, slots=True)
class Parts:
    """The database, and the services of the rooms below."""

    db: Database
    clock: Clock
    accounts: Accounts
    outbox: Outbox
    brakes: Brakes
    links: Links

    async def admit(self, org_id: str, asker: Asker, address: str, *more: Brake) -> None:
        """Count a letter that anybody can ask for, before its work. Raises ``Braked``."""
        network = asker.network
        await self.brakes.admit(
            org_id,
            Try(Brake.MAIL_ADDRESS, login_key(address)),
            Try(Brake.MAIL_NETWORK, network),
            *(Try(each, network) for each in more),
        )

    async def post(self, tx: Transaction, letter: Letter | None) -> None:
        """Write ``letter`` in the unit of its change, unless its address had enough of them."""
        if letter is None or await self.outbox.count_of_day(tx, letter) >= MOST_LETTERS_A_DAY:
            return
        await self.outbox.enqueue(tx, letter)

    async def owner_of(self, link: Link) -> Account:
        """Whose ``link`` it is. Raises ``LinkGone``."""
        try:
            return await self.accounts.get(link.org_id, link.account_id or 0)
        except UnknownAccount as gone:
            raise LinkGone from gone

    async def lock_owner_of(self, tx: Transaction, link: Link) -> Account:
        """The same account, which no other unit changes until ``tx`` ends. Raises ``LinkGone``."""
        try:
            return await self.accounts.lock(tx, link.org_id, link.account_id or 0)
        except UnknownAccount as gone:
            raise LinkGone from gone

    async def tell(self, tx: Transaction, tenant: Tenant, account: Account) -> None:
        """Tell ``account`` that its password was changed, and where to go if it was not they."""
        link = Secret(own_page_url(tenant, account, "/forgot"))
        letter = compose_for(tenant, account, Template.PASSWORD_CHANGED, link)
        if letter is not None:
            await self.outbox.enqueue(tx, letter)

    async def note(self, tx: Transaction, org_id: str, action: str, *, by: Actor, of: str) -> None:
        """Record ``action``; ``of`` is the account, or nothing where there is none."""
        target = ("account", of) if of else ("organization", org_id)
        event = by.did(action, org_id, target)
        await record(tx, event, event_id=self.db.next_id(), now=self.clock())

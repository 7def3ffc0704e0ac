"""Where letters about applications and connections are written, and the pages they lead to."""

from __future__ import annotations

from urllib.parse import urlencode

from doorward.accounts import STAFF_SIGN_IN, Account, AccountKind, recipient_of
from doorward.db import Transaction
from doorward.mail import AboutAccount, AboutApplication, AboutConnection, Letter, Outbox, Template
from doorward.orgs import Organization, Site, sender_of

__all__ = ["LetterDesk"]


class LetterDesk:
    """Writes for every organization of an installation."""

    def __init__(self, *, outbox: Outbox, site: Site) -> None:
        """Write into ``outbox``; links lead to organizations under ``site``."""
        self._outbox = outbox
        self._site = site

    @property
    def is_on(self) -> bool:
        """Whether letters leave at all."""
        return self._outbox.is_on

    def link(self, org: Organization, path: str, **query: str) -> str:
        """The address of a page of ``org``: by what is configured, never by a request."""
        address = f"{self._site.tenant(org).issuer}{path}"
        return f"{address}?{urlencode(query)}" if query else address

    def link_for(self, org: Organization, reader: Account, path: str, **query: str) -> str:
        """The same for a page that is for everybody: staff are led to their own sign-in."""
        if reader.kind is AccountKind.SYSTEM:
            query |= dict([STAFF_SIGN_IN])
        return self.link(org, path, **query)

    def compose(
        self,
        org: Organization,
        template: Template,
        about: AboutAccount | AboutApplication | AboutConnection,
        reader: Account,
    ) -> Letter | None:
        """The letter to ``reader`` in their own language.

        None for who has no address, and for who is disabled.
        """
        recipient = recipient_of(reader, org.default_locale)
        if recipient is None or not reader.is_active:
            return None
        return about.compose(org.org_id, template, sender_of(org), recipient)

    async def enqueue(
        self, tx: Transaction, letter: Letter | None, *, most_a_day: int | None = None
    ) -> None:
        """Write ``letter``, if there is one, in the unit of its change.

        Of those that a stranger can cause, an address gets ``most_a_day``.
        """
        if letter is None:
            return
        if most_a_day is None or await self._outbox.count_of_day(tx, letter) < most_a_day:
            await self._outbox.enqueue(tx, letter)

"""The letter about a sign-in by a browser that was not used for an account before."""

from __future__ import annotations

from typing import Final

from doorward.accounts import Account, recipient_of
from doorward.console.letter_desk import LetterDesk
from doorward.db import Transaction
from doorward.http import message
from doorward.mail import AboutAccount, Template
from doorward.orgs import Organization
from doorward.sessions import Visitor, name_device

__all__ = ["BrowserPost"]

_MOST_A_DAY: Final = 10
"""Whoever knows a password must not be able to fill its owner's mail box with it."""


class BrowserPost:
    """Writes to the person who signed in, or who ought to know that somebody did."""

    def __init__(self, desk: LetterDesk) -> None:
        """Write at ``desk``."""
        self._desk = desk

    async def tell(
        self, tx: Transaction, org: Organization, account: Account, visitor: Visitor
    ) -> None:
        """A ``TellOfBrowser`` of ``sessions``: where it was is not guessed from the address."""
        recipient = recipient_of(account, org.default_locale)
        if not self._desk.is_on or recipient is None:
            return
        called = name_device(
            visitor.user_agent, recipient.locale, otherwise=message("Unknown device")
        )
        about = AboutAccount(
            self._desk.link_for(org, account, "/account/sessions"),
            {"device": called, "address": visitor.address or "—"},
        )
        letter = self._desk.compose(org, Template.NEW_BROWSER, about, account)
        await self._desk.enqueue(tx, letter, most_a_day=_MOST_A_DAY)

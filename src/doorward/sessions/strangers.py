"""Browsers that an account never used: its person is told of a sign-in there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from doorward.accounts import Account
from doorward.db import SECOND, Clock, Transaction
from doorward.orgs import Organization
from doorward.sessions import store
from doorward.sessions.model import Browser, Visitor

__all__ = ["Strangers", "TellOfBrowser"]

TellOfBrowser: TypeAlias = Callable[[Transaction, Organization, Account, Visitor], Awaitable[None]]
"""Whoever writes to an account that this visitor signed in to, in the unit of the sign-in."""

_NEW_FOR: Final = 86_400 * SECOND
_WELCOME_FOR: Final = 3_600 * SECOND


class Strangers:
    """Notices a sign-in that its person may not know of."""

    def __init__(self, *, clock: Clock, tell: TellOfBrowser | None) -> None:
        """Have people told by ``tell``, where letters are written at all."""
        self._clock = clock
        self._tell = tell

    async def notice(
        self,
        tx: Transaction,
        org: Organization,
        browser: Browser,
        account: Account,
        visitor: Visitor,
    ) -> None:
        """Tell ``account`` of a sign-in whose session is not kept yet, if it is news.

        It is not where the browser proves that it was here before, where it had a session of this
        account, nor for the first sign-in after the account or its password was made.
        """
        if self._tell is None or visitor.is_known:
            return
        whose = {"org_id": browser.org_id, "account": account.account_id}
        row = await tx.one(store.HAD_EARLIER, **whose, browser=browser.browser_id)
        here, anywhere = (False, False) if row is None else row
        if not here and (anywhere or not self._is_fresh(account)):
            await self._tell(tx, org, account, visitor)

    def _is_fresh(self, account: Account) -> bool:
        now, chosen_at = self._clock(), account.password_changed_at or 0
        return account.created_at + _NEW_FOR > now or chosen_at + _WELCOME_FOR > now

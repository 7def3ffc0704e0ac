"""The letter to who owns an account at which many passwords were tried, once a day at most."""

from __future__ import annotations

from typing import Final

from doorward.accounts import Account, Accounts
from doorward.audit import SYSTEM, record
from doorward.brakes import Brakes, Slowed
from doorward.console.letter_desk import LetterDesk
from doorward.db import Clock, Database, Transaction
from doorward.mail import AboutAccount, Template
from doorward.orgs import Organization, Organizations

__all__ = ["SignInPost"]

_BATCH: Final = 50
_MOST_A_DAY: Final = 1


class SignInPost:
    """Records that a sign-in was slowed down, and tells the owner.

    It does so beside the requests: a try at an account that exists must not cost more than one
    at a name that nobody has.
    """

    def __init__(
        self,
        desk: LetterDesk,
        *,
        db: Database,
        clock: Clock,
        brakes: Brakes,
        organizations: Organizations,
    ) -> None:
        """Write at ``desk`` of what ``brakes`` have noted."""
        self._desk = desk
        self._db = db
        self._clock = clock
        self._brakes = brakes
        self._organizations = organizations

    async def tell(self) -> int:
        """Settle everything that was noted until now; how much."""
        settled = 0
        while found := await self._brakes.find_slowed(_BATCH):
            for each in found:
                await self._settle(each)
            settled += len(found)
        return settled

    async def _settle(self, slowed: Slowed) -> None:
        org = await self._organizations.find(slowed.org_id)

        async def work(tx: Transaction) -> None:
            # Another process may have told of it since it was found.
            if not await self._brakes.settle(tx, slowed) or slowed.account_id is None:
                return
            account = await Accounts.find_within(tx, slowed.org_id, slowed.account_id)
            if account is not None and org is not None:
                await self._tell(tx, org, account)

        await self._db.unit(work)

    async def _tell(self, tx: Transaction, org: Organization, account: Account) -> None:
        event = SYSTEM.did("account.sign_in_slowed", org.org_id, ("account", account.subject))
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())
        if not self._desk.is_on:
            return
        about = AboutAccount(self._desk.link_for(org, account, "/account/sessions"))
        letter = self._desk.compose(org, Template.SIGN_IN_SLOWED, about, account)
        await self._desk.enqueue(tx, letter, most_a_day=_MOST_A_DAY)

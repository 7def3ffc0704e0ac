"""Letters to people about the applications that they allowed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from doorward.accounts import Account, Accounts, UnknownAccount
from doorward.clients import Applications
from doorward.consents import ConsentStep, Herald
from doorward.console.letter_desk import LetterDesk
from doorward.db import Transaction
from doorward.mail import AboutApplication, Template
from doorward.orgs import Organization, Organizations

__all__ = ["ConsentPost"]

_TEMPLATES: Mapping[ConsentStep, Template] = MappingProxyType(
    {
        ConsentStep.GIVEN: Template.APPLICATION_CONNECTED,
        ConsentStep.CHANGED: Template.ACCESS_CHANGED,
        ConsentStep.REMOVED: Template.ACCESS_REMOVED,
        ConsentStep.ENDED: Template.ACCESS_ENDED,
    }
)


class ConsentPost:
    """Writes to the person whose account it is."""

    def __init__(
        self,
        desk: LetterDesk,
        *,
        organizations: Organizations,
        accounts: Accounts,
        applications: Applications,
    ) -> None:
        """Write at ``desk`` what the other rooms know."""
        self._desk = desk
        self._organizations = organizations
        self._accounts = accounts
        self._applications = applications

    async def find_herald(self, org_id: str, account_id: int, client_id: str) -> Herald | None:
        """Whoever tells this person of this application: a ``FindHerald`` of ``consents``.

        It costs one read of the account; the organization and the application are in memory.
        """
        if not self._desk.is_on:
            return None
        org = await self._organizations.find(org_id)
        application = await self._applications.find(org_id, client_id)
        if org is None or application is None:
            return None
        try:
            person = await self._accounts.get(org_id, account_id)
        except UnknownAccount:
            return None
        link = self._desk.link_for(org, person, "/account/apps")
        about = AboutApplication(application.name, link)
        return self._herald(org, person, about)

    def _herald(self, org: Organization, person: Account, about: AboutApplication) -> Herald:
        async def tell(tx: Transaction, step: ConsentStep) -> None:
            letter = self._desk.compose(org, _TEMPLATES[step], about, person)
            await self._desk.enqueue(tx, letter)

        return tell

"""People of an organization with mail, and what they read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from doorward.accounts import Account, AccountKind, NewAccount
from doorward.app import Services
from doorward.audit import SYSTEM, Actor
from doorward.clients import Application, ApplicationStatus, Author, NewApplication
from doorward.mail import Inbox, Parcel
from tests.mail.letters import work_off

__all__ = ["OWNER", "REVIEWER", "SECOND", "Office", "author", "short"]

OWNER, REVIEWER, SECOND = (f"{name}@example.org" for name in ("dev", "rita", "sam"))


def author(account: Account) -> Author:
    """An account that asks for a step."""
    actor = Actor("account", account.subject)
    return Author(actor, account.account_id, account.kind.value, account.permissions)


def short(letters: Iterable[Parcel]) -> list[tuple[str, str]]:
    """Who is told what."""
    return [(each.address, each.template.removeprefix("application_")) for each in letters]


@dataclass(frozen=True)
class Office:
    """A developer, two reviewers and somebody who reviews nothing, and an inbox for all of them."""

    services: Services
    inbox: Inbox
    owner: Author
    reviewer: Author

    async def register(
        self, status: ApplicationStatus = ApplicationStatus.DRAFT, **fields: Any
    ) -> Application:
        """An application of the developer's."""
        given = {
            "name": "Tally",
            "redirect_uris": ("https://tally.example/cb",),
            "scopes": ("openid",),
            "owner_account_id": self.owner.account_id,
            **fields,
        }
        new = NewApplication(org_id="river", status=status, **given)
        return (await self.services.applications.create(new, SYSTEM))[0]

    async def hire(self, username: str, **fields: Any) -> Author:
        """Somebody else, who reads Japanese unless ``fields`` say otherwise."""
        given = {
            "kind": AccountKind.CONSTITUENT,
            "email": f"{username}@example.org",
            "name": f"{username.title()} Example",
            "locale": "ja",
            **fields,
        }
        new = NewAccount(org_id="river", username=username, **given)
        return author(await self.services.accounts.create(new, SYSTEM))

    async def letters(self) -> list[Parcel]:
        """What arrived since it was last asked, by address."""
        known = {each.number for each in self.inbox.newest()}
        await work_off(self.services.outbox, self.inbox, self.services.db)
        fresh = [each.parcel for each in self.inbox.newest() if each.number not in known]
        return sorted(fresh, key=lambda each: each.address)

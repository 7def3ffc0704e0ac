"""What a page of the developer portal is, and who looks at it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from doorward.accounts import Account, AccountKind, Accounts
from doorward.clients import (
    Application,
    Applications,
    Author,
    Logos,
    Ownership,
    Reviews,
    SecretUses,
    Usage,
    WantedKind,
)
from doorward.connectors import ConnectorAuthor, Connectors
from doorward.db import Clock
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import OrgId, Tenant
from doorward.scopes import Scopes
from doorward.sessions import Session, Sessions, Visitor
from doorward.vault import Vault

__all__ = [
    "APP_SECTIONS",
    "HOME",
    "Act",
    "AppSection",
    "Developer",
    "DeveloperPage",
    "DeveloperRoute",
    "DeveloperServices",
]

HOME = "/developer"


@dataclass(frozen=True, slots=True)
class DeveloperServices:
    """Every service that a page of the portal may use."""

    accounts: Accounts
    sessions: Sessions
    applications: Applications
    reviews: Reviews
    ownership: Ownership
    usage: Usage
    secret_uses: SecretUses
    logos: Logos
    scopes: Scopes
    connectors: Connectors
    vault: Vault
    clock: Clock


@dataclass(frozen=True, slots=True)
class Developer:
    """Who looks at a page: a person who is signed in, read anew."""

    tenant: Tenant
    account: Account
    session: Session
    visitor: Visitor

    @property
    def org_id(self) -> OrgId:
        """The organization that everything on the page is about."""
        return self.tenant.org_id

    @property
    def kind(self) -> WantedKind:
        """Whether it is a constituent or staff."""
        return "system" if self.account.kind is AccountKind.SYSTEM else "constituent"

    @property
    def author(self) -> Author:
        """The person as somebody who asks for a change of an application."""
        actor = self.visitor.as_actor(self.account.account_id)
        return Author(actor, self.account.account_id, self.kind, self.account.permissions)

    @property
    def connector_author(self) -> ConnectorAuthor:
        """The person as somebody who asks for a change of a connector."""
        author = self.author
        return ConnectorAuthor(
            author.actor, self.account.account_id, self.kind, self.account.permissions
        )

    def owns(self, application: Application) -> bool:
        """Whether the application is theirs."""
        return application.owner_account_id == self.account.account_id


Act: TypeAlias = Callable[[Call, Developer], Awaitable["Reply | ASGIApp"]]
"""What a page does, once it is certain who asks."""


@dataclass(frozen=True, slots=True)
class AppSection:
    """A page of one application, in its navigation. ``title`` is a msgid."""

    name: str
    path: str
    icon: str
    title: str


APP_SECTIONS = (
    AppSection("overview", "/developer/app", "home", message("Overview")),
    AppSection("details", "/developer/app/details", "badge", message("Details and logo")),
    AppSection("addresses", "/developer/app/addresses", "link", message("Callback URLs")),
    AppSection("scopes", "/developer/app/scopes", "tick", message("Scopes")),
    AppSection("secrets", "/developer/app/secrets", "key", message("Client ID and secrets")),
    AppSection("preview", "/developer/app/preview", "screen", message("Consent preview")),
    AppSection("review", "/developer/app/review", "verified", message("Review")),
    AppSection("testers", "/developer/app/testers", "user", message("Test users")),
    AppSection("usage", "/developer/app/usage", "chart", message("Usage")),
    AppSection("settings", "/developer/app/settings", "warning", message("Transfer and removal")),
)
"""The navigation of an application, from top to bottom."""


@dataclass(frozen=True, slots=True)
class DeveloperRoute:
    """One method on one address under ``/developer``.

    A ``streamed`` one takes its file with ``DeveloperFrame.receive_file``, which verifies the form.
    """

    method: Literal["GET", "POST"]
    path: str
    act: Act
    streamed: bool = False


@dataclass(frozen=True, slots=True)
class DeveloperPage:
    """How a page is shown.

    ``section`` names one of ``APP_SECTIONS``, or is "apps", "new" or "connectors". ``query`` are
    the parameters that a GET of a page needs that is about no application.
    """

    template: str
    section: str
    path: str
    status: int = 200
    notices: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()

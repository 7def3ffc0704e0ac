"""What a page of the staff console is, and who looks at it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from doorward.accounts import Account, Accounts, PlatformProfiles
from doorward.apikeys import ApiKeys
from doorward.audit import Actor, Audit, AuditChain
from doorward.belongings import Deletions
from doorward.clients import Applications, Author, Reviews, SecretUses
from doorward.connectors import ConnectorAuthor, Connectors
from doorward.console.api import StaffCall
from doorward.crypto import Random
from doorward.db import Clock, Database
from doorward.http import ASGIApp, Call, Reply, message
from doorward.imports import Imports
from doorward.invitations import Invitations
from doorward.keys import Keys
from doorward.orgs import Organizations, OrgId, Permission, Tenant
from doorward.scopes import Scopes
from doorward.sessions import Browser, SecondSteps, Session, Sessions
from doorward.vault import Connecting, Lender, Vault

__all__ = [
    "SECTIONS",
    "Act",
    "AdminPage",
    "AdminRoute",
    "AdminServices",
    "Section",
    "Staff",
]


@dataclass(frozen=True, slots=True)
class AdminServices:
    """Every service that a page of the console may use."""

    organizations: Organizations
    accounts: Accounts
    platform_profiles: PlatformProfiles
    applications: Applications
    reviews: Reviews
    secret_uses: SecretUses
    scopes: Scopes
    sessions: Sessions
    second_steps: SecondSteps
    api_keys: ApiKeys
    imports: Imports
    invitations: Invitations
    connectors: Connectors
    connecting: Connecting
    vault: Vault
    lender: Lender
    deletions: Deletions
    audit: Audit
    audit_chain: AuditChain
    keys: Keys
    db: Database
    clock: Clock
    random: Random


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the navigation. ``title`` is a msgid; it shows to those who may open it."""

    name: str
    path: str
    icon: str
    title: str
    permission: Permission | None


SECTIONS = (
    Section("home", "/admin", "home", message("Overview"), None),
    Section(
        "constituents",
        "/admin/constituents",
        "user",
        message("Constituents"),
        Permission.ACCOUNTS_READ,
    ),
    Section("users", "/admin/users", "badge", message("User Management"), Permission.ACCOUNTS_READ),
    Section(
        "oauth",
        "/admin/oauth",
        "apps",
        message("OAuth Configuration"),
        Permission.APPLICATIONS_READ,
    ),
    Section(
        "review", "/admin/review", "verified", message("Reviews"), Permission.APPLICATIONS_REVIEW
    ),
    Section(
        "registration",
        "/admin/registration",
        "plus",
        message("Registration"),
        Permission.ORGANIZATIONS_READ,
    ),
    Section("scopes", "/admin/scopes", "key", message("Scopes"), Permission.SCOPES_READ),
    Section("apis", "/admin/apis", "link", message("APIs"), Permission.SCOPES_READ),
    Section(
        "connectors",
        "/admin/connectors",
        "plug",
        message("Connectors"),
        Permission.CONNECTORS_READ,
    ),
    Section(
        "connections",
        "/admin/connections",
        "chart",
        message("Connections"),
        Permission.CONNECTIONS_READ,
    ),
    Section("roles", "/admin/roles", "badge", message("Roles"), Permission.ACCOUNTS_READ),
    Section(
        "signin", "/admin/sign-in", "lock", message("Sign-in policy"), Permission.ORGANIZATIONS_READ
    ),
    Section("keys", "/admin/keys", "key", message("Signing keys"), Permission.KEYS_READ),
    Section("audit", "/admin/audit", "list", message("Audit log"), Permission.AUDIT_READ),
    Section(
        "organization",
        "/admin/organization",
        "building",
        message("Organization Profile"),
        Permission.ORGANIZATIONS_READ,
    ),
)
"""The navigation, from top to bottom."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Who looks at a page: a member of staff, read anew with the permissions that they have now."""

    caller: StaffCall
    browser: Browser
    session: Session

    @property
    def tenant(self) -> Tenant:
        """The organization, and the address under which it was asked."""
        return self.caller.tenant

    @property
    def org_id(self) -> OrgId:
        """The organization that everything on the page is about."""
        return self.caller.org_id

    @property
    def account(self) -> Account:
        """The member of staff's own account."""
        return self.caller.account

    @property
    def actor(self) -> Actor:
        """The member of staff as the author of a change."""
        return self.caller.actor

    @property
    def author(self) -> Author:
        """The member of staff as somebody who asks for a change of an application."""
        return self.caller.author

    @property
    def connector_author(self) -> ConnectorAuthor:
        """The member of staff as somebody who asks for a change of a connector."""
        account = self.account
        return ConnectorAuthor(self.actor, account.account_id, "system", account.permissions)

    def may(self, permission: Permission) -> bool:
        """Whether they hold ``permission`` at this moment."""
        return self.caller.may(permission)


Act: TypeAlias = Callable[[Call, Staff], Awaitable["Reply | ASGIApp"]]
"""What a page does, once it is certain who asks and that they may."""


@dataclass(frozen=True, slots=True)
class AdminRoute:
    """One method on one address under ``/admin``.

    ``permission`` None opens it to all staff. ``section`` names the entry of ``SECTIONS`` that it
    belongs to. A ``POST`` without a session leads, after sign-in, to that section. A ``streamed``
    one takes its file with ``AdminFrame.receive_file``, which verifies the form.
    """

    method: Literal["GET", "POST"]
    path: str
    permission: Permission | None
    section: str
    act: Act
    streamed: bool = False


@dataclass(frozen=True, slots=True)
class AdminPage:
    """How a page is shown: its template, its own address, and what may be said above it.

    ``query`` are the parameters that a GET of it needs. ``notices`` says which sentence (a msgid)
    belongs to which ``done`` in the address; others say nothing.
    """

    template: str
    section: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    status: int = 200
    notices: Mapping[str, str] = field(default_factory=dict)

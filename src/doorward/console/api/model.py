"""What the management API needs, and who calls it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from doorward.accounts import Account, Accounts, PlatformProfiles
from doorward.apikeys import ApiKeys
from doorward.audit import Actor, Audit
from doorward.clients import (
    Application,
    Applications,
    Author,
    Ownership,
    Reviews,
    SecretUses,
    Usage,
)
from doorward.connectors import ConnectorAuthor, Connectors
from doorward.consents import Consents
from doorward.crypto import KeyRing
from doorward.db import Clock, Database
from doorward.http import Scope
from doorward.keys import Keys
from doorward.orgs import OPERATORS, Organizations, OrgId, Permission, Tenant
from doorward.passkeys import Passkeys
from doorward.projects import Groups, Members
from doorward.scopes import MANAGEMENT_SCOPE, Scopes
from doorward.sessions import Sessions, Visitor
from doorward.tokens import BearerGuard, Tokens
from doorward.vault import ConnectSessions, Lender, MissingScopes, Vault

__all__ = [
    "MANAGEMENT",
    "ApiServices",
    "ApplicationCall",
    "StaffCall",
    "call_of",
    "staff_call_of",
]

MANAGEMENT: Final = MANAGEMENT_SCOPE.name
"""The scope without which an access token opens nothing here."""

_KEY: Final = "doorward.api_call"


@dataclass(frozen=True, slots=True)
class ApiServices:
    """Every service that an operation of the API may use."""

    organizations: Organizations
    accounts: Accounts
    platform_profiles: PlatformProfiles
    applications: Applications
    reviews: Reviews
    ownership: Ownership
    usage: Usage
    secret_uses: SecretUses
    scopes: Scopes
    keys: Keys
    sessions: Sessions
    passkeys: Passkeys
    consents: Consents
    audit: Audit
    api_keys: ApiKeys
    project_groups: Groups
    project_members: Members
    tokens: Tokens
    guard: BearerGuard
    connectors: Connectors
    vault: Vault
    connect_sessions: ConnectSessions
    missing_scopes: MissingScopes
    lender: Lender
    ring: KeyRing
    clock: Clock
    db: Database


@dataclass(frozen=True, slots=True)
class StaffCall:
    """A proved member of staff, asking something of their own organization."""

    tenant: Tenant
    account: Account
    visitor: Visitor

    @property
    def org_id(self) -> OrgId:
        """The organization that everything in this call is about."""
        return self.tenant.org_id

    @property
    def actor(self) -> Actor:
        """The caller as the author of a change."""
        return Actor(
            kind="operator" if self.org_id == OPERATORS else "account",
            id=self.account.subject,
            address=self.visitor.address,
        )

    @property
    def author(self) -> Author:
        """The caller as somebody who asks for a change of an application."""
        return Author(self.actor, self.account.account_id, "system", self.account.permissions)

    @property
    def connector_author(self) -> ConnectorAuthor:
        """The caller as somebody who asks for a change of a connector."""
        account = self.account
        return ConnectorAuthor(self.actor, account.account_id, "system", account.permissions)

    def may(self, permission: Permission) -> bool:
        """Whether the account holds ``permission`` at this moment."""
        return permission in self.account.permissions

    def into(self, scope: Scope) -> None:
        """Leave the call where ``staff_call_of`` finds it."""
        scope[_KEY] = self


@dataclass(frozen=True, slots=True)
class ApplicationCall:
    """A proved application that acts for itself, asking something of its own organization."""

    tenant: Tenant
    application: Application
    visitor: Visitor

    @property
    def org_id(self) -> OrgId:
        """The organization that everything in this call is about."""
        return self.tenant.org_id

    @property
    def actor(self) -> Actor:
        """The caller as the author of a change."""
        return Actor(kind="client", id=self.application.client_id, address=self.visitor.address)

    def into(self, scope: Scope) -> None:
        """Leave the call where ``call_of`` finds it."""
        scope[_KEY] = self


def call_of(scope: Scope) -> StaffCall | ApplicationCall:
    """The call that the gate let in, whoever calls."""
    call = scope[_KEY]
    assert isinstance(call, StaffCall | ApplicationCall)  # noqa: S101 - only the gate sets it
    return call


def staff_call_of(scope: Scope) -> StaffCall:
    """The call that the gate let in where only staff call."""
    call = scope[_KEY]
    assert isinstance(call, StaffCall)  # noqa: S101 - only the gate sets it
    return call

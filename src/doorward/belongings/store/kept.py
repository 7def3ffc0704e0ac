"""Every table that keeps something about an account: what is told of it, and whether it is erased.

A test compares these lists with every table there is: nothing about a person is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy import Column, Table

from doorward.accounts.store import account_details, account_platform_profiles
from doorward.apikeys.store import api_access, api_keys, api_sessions
from doorward.clients.store import application_offers, applications
from doorward.connectors.store import connectors
from doorward.consents.store import consents
from doorward.factors.store import recovery_codes, totp_factors
from doorward.invitations.store import invitations
from doorward.passkeys.store import passkey_holders, passkeys
from doorward.projects.store import (
    personal_keys,
    project_groups,
    project_members,
    projects,
)
from doorward.sessions.store import sessions
from doorward.vault.store import connections, managed_failures, managed_values

__all__ = ["ERASED", "LEFT", "OTHERWISE", "TOLD", "Kept"]


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of one table that are about an account.

    ``told`` are the columns that may be told, under the name ``section``: whatever is not named
    is a secret, or says nothing to a person. ``whose`` is the column with the account's number.
    """

    table: Table
    section: str = ""
    told: tuple[str, ...] = ()
    whose: str = "account_id"

    @property
    def account(self) -> Column[int]:
        """The column by which the rows of an account are found."""
        return self.table.c[self.whose]


ERASED: Final = (
    Kept(account_details, "details", ("document",)),
    Kept(account_platform_profiles, "platform_profiles", ("document",)),
    Kept(
        sessions,
        "sessions",
        (
            *("created_at", "auth_at", "last_seen_at", "expires_at", "ended_at"),
            *("address", "user_agent", "methods"),
        ),
    ),
    Kept(
        consents,
        "connected_apps",
        ("client_id", "scope", "declined", "granted_at", "last_used_at", "withdrawn_at"),
    ),
    Kept(
        connections,
        "connected_accounts",
        (
            *("connector", "environment", "label", "party_id", "party_name", "party_email"),
            *("status", "reason", "since", "scopes", "created_at", "last_used_at"),
            "settings",
        ),
    ),
    Kept(managed_values, "values_for_platforms", ("connector", "name", "changed_at")),
    Kept(managed_failures),
    Kept(
        api_keys,
        "api_keys",
        (
            *("label", "last4", "created_at", "expires_at", "last_used_at", "last_used_from"),
            *("revoked_at", "networks"),
        ),
    ),
    Kept(api_access, "api_access", ("switched_on_at",)),
    Kept(api_sessions, "api_sessions", ("address", "created_at", "expires_at")),
    Kept(
        personal_keys,
        "personal_api_keys",
        (
            *("name", "scope", "client_id", "created_at", "expires_at"),
            *("last_used_at", "last_used_from"),
        ),
    ),
    Kept(
        passkeys,
        "passkeys",
        ("name", "rp_id", "transports", "backed_up", "created_at", "used_at"),
    ),
    Kept(passkey_holders),
    Kept(totp_factors, "authenticator_apps", ("created_at", "confirmed_at", "last_used_at")),
    Kept(recovery_codes, "recovery_codes", ("created_at", "used_at")),
    Kept(invitations, "invitations", ("created_at", "expires_at", "ended_at", "accepted_at")),
    Kept(project_members, "project_organizations", ("group_id", "role", "joined_at")),
    Kept(
        application_offers,
        "applications_offered_to_you",
        ("client_id", "created_at", "expires_at"),
        "to_account_id",
    ),
)
"""Deleted, the account's rows of each in small batches."""

OTHERWISE: Final = (
    Kept(
        applications,
        "applications",
        (
            *("client_id", "name", "description", "publisher", "homepage_url", "privacy_url"),
            *("terms_url", "contact_email", "kind", "redirect_uris", "scopes", "status"),
            *("created_at", "updated_at"),
        ),
        "owner_account_id",
    ),
    Kept(
        connectors,
        "connectors",
        ("slug", "origin", "version", "enabled", "created_at", "changed_at"),
        "owner_account_id",
    ),
    Kept(
        projects,
        "projects",
        (
            *("project_id", "name", "region_id", "pg_version", "created_at", "updated_at"),
            "deleted_at",
        ),
        "owner_id",
    ),
    Kept(project_groups, "own_organization", ("name", "handle", "created_at"), "personal_of"),
)
"""Erased or handed on by steps of their own, in ``estate.py`` and ``erasing.py``."""

TOLD: Final = tuple(kept for kept in (*ERASED, *OTHERWISE) if kept.section)
"""What a person can download."""

LEFT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "access_tokens.account_id": "revoked with the consent; gone within a day",
        "account_deletions.account_id": "the deletion itself: it leaves when all is erased",
        "accounts.account_id": "the number alone stays, so that it is never given again",
        "action_links.account_id": "good for nobody once the account is erased; expires",
        "application_changes.author_account_id": "a number in what an application is",
        "application_offers.from_account_id": "a number; an offer ends within a week",
        "applications.reviewer_account_id": "a number in the record of a review",
        "brakes.account_id": "a counter; it expires",
        "codes.account_id": "good for a minute",
        "connect_flows.account_id": "gone within the hour",
        "connect_sessions.account_id": "gone within the hour",
        "connector_requests.account_id": "who asked for a connector; expires",
        "flows.proven_account_id": "gone within the hour",
        "passkey_challenges.account_id": "gone within minutes",
        "project_invitations.invited_by": "a number; an invitation expires",
        "project_permissions.granted_by": "a number in what belongs to a project",
        "review_events.author_account_id": "a number in the record of a review",
        "token_families.account_id": "revoked with the consent; expires",
    }
)
"""What stays, by table and column, and why: a number that leads to nobody, or what soon expires."""

"""The staff's permissions in words: for check boxes, and for pages that somebody may not open."""

from __future__ import annotations

from dataclasses import dataclass

from doorward.http import message
from doorward.orgs import Permission

__all__ = ["GROUPS", "PermissionGroup", "title_of"]

_P = Permission


@dataclass(frozen=True, slots=True)
class PermissionGroup:
    """Permissions that belong together, each with its sentence. Texts are msgids."""

    title: str
    permissions: tuple[tuple[Permission, str], ...]


GROUPS = (
    PermissionGroup(
        message("People and staff"),
        (
            (_P.ACCOUNTS_READ, message("See people and staff")),
            (_P.ACCOUNTS_WRITE, message("Create and change people, staff and API keys")),
            (_P.SESSIONS_READ, message("See where people are signed in")),
            (_P.SESSIONS_WRITE, message("Sign people out")),
            (_P.CONSENTS_READ, message("See which applications people allowed")),
            (_P.CONSENTS_WRITE, message("Remove an application's access to a person's account")),
        ),
    ),
    PermissionGroup(
        message("Applications"),
        (
            (_P.APPLICATIONS_READ, message("See applications")),
            (_P.APPLICATIONS_WRITE, message("Create and change applications and their secrets")),
            (_P.APPLICATIONS_REVIEW, message("Approve, decline and suspend applications")),
            (_P.SCOPES_READ, message("See APIs and what applications may ask for")),
            (_P.SCOPES_WRITE, message("Change APIs and what applications may ask for")),
            (_P.TOKENS_READ, message("See which tokens are in use")),
            (_P.TOKENS_WRITE, message("Take tokens back")),
        ),
    ),
    PermissionGroup(
        message("Connectors"),
        (
            (_P.CONNECTORS_READ, message("See connectors")),
            (_P.CONNECTORS_WRITE, message("Change connectors and the credentials for them")),
            (_P.CONNECTIONS_READ, message("See which accounts people connected")),
            (_P.CONNECTIONS_WRITE, message("Refresh and remove people's connections")),
            (_P.CONNECTIONS_REVEAL, message("Read the tokens of people's connections")),
        ),
    ),
    PermissionGroup(
        message("Organization"),
        (
            (_P.ORGANIZATIONS_READ, message("See the organization's profile")),
            (_P.ORGANIZATIONS_WRITE, message("Change the organization's profile")),
            (_P.KEYS_READ, message("See the signing keys")),
            (_P.KEYS_WRITE, message("Make, rotate and retire signing keys")),
            (_P.AUDIT_READ, message("Read the record of everything that was done")),
        ),
    ),
)
"""Every permission once, in the order in which people meet them."""

_TITLES = {permission: title for group in GROUPS for permission, title in group.permissions}


def title_of(permission: Permission) -> str:
    """What a permission allows, as a msgid."""
    return _TITLES[permission]

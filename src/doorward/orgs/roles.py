"""Roles: permissions that belong together, by the name of what somebody does with them."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from doorward.orgs.model import Permission

__all__ = ["ROLES", "Role", "find_role"]

_P = Permission


class Role(StrEnum):
    """What a member of staff is here for."""

    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    REVIEWER = "reviewer"
    SUPPORT = "support"
    READ_ONLY = "read_only"


_REVEALING: Final = frozenset({_P.KEYS_WRITE, _P.CONNECTIONS_REVEAL})
"""What may do lasting harm out of sight: an owner gives it, by name."""

ROLES: Final = {
    Role.OWNER: frozenset(Permission),
    Role.ADMINISTRATOR: frozenset(Permission) - _REVEALING,
    Role.REVIEWER: frozenset(
        {_P.ORGANIZATIONS_READ, _P.APPLICATIONS_READ, _P.APPLICATIONS_REVIEW, _P.SCOPES_READ}
    ),
    Role.SUPPORT: frozenset(
        {
            _P.ACCOUNTS_READ,
            _P.SESSIONS_READ,
            _P.SESSIONS_WRITE,
            _P.CONSENTS_READ,
            _P.CONSENTS_WRITE,
            _P.APPLICATIONS_READ,
            _P.SCOPES_READ,
            _P.CONNECTIONS_READ,
            _P.CONNECTIONS_WRITE,
        }
    ),
    Role.READ_ONLY: frozenset(each for each in Permission if each.value.endswith(".read")),
}
"""What each role may do, the most powerful first."""


def find_role(permissions: Collection[str]) -> Role | None:
    """The role that is exactly these permissions; None for a choice of one's own."""
    held = frozenset(permissions)
    return next((role for role, each in ROLES.items() if each == held), None)

"""Who is in a group, who is asked to be, and who else sees a project. Times are microseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from doorward.accounts import is_email
from doorward.audit import Actor, is_plain_line
from doorward.db import SECOND, Row
from doorward.projects.model import Role
from doorward.projects.refusals import BadAddress

__all__ = [
    "INVITATION_LIFE",
    "MAX_MEMBERS",
    "MAX_PERMISSIONS",
    "GroupInvitation",
    "Member",
    "ProjectPermission",
    "Steward",
    "Waiting",
    "verify_address",
    "verify_email",
]

MAX_MEMBERS: Final = 200
"""How many people are in a group at most, those who are asked to be included."""

MAX_PERMISSIONS: Final = 100
"""To how many addresses one project is shown at most."""

INVITATION_LIFE: Final = 30 * 86_400 * SECOND
"""How long an invitation waits for an answer."""

_MAX_USERNAME: Final = 128


@dataclass(frozen=True, slots=True)
class Steward:
    """Who looks at or changes a group: a person, or staff, who may what its administrators may.

    ``account_id`` is None for staff.
    """

    org_id: str
    account_id: int | None
    by: Actor

    @property
    def detail(self) -> dict[str, str]:
        """For whom an application acts, as the audit log says it beside the application."""
        return {} if self.account_id is None else {"steward": str(self.account_id)}


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a group, and as what."""

    account_id: int
    role: Role
    joined_at: int
    username: str
    name: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class GroupInvitation:
    """An address that was asked to join. Whether somebody has it is not looked up."""

    org_id: str
    id: int
    group_id: str
    address: str
    role: Role
    invited_by: int | None
    invited_at: int
    expires_at: int

    @classmethod
    def from_row(cls, row: Row) -> GroupInvitation:
        """Read the columns ``store.INVITATION_COLUMNS`` in their order."""
        return cls(*(*row[:4], Role(row[4]), *row[5:]))


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invitation as the person who is asked sees it; ``inviter`` is None for staff."""

    invitation: GroupInvitation
    group_name: str
    inviter: str | None


@dataclass(frozen=True, slots=True)
class ProjectPermission:
    """An address whose account sees a project. ``project`` is the project's own row number."""

    org_id: str
    id: int
    project: int
    email: str
    granted_by: int
    granted_at: int

    @classmethod
    def from_row(cls, row: Row) -> ProjectPermission:
        """Read the columns ``store.PERMISSION_COLUMNS`` in their order."""
        return cls(*row)


def verify_address(text: str) -> str:
    """``text``, when it may be somebody's e-mail address or user name. Raises ``BadAddress``."""
    address = text.strip()
    if "@" in address:
        return verify_email(address)
    if not is_plain_line(address, _MAX_USERNAME) or any(c.isspace() for c in address):
        raise BadAddress
    return address


def verify_email(text: str) -> str:
    """``text``, when it may be somebody's e-mail address. Raises ``BadAddress``."""
    email = text.strip()
    if not is_email(email):
        raise BadAddress
    return email

"""A call of Neon's API on its way to what answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from doorward.accounts import Accounts
from doorward.db import Clock
from doorward.dialects.neon.api_callers import ApiCaller
from doorward.http import CursorSeal, Reply
from doorward.projects import (
    GroupInvitations,
    Groups,
    Members,
    PersonalKeys,
    ProjectPermissions,
    Projects,
    Steward,
)

__all__ = ["ApiCall", "ApiRooms", "Handler"]


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call by a proved caller; ``targets`` are the identifiers in the path, in order."""

    caller: ApiCaller
    query: Mapping[str, str]
    body: bytes
    targets: tuple[str, ...]

    @property
    def target(self) -> str:
        """The first identifier in the path."""
        return self.targets[0]

    @property
    def person(self) -> tuple[str, int]:
        """The organization and the account that everything in this call is about."""
        return self.caller.org_id, self.caller.account_id

    @property
    def steward(self) -> Steward:
        """The person as somebody who looks at a group or changes it."""
        return Steward(*self.person, self.caller.actor)


@dataclass(frozen=True, slots=True)
class ApiRooms:
    """The rooms that the operations stand on."""

    accounts: Accounts
    groups: Groups
    members: Members
    invitations: GroupInvitations
    projects: Projects
    permissions: ProjectPermissions
    keys: PersonalKeys
    cursors: CursorSeal
    clock: Clock


Handler = Callable[[ApiCall], Awaitable[Reply]]

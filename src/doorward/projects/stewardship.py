"""Who may see a group, and who may change it: one door for each of the two questions."""

from __future__ import annotations

from doorward.db import Reads, Transaction
from doorward.projects.ids import is_group_id
from doorward.projects.model import Group, Role
from doorward.projects.people_model import Steward
from doorward.projects.refusals import NotAdministrator, PersonalGroup, UnknownGroup
from doorward.projects.store import find_group, find_role, lock_group

__all__ = ["get_seen_group", "lock_governed_group", "lock_seen_group", "verify_shared"]


async def get_seen_group(reads: Reads, steward: Steward, group_id: str) -> tuple[Group, Role]:
    """The group, and as what the steward is in it. Raises ``UnknownGroup``."""
    known = is_group_id(group_id)
    group = await find_group(reads, steward.org_id, group_id) if known else None
    if group is None:
        raise UnknownGroup
    return group, await _verify_sees(reads, steward, group)


async def lock_seen_group(tx: Transaction, steward: Steward, group_id: str) -> tuple[Group, Role]:
    """The group, which nobody else changes in this unit, and as what the steward is in it.

    Raises ``UnknownGroup``.
    """
    known = is_group_id(group_id)
    group = await lock_group(tx, steward.org_id, group_id) if known else None
    if group is None:
        raise UnknownGroup
    return group, await _verify_sees(tx, steward, group)


async def lock_governed_group(tx: Transaction, steward: Steward, group_id: str) -> Group:
    """``lock_seen_group`` for somebody who administers it.

    Raises ``UnknownGroup``, ``NotAdministrator``.
    """
    group, role = await lock_seen_group(tx, steward, group_id)
    if role is not Role.ADMIN:
        raise NotAdministrator
    return group


def verify_shared(group: Group) -> bool:
    """True for a group that is nobody's own. Raises ``PersonalGroup``."""
    if group.personal_of is not None:
        raise PersonalGroup
    return True


async def _verify_sees(reads: Reads, steward: Steward, group: Group) -> Role:
    if steward.account_id is None:
        # Staff administer what is shared; a person's own group is that person's alone.
        if group.personal_of is not None:
            raise UnknownGroup
        return Role.ADMIN
    role = await find_role(reads, group, steward.account_id)
    if role is None:
        raise UnknownGroup
    return role

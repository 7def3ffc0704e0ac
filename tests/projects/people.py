"""People of an organization who share groups."""

from __future__ import annotations

from typing import Any

from doorward.accounts import Account
from doorward.audit import SYSTEM, Actor
from doorward.projects import Group, NewGroup, NewProject, Project, Role, Steward
from tests.support.factories import make_account
from tests.support.world import World

__all__ = ["STAFF", "make_group", "make_project", "neighbour", "steward"]

STAFF = None
"""In place of an account: staff of the organization."""


async def neighbour(world: World, username: str = "ben", **fields: Any) -> Account:
    """Somebody else of the organization."""
    return await make_account(world.services.db, username, org_id=world.org.org_id, **fields)


def steward(world: World, who: Account | None) -> Steward:
    """``who`` as somebody who looks at a group or changes it."""
    if who is None:
        return Steward(world.org.org_id, None, SYSTEM)
    return Steward(who.org_id, who.account_id, Actor("account", who.subject))


async def make_group(world: World, admin: Account, *members: Account) -> Group:
    """A group with its administrator and members."""
    org_id, groups = world.org.org_id, world.services.project_groups
    group = await groups.create(NewGroup(org_id, "Lanterns"), admin.account_id, SYSTEM)
    for each in members:
        await groups.add_member(org_id, group.group_id, each.account_id, Role.MEMBER, SYSTEM)
    return group


async def make_project(world: World, owner: Account, **fields: Any) -> Project:
    """A project of ``owner``'s."""
    new = NewProject(owner.org_id, owner.account_id, **fields)
    return await world.services.projects.create(new, SYSTEM)

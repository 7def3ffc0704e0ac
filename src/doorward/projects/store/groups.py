"""Statements about groups and who is in them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from doorward.accounts.store import accounts
from doorward.db import Reads, Transaction, statement
from doorward.projects.model import Group, Membership, Role
from doorward.projects.people_model import Member
from doorward.projects.store.tables import GROUP_COLUMNS, project_groups, project_members

__all__ = [
    "count_members",
    "count_memberships",
    "delete_group",
    "delete_member",
    "find_group",
    "find_role",
    "insert_group",
    "insert_member",
    "list_groups",
    "list_members",
    "list_memberships",
    "lock_group",
    "update_group_name",
    "update_role",
]

_ORG = bindparam("org_id", type_=Text)
_OF_ACCOUNT = (
    project_members.c.org_id == _ORG,
    project_members.c.account_id == bindparam("account_id", type_=BigInteger),
)
_GROUP_ID = bindparam("group_id", type_=Text)
_THIS = (project_groups.c.org_id == _ORG, project_groups.c.group_id == _GROUP_ID)
_OF_GROUP = (project_members.c.org_id == _ORG, project_members.c.group_id == _GROUP_ID)
_FIND = select(*GROUP_COLUMNS).where(*_THIS)
_FIND_GROUP = statement(_FIND)
_LOCK_GROUP = statement(_FIND.with_for_update())
_LIST_GROUPS = statement(
    select(*GROUP_COLUMNS)
    .where(
        project_groups.c.org_id == _ORG,
        project_groups.c.group_id > bindparam("after", type_=Text),
        project_groups.c.personal_of.is_(None),
    )
    .order_by(project_groups.c.group_id)
    .limit(bindparam("limit", type_=BigInteger))
)
_RENAME = statement(
    update(project_groups)
    .where(*_THIS)
    .values(name=bindparam("new_name", type_=Text), updated_at=bindparam("now", type_=BigInteger))
)
_DELETE_GROUP = statement(delete(project_groups).where(*_THIS))
_DELETE_MEMBERS = statement(delete(project_members).where(*_OF_GROUP))
_LIST = statement(
    select(project_members.c.role, *GROUP_COLUMNS)
    .join_from(
        project_members,
        project_groups,
        and_(
            project_groups.c.org_id == project_members.c.org_id,
            project_groups.c.group_id == project_members.c.group_id,
        ),
    )
    .where(*_OF_ACCOUNT)
    .order_by(project_members.c.joined_at, project_members.c.group_id)
)
_COUNT = statement(select(func.count()).select_from(project_members).where(*_OF_ACCOUNT))
_FIND_ROLE = statement(
    select(project_members.c.role).where(*_OF_ACCOUNT, project_members.c.group_id == _GROUP_ID)
)
_LIST_MEMBERS = statement(
    select(
        project_members.c.account_id,
        project_members.c.role,
        project_members.c.joined_at,
        accounts.c.username,
        accounts.c.name,
        accounts.c.email,
    )
    .join_from(
        project_members,
        accounts,
        and_(
            accounts.c.org_id == project_members.c.org_id,
            accounts.c.account_id == project_members.c.account_id,
        ),
    )
    .where(*_OF_GROUP)
    .order_by(project_members.c.account_id)
)


def _counted(*more: ColumnElement[bool]) -> ColumnElement[int]:
    counted = select(func.count()).select_from(project_members).where(*_OF_GROUP, *more)
    return counted.scalar_subquery()


_COUNT_MEMBERS = statement(select(_counted(), _counted(project_members.c.role == str(Role.ADMIN))))
_UPDATE_ROLE = statement(
    update(project_members)
    .where(*_OF_ACCOUNT, project_members.c.group_id == _GROUP_ID)
    .values(role=bindparam("new_role", type_=Text))
)
_DELETE_MEMBER = statement(
    delete(project_members).where(*_OF_ACCOUNT, project_members.c.group_id == _GROUP_ID)
)
_INSERT_GROUP = statement(
    insert(project_groups).values({c.name: bindparam(c.name) for c in project_groups.c})
)
_INSERT_MEMBER = statement(
    insert(project_members).values({c.name: bindparam(c.name) for c in project_members.c})
)


async def find_group(reads: Reads, org_id: str, group_id: str) -> Group | None:
    """The group of that identifier."""
    row = await reads.one(_FIND_GROUP, org_id=org_id, group_id=group_id)
    return None if row is None else Group.from_row(row)


async def list_memberships(reads: Reads, org_id: str, account_id: int) -> list[Membership]:
    """Every group that the account is in, the first that it joined first."""
    rows = await reads.all(_LIST, org_id=org_id, account_id=account_id)
    return [Membership(Group.from_row(row[1:]), Role(row[0])) for row in rows]


async def count_memberships(tx: Transaction, org_id: str, account_id: int) -> int:
    """How many groups the account is in."""
    row = await tx.one(_COUNT, org_id=org_id, account_id=account_id)
    return 0 if row is None else int(row[0])


async def insert_group(tx: Transaction, group: Group) -> None:
    """Keep a new group. Raises ``Conflict`` when its id, handle or person has one."""
    await tx.run(
        _INSERT_GROUP,
        org_id=group.org_id,
        group_id=group.group_id,
        name=group.name,
        handle=group.handle,
        plan=group.plan,
        personal_of=group.personal_of,
        created_at=group.created_at,
        updated_at=group.updated_at,
    )


async def insert_member(
    tx: Transaction, group: Group, account_id: int, role: Role, *, now: int
) -> None:
    """Let an account into a group. Raises ``Conflict`` when it is in it."""
    await tx.run(
        _INSERT_MEMBER,
        org_id=group.org_id,
        account_id=account_id,
        group_id=group.group_id,
        role=str(role),
        joined_at=now,
    )


async def lock_group(tx: Transaction, org_id: str, group_id: str) -> Group | None:
    """The group, into which and out of which nobody comes until this unit ends."""
    row = await tx.one(_LOCK_GROUP, org_id=org_id, group_id=group_id)
    return None if row is None else Group.from_row(row)


async def list_groups(reads: Reads, org_id: str, after: str, limit: int) -> list[Group]:
    """Groups that are nobody's own, by their identifiers, those that follow ``after``."""
    rows = await reads.all(_LIST_GROUPS, org_id=org_id, after=after, limit=limit)
    return [Group.from_row(row) for row in rows]


async def list_members(reads: Reads, org_id: str, group_id: str) -> list[Member]:
    """Everybody in the group, by the numbers of their accounts."""
    rows = await reads.all(_LIST_MEMBERS, org_id=org_id, group_id=group_id)
    return [Member(row[0], Role(row[1]), *row[2:]) for row in rows]


async def find_role(reads: Reads, group: Group, account_id: int) -> Role | None:
    """As what the account is in the group."""
    where = {"org_id": group.org_id, "group_id": group.group_id}
    row = await reads.one(_FIND_ROLE, **where, account_id=account_id)
    return None if row is None else Role(row[0])


async def count_members(tx: Transaction, group: Group) -> tuple[int, int]:
    """How many people are in the group, and how many of them administer it."""
    row = await tx.one(_COUNT_MEMBERS, org_id=group.org_id, group_id=group.group_id)
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


async def update_group_name(tx: Transaction, group: Group) -> None:
    """Keep the group's new name."""
    await tx.run(
        _RENAME,
        org_id=group.org_id,
        group_id=group.group_id,
        new_name=group.name,
        now=group.updated_at,
    )


async def delete_group(tx: Transaction, group: Group) -> None:
    """Forget the group and who was in it."""
    where = {"org_id": group.org_id, "group_id": group.group_id}
    await tx.run(_DELETE_MEMBERS, **where)
    await tx.run(_DELETE_GROUP, **where)


async def update_role(tx: Transaction, group: Group, account_id: int, role: Role) -> None:
    """Make a member something else."""
    where = {"org_id": group.org_id, "group_id": group.group_id}
    await tx.run(_UPDATE_ROLE, **where, account_id=account_id, new_role=str(role))


async def delete_member(tx: Transaction, group: Group, account_id: int) -> None:
    """Take an account out of the group."""
    where = {"org_id": group.org_id, "group_id": group.group_id}
    await tx.run(_DELETE_MEMBER, **where, account_id=account_id)

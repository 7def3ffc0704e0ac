"""Statements about groups and who is in them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, and_, bindparam, func, insert, select

from doorward.db import Reads, Transaction, statement
from doorward.projects.model import Group, Membership, Role
from doorward.projects.store.tables import GROUP_COLUMNS, project_groups, project_members

__all__ = [
    "count_memberships",
    "find_group",
    "insert_group",
    "insert_member",
    "list_memberships",
]

_ORG = bindparam("org_id", type_=Text)
_OF_ACCOUNT = (
    project_members.c.org_id == _ORG,
    project_members.c.account_id == bindparam("account_id", type_=BigInteger),
)
_FIND_GROUP = statement(
    select(*GROUP_COLUMNS).where(
        project_groups.c.org_id == _ORG,
        project_groups.c.group_id == bindparam("group_id", type_=Text),
    )
)
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

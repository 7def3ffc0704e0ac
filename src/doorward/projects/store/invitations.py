"""Statements about invitations into groups."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, and_, bindparam, delete, func, insert, or_, select

from doorward.accounts import login_key
from doorward.accounts.store import KEY_TEXT, accounts
from doorward.db import Reads, Transaction, expires_by_time, statement
from doorward.projects.people_model import GroupInvitation, Waiting
from doorward.projects.store.tables import INVITATION_COLUMNS, project_groups, project_invitations

__all__ = [
    "EXPIRE_INVITATIONS",
    "count_invitations",
    "delete_invitation",
    "delete_invitation_of",
    "delete_invitations",
    "find_invitation",
    "insert_invitation",
    "list_invitations",
    "list_waiting",
]

_TABLE = project_invitations.c
_ORG = _TABLE.org_id == bindparam("org_id", type_=Text)
_ID = _TABLE.id == bindparam("invitation_id", type_=BigInteger)
_OF_GROUP = (_ORG, _TABLE.group_id == bindparam("group_id", type_=Text))
_LIVE = _TABLE.expires_at > bindparam("now", type_=BigInteger)
_ADDRESS = _TABLE.address_key == bindparam("address_key", type_=KEY_TEXT)

_INSERT = statement(insert(project_invitations).values({c.name: bindparam(c.name) for c in _TABLE}))
_FIND = statement(select(*INVITATION_COLUMNS).where(_ORG, _ID, _LIVE))
_LIST = statement(select(*INVITATION_COLUMNS).where(*_OF_GROUP, _LIVE).order_by(_TABLE.id))
_COUNT = statement(select(func.count()).select_from(project_invitations).where(*_OF_GROUP, _LIVE))
_WAITING = statement(
    select(
        project_groups.c.name,
        func.coalesce(accounts.c.name, accounts.c.username),
        *INVITATION_COLUMNS,
    )
    .join_from(
        project_invitations,
        project_groups,
        and_(
            project_groups.c.org_id == _TABLE.org_id,
            project_groups.c.group_id == _TABLE.group_id,
        ),
    )
    .outerjoin(
        accounts,
        and_(accounts.c.org_id == _TABLE.org_id, accounts.c.account_id == _TABLE.invited_by),
    )
    .where(
        _ORG,
        _LIVE,
        or_(
            _TABLE.address_key == bindparam("email_key", type_=KEY_TEXT),
            _TABLE.address_key == bindparam("username_key", type_=KEY_TEXT),
        ),
    )
    .order_by(_TABLE.id)
    .limit(bindparam("limit", type_=BigInteger))
)
_DELETE = statement(delete(project_invitations).where(_ORG, _ID))
_DELETE_OF = statement(delete(project_invitations).where(*_OF_GROUP, _ADDRESS))
_DELETE_ALL = statement(delete(project_invitations).where(*_OF_GROUP))
EXPIRE_INVITATIONS = expires_by_time(project_invitations)


async def insert_invitation(tx: Transaction, invitation: GroupInvitation) -> None:
    """Keep a new invitation. Raises ``Conflict`` when the address has one into this group."""
    await tx.run(
        _INSERT,
        org_id=invitation.org_id,
        id=invitation.id,
        group_id=invitation.group_id,
        address=invitation.address,
        address_key=login_key(invitation.address),
        role=str(invitation.role),
        invited_by=invitation.invited_by,
        invited_at=invitation.invited_at,
        expires_at=invitation.expires_at,
    )


async def find_invitation(
    reads: Reads, org_id: str, invitation_id: int, *, now: int
) -> GroupInvitation | None:
    """The invitation of that number, while it waits."""
    row = await reads.one(_FIND, org_id=org_id, invitation_id=invitation_id, now=now)
    return None if row is None else GroupInvitation.from_row(row)


async def list_invitations(
    reads: Reads, org_id: str, group_id: str, *, now: int
) -> list[GroupInvitation]:
    """The invitations into a group that wait, the oldest first."""
    rows = await reads.all(_LIST, org_id=org_id, group_id=group_id, now=now)
    return [GroupInvitation.from_row(row) for row in rows]


async def count_invitations(tx: Transaction, org_id: str, group_id: str, *, now: int) -> int:
    """How many invitations into the group wait."""
    row = await tx.one(_COUNT, org_id=org_id, group_id=group_id, now=now)
    return 0 if row is None else int(row[0])


async def list_waiting(
    reads: Reads, org_id: str, keys: tuple[str | None, str], *, now: int, limit: int
) -> list[Waiting]:
    """The invitations for whoever has the e-mail key and the user name's key ``keys``."""
    email_key, username_key = keys
    rows = await reads.all(
        _WAITING,
        org_id=org_id,
        email_key=email_key,
        username_key=username_key,
        now=now,
        limit=limit,
    )
    return [Waiting(GroupInvitation.from_row(row[2:]), row[0], row[1]) for row in rows]


async def delete_invitation(tx: Transaction, org_id: str, invitation_id: int) -> None:
    """Forget one invitation."""
    await tx.run(_DELETE, org_id=org_id, invitation_id=invitation_id)


async def delete_invitation_of(tx: Transaction, org_id: str, group_id: str, address: str) -> None:
    """Forget the invitation of an address into a group, if there is one, also one that ended."""
    await tx.run(_DELETE_OF, org_id=org_id, group_id=group_id, address_key=login_key(address))


async def delete_invitations(tx: Transaction, org_id: str, group_id: str) -> None:
    """Forget every invitation into a group."""
    await tx.run(_DELETE_ALL, org_id=org_id, group_id=group_id)

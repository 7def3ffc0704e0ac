"""Statements about the addresses to which projects are shown."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, and_, bindparam, delete, func, insert, select, update

from doorward.accounts import AccountKind, login_key
from doorward.accounts.store import KEY_TEXT, accounts
from doorward.db import Reads, Transaction, expires_by_time, statement
from doorward.projects.model import Project
from doorward.projects.people_model import ProjectPermission
from doorward.projects.store.tables import PERMISSION_COLUMNS, project_permissions

__all__ = [
    "EXPIRE_PERMISSIONS",
    "SEEN_BY_ACCOUNT",
    "count_permissions",
    "delete_permission",
    "find_permission_of",
    "insert_permission",
    "is_permitted",
    "list_permissions",
    "set_permissions_end",
]

_TABLE = project_permissions.c
_ORG = _TABLE.org_id == bindparam("org_id", type_=Text)
_OF_PROJECT = (_ORG, _TABLE.project == bindparam("project", type_=BigInteger))
_ID = _TABLE.id == bindparam("permission_id", type_=BigInteger)

SEEN_BY_ACCOUNT = project_permissions.join(
    accounts,
    and_(
        accounts.c.org_id == _TABLE.org_id,
        accounts.c.email_key == _TABLE.email_key,
        accounts.c.kind == str(AccountKind.CONSTITUENT),
    ),
)
"""Permissions beside the account that has their address at this moment."""

_INSERT = statement(insert(project_permissions).values({c.name: bindparam(c.name) for c in _TABLE}))
_LIST = statement(select(*PERMISSION_COLUMNS).where(*_OF_PROJECT).order_by(_TABLE.id))
_COUNT = statement(select(func.count()).select_from(project_permissions).where(*_OF_PROJECT))
_FIND_OF = statement(
    select(*PERMISSION_COLUMNS).where(
        *_OF_PROJECT, _TABLE.email_key == bindparam("email_key", type_=KEY_TEXT)
    )
)
_IS_PERMITTED = statement(
    select(_TABLE.id)
    .select_from(SEEN_BY_ACCOUNT)
    .where(*_OF_PROJECT, accounts.c.account_id == bindparam("account_id", type_=BigInteger))
)
_DELETE = statement(
    delete(project_permissions).where(*_OF_PROJECT, _ID).returning(*PERMISSION_COLUMNS)
)
_SET_END = statement(
    update(project_permissions)
    .where(*_OF_PROJECT)
    .values(expires_at=bindparam("until", type_=BigInteger))
)
EXPIRE_PERMISSIONS = expires_by_time(project_permissions)
"""Deletes what ended with its project; the others have no ``expires_at``."""


async def insert_permission(tx: Transaction, permission: ProjectPermission) -> None:
    """Keep a new permission. Raises ``Conflict`` when the address has it."""
    await tx.run(
        _INSERT,
        org_id=permission.org_id,
        id=permission.id,
        project=permission.project,
        email=permission.email,
        email_key=login_key(permission.email),
        granted_by=permission.granted_by,
        granted_at=permission.granted_at,
        expires_at=None,
    )


async def list_permissions(reads: Reads, project: Project) -> list[ProjectPermission]:
    """The addresses to which a project is shown, the first that it was shown to first."""
    rows = await reads.all(_LIST, org_id=project.org_id, project=project.id)
    return [ProjectPermission.from_row(row) for row in rows]


async def count_permissions(tx: Transaction, project: Project) -> int:
    """To how many addresses a project is shown."""
    row = await tx.one(_COUNT, org_id=project.org_id, project=project.id)
    return 0 if row is None else int(row[0])


async def find_permission_of(
    tx: Transaction, project: Project, email: str
) -> ProjectPermission | None:
    """The permission that an address has for a project."""
    where = {"org_id": project.org_id, "project": project.id}
    row = await tx.one(_FIND_OF, **where, email_key=login_key(email))
    return None if row is None else ProjectPermission.from_row(row)


async def is_permitted(reads: Reads, project: Project, account_id: int) -> bool:
    """Whether the project is shown to the address that the account has at this moment."""
    where = {"org_id": project.org_id, "project": project.id}
    return await reads.one(_IS_PERMITTED, **where, account_id=account_id) is not None


async def delete_permission(
    tx: Transaction, project: Project, permission_id: int
) -> ProjectPermission | None:
    """Take a permission away; None when the project has no such one."""
    where = {"org_id": project.org_id, "project": project.id}
    row = await tx.one(_DELETE, **where, permission_id=permission_id)
    return None if row is None else ProjectPermission.from_row(row)


async def set_permissions_end(tx: Transaction, project: Project, until: int | None) -> None:
    """Let a project's permissions end with it, or not end."""
    await tx.run(_SET_END, org_id=project.org_id, project=project.id, until=until)

"""Statements that erase what is kept about an account."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy import tuple_ as together

from doorward.belongings.store.kept import ERASED, Kept
from doorward.connectors.store import connectors
from doorward.db import Statement, statement
from doorward.projects.store import (
    project_groups,
    project_invitations,
    project_members,
    project_permissions,
    projects,
)

__all__ = [
    "DISOWN_CONNECTORS",
    "EMPTY_GROUP",
    "ERASE",
    "FORGET_ADDRESS",
    "HAND_ON_PROJECTS",
]

_org = bindparam("org_id", type_=Text)
_account = bindparam("account_id", type_=BigInteger)
_key = bindparam("email_key", type_=Text)


def _erase(kept: Kept) -> Statement:
    """Delete a batch of the account's rows: no lock is held for long."""
    table = kept.table
    keys = list(table.primary_key.columns)
    chosen = (
        select(*keys)
        .where(table.c.org_id == _org, kept.account == _account)
        .limit(bindparam("batch", type_=BigInteger))
    )
    return statement(delete(table).where(table.c.org_id == _org, together(*keys).in_(chosen)))


ERASE: Final = tuple(_erase(kept) for kept in ERASED)
"""One for each table, to be run until nothing is left."""

FORGET_ADDRESS: Final = (
    statement(
        delete(project_permissions).where(
            project_permissions.c.org_id == _org, project_permissions.c.email_key == _key
        )
    ),
    statement(
        delete(project_invitations).where(
            project_invitations.c.org_id == _org, project_invitations.c.address_key == _key
        )
    ),
)
"""Whoever has this address next gets nothing that was given to its owner now."""

DISOWN_CONNECTORS: Final = statement(
    update(connectors)
    .where(connectors.c.org_id == _org, connectors.c.owner_account_id == _account)
    .values(owner_account_id=None)
)

_OWN_GROUPS = select(project_groups.c.group_id).where(
    project_groups.c.org_id == _org, project_groups.c.personal_of == _account
)
_owned = (projects.c.org_id == _org, projects.c.owner_id == _account)
_HEIR = (
    select(func.min(project_members.c.account_id))
    .where(
        project_members.c.org_id == _org,
        project_members.c.group_id == projects.c.group_id,
        project_members.c.role == "admin",
        project_members.c.account_id != _account,
    )
    .correlate(projects)
    .scalar_subquery()
)
HAND_ON_PROJECTS: Final = statement(
    update(projects)
    .where(*_owned, projects.c.group_id.not_in(_OWN_GROUPS), _HEIR.is_not(None))
    .values(owner_id=_HEIR)
)
"""What belongs to a shared organization goes to one of those who administer it."""


def _in_group(
    column: ColumnElement[str], org: ColumnElement[str]
) -> tuple[ColumnElement[bool], ...]:
    return (org == _org, column.in_(_OWN_GROUPS))


def _owned_ids() -> Select[tuple[int]]:
    return select(projects.c.id).where(*_owned)


EMPTY_GROUP: Final = (
    statement(
        delete(project_permissions).where(
            project_permissions.c.org_id == _org, project_permissions.c.project.in_(_owned_ids())
        )
    ),
    statement(delete(projects).where(*_owned)),
    *(
        statement(delete(table).where(*_in_group(table.c.group_id, table.c.org_id)))
        for table in (project_invitations, project_members)
    ),
    statement(
        delete(project_groups).where(
            project_groups.c.org_id == _org, project_groups.c.personal_of == _account
        )
    ),
)
"""The person's own projects, and the organization that was theirs alone."""

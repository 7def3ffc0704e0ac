"""Statements about projects. Lists are read by their indexes alone, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    exists,
    func,
    insert,
    select,
    union_all,
    update,
)

from doorward.accounts import login_key
from doorward.accounts.store import accounts
from doorward.db import Database, Reads, Statement, Transaction, expires_by_time
from doorward.db import statement as build
from doorward.projects.model import MAX_GROUPS, ListWanted, Project, write_settings
from doorward.projects.store.permissions import SEEN_BY_ACCOUNT
from doorward.projects.store.tables import PROJECT_COLUMNS, project_permissions, projects

__all__ = [
    "EXPIRE_PROJECTS",
    "count_projects",
    "delete_project",
    "find_project",
    "hand_over",
    "has_projects",
    "insert_project",
    "list_of_group",
    "list_of_owner",
    "list_shared",
    "lock_project",
    "recover_project",
    "update_project",
]

_ORG = projects.c.org_id == bindparam("org_id", type_=Text)
_THIS = (_ORG, projects.c.project_id == bindparam("project_id", type_=Text))
_THERE = projects.c.deleted_at.is_(None)
_GONE = projects.c.deleted_at.is_not(None)
_OWNED = projects.c.owner_id == bindparam("account_id", type_=BigInteger)
_IN_GROUP = projects.c.group_id == bindparam("group_id", type_=Text)
_EARLIER = projects.c.id < bindparam("before", type_=BigInteger)
_MATCHES = projects.c.search_key.like(bindparam("pattern", type_=Text), escape="\\")
_LIMIT = bindparam("limit", type_=BigInteger)

_FIND = select(*PROJECT_COLUMNS).where(*_THIS)
_FIND_PROJECT = build(_FIND)
_LOCK_PROJECT = build(_FIND.with_for_update())
_INSERT = build(insert(projects).values({c.name: bindparam(c.name) for c in projects.c}))
_UPDATE = build(
    update(projects)
    .where(*_THIS, _THERE)
    .values(
        name=bindparam("new_name", type_=Text),
        settings=bindparam("new_settings", type_=Text),
        history_retention_s=bindparam("new_retention", type_=BigInteger),
        search_key=bindparam("new_search_key", type_=Text),
        updated_at=bindparam("now", type_=BigInteger),
    )
)
_DELETE = build(
    update(projects)
    .where(*_THIS, _THERE)
    .values(
        deleted_at=bindparam("now", type_=BigInteger),
        expires_at=bindparam("until", type_=BigInteger),
    )
    .returning(*PROJECT_COLUMNS)
)
_RECOVER = build(
    update(projects)
    .where(*_THIS, _GONE, projects.c.expires_at > bindparam("now", type_=BigInteger))
    .values(deleted_at=None, expires_at=None, updated_at=bindparam("now", type_=BigInteger))
    .returning(*PROJECT_COLUMNS)
)


def _counted(which: ColumnElement[bool]) -> ColumnElement[int]:
    counted = select(func.count()).select_from(projects).where(_ORG, _OWNED, which)
    return counted.scalar_subquery()


# Two counts, since each of the two indexes knows one half of an owner's projects.
_COUNT = build(select(_counted(_THERE) + _counted(_GONE)))
EXPIRE_PROJECTS = expires_by_time(projects)
"""Deletes what nobody brought back in time; the others have no ``expires_at``."""


def _page(by: ColumnElement[bool], *, gone: bool, searching: bool) -> Select[tuple[object, ...]]:
    where = [_ORG, by, _EARLIER]
    if gone:
        # A project whose time is over may wait for the sweep: it is not in any list.
        where += [_GONE, projects.c.expires_at > bindparam("now", type_=BigInteger)]
    else:
        where.append(_THERE)
    if searching:
        where.append(_MATCHES)
    return select(*PROJECT_COLUMNS).where(*where).order_by(projects.c.id.desc()).limit(_LIMIT)


_SHAPES = [(gone, searching) for gone in (False, True) for searching in (False, True)]
_OF_OWNER = {shape: build(_page(_OWNED, gone=shape[0], searching=shape[1])) for shape in _SHAPES}
_OF_GROUP = {shape: build(_page(_IN_GROUP, gone=shape[0], searching=shape[1])) for shape in _SHAPES}


_ACCOUNT_ID = bindparam("account_id", type_=BigInteger)
_IS_SEEN = and_(
    projects.c.org_id == project_permissions.c.org_id,
    projects.c.id == project_permissions.c.project,
)
_OF_THIS_GROUP = (_ORG, _IN_GROUP)
# Two parts, since each of the two indexes knows one half of a group's projects.
_HAS_PROJECTS = build(
    select(
        exists().where(*_OF_THIS_GROUP, _THERE).label("there"),
        exists().where(*_OF_THIS_GROUP, _GONE).label("gone"),
    )
)
_HAND_OVER = build(
    update(projects)
    .where(*_OF_THIS_GROUP, _OWNED)
    .values(owner_id=bindparam("heir_id", type_=BigInteger))
)


@lru_cache(maxsize=2 * MAX_GROUPS + 2)
def _shared(groups: int, *, searching: bool) -> Statement:
    """One page out of ``groups`` groups, and out of what is shown to the account's address.

    The first rows of each by its index, then merged.
    """
    others = projects.c.owner_id != _ACCOUNT_ID
    names = [bindparam(f"group_{number}", type_=Text) for number in range(groups)]
    pages = [
        _page((projects.c.group_id == name) & others, gone=False, searching=searching)
        for name in names
    ]
    # What the person is a member of is in a page of its own already.
    elsewhere = and_(
        others,
        accounts.c.account_id == _ACCOUNT_ID,
        *(projects.c.group_id != name for name in names),
    )
    seen = _page(elsewhere, gone=False, searching=searching)
    pages.append(seen.select_from(SEEN_BY_ACCOUNT.join(projects, _IS_SEEN)))
    parts = [select(*page.subquery(f"part_{number}").c) for number, page in enumerate(pages)]
    merged = union_all(*parts).subquery("shared")
    return build(select(*merged.c).order_by(merged.c.id.desc()).limit(_LIMIT))


async def find_project(reads: Reads, org_id: str, project_id: str) -> Project | None:
    """The project of that identifier, deleted or not."""
    row = await reads.one(_FIND_PROJECT, org_id=org_id, project_id=project_id)
    return None if row is None else Project.from_row(row)


async def lock_project(tx: Transaction, org_id: str, project_id: str) -> Project | None:
    """The project, deleted or not, which nobody changes until this unit ends."""
    row = await tx.one(_LOCK_PROJECT, org_id=org_id, project_id=project_id)
    return None if row is None else Project.from_row(row)


async def count_projects(tx: Transaction, org_id: str, account_id: int) -> int:
    """How many projects the account owns, deleted ones included."""
    row = await tx.one(_COUNT, org_id=org_id, account_id=account_id)
    return 0 if row is None else int(row[0])


async def insert_project(tx: Transaction, project: Project) -> None:
    """Keep a new project. Raises ``Conflict`` when another one has its identifier."""
    await tx.run(
        _INSERT,
        org_id=project.org_id,
        id=project.id,
        project_id=project.project_id,
        owner_id=project.owner_id,
        group_id=project.group_id,
        name=project.name,
        region_id=project.region_id,
        pg_version=project.pg_version,
        history_retention_s=project.history_retention_s,
        settings=write_settings(project.settings),
        creation_source=str(project.creation_source),
        created_at=project.created_at,
        updated_at=project.updated_at,
        deleted_at=project.deleted_at,
        expires_at=project.expires_at,
        search_key=_search_key(project),
    )


async def update_project(tx: Transaction, project: Project) -> None:
    """Keep what was changed of a project that is there."""
    await tx.run(
        _UPDATE,
        org_id=project.org_id,
        project_id=project.project_id,
        new_name=project.name,
        new_settings=write_settings(project.settings),
        new_retention=project.history_retention_s,
        new_search_key=_search_key(project),
        now=project.updated_at,
    )


async def delete_project(
    tx: Transaction, project: Project, *, now: int, until: int
) -> Project | None:
    """Delete a project that can be brought back ``until`` then; None when it is not there."""
    where = {"org_id": project.org_id, "project_id": project.project_id}
    row = await tx.one(_DELETE, **where, now=now, until=until)
    return None if row is None else Project.from_row(row)


async def recover_project(tx: Transaction, project: Project, *, now: int) -> Project | None:
    """Bring a deleted project back; None when it is too late."""
    where = {"org_id": project.org_id, "project_id": project.project_id}
    row = await tx.one(_RECOVER, **where, now=now)
    return None if row is None else Project.from_row(row)


async def has_projects(tx: Transaction, org_id: str, group_id: str) -> bool:
    """Whether any project is in the group, deleted ones included."""
    row = await tx.one(_HAS_PROJECTS, org_id=org_id, group_id=group_id)
    return row is not None and bool(row[0] or row[1])


async def hand_over(
    tx: Transaction, org_id: str, group_id: str, account_id: int, heir_id: int
) -> None:
    """Give what the account owns in the group to ``heir_id``, deleted ones included."""
    where = {"org_id": org_id, "group_id": group_id, "account_id": account_id}
    await tx.run(_HAND_OVER, **where, heir_id=heir_id)


async def list_of_owner(
    db: Database, org_id: str, account_id: int, wanted: ListWanted, *, now: int
) -> list[Project]:
    """A page of what the account owns."""
    params = {"org_id": org_id, "account_id": account_id, **_window(wanted)}
    return await _read(db, _OF_OWNER, params, wanted, now)


async def list_of_group(
    db: Database, org_id: str, group_id: str, wanted: ListWanted, *, now: int
) -> list[Project]:
    """A page of what is in the group."""
    params = {"org_id": org_id, "group_id": group_id, **_window(wanted)}
    return await _read(db, _OF_GROUP, params, wanted, now)


async def list_shared(
    db: Database, org_id: str, account_id: int, groups: Sequence[str], wanted: ListWanted
) -> list[Project]:
    """A page of what others own in ``groups``, or show to the account's address.

    Deleted ones are never in it.
    """
    params: dict[str, object] = {f"group_{n}": each for n, each in enumerate(groups)}
    params |= {"org_id": org_id, "account_id": account_id, **_window(wanted)}
    statement = _shared(len(groups), searching=wanted.search is not None)
    return await _rows(db, statement, params, wanted)


async def _read(
    db: Database,
    statements: dict[tuple[bool, bool], Statement],
    params: dict[str, object],
    wanted: ListWanted,
    now: int,
) -> list[Project]:
    if wanted.recoverable:
        params["now"] = now
    return await _rows(
        db, statements[wanted.recoverable, wanted.search is not None], params, wanted
    )


async def _rows(
    db: Database, statement: Statement, params: dict[str, object], wanted: ListWanted
) -> list[Project]:
    if wanted.search is None:
        rows = await db.all(statement, **params)
    else:
        # It may look at every project of the list before it finds a page full.
        rows = await db.scan(statement, **params, pattern=_pattern(wanted.search))
    return [Project.from_row(row) for row in rows]


def _window(wanted: ListWanted) -> dict[str, object]:
    return {"before": wanted.before, "limit": wanted.limit}


def _search_key(project: Project) -> str:
    return f"{login_key(project.name)}\n{project.project_id}"


def _pattern(search: str) -> str:
    key = login_key(search)
    for special in "\\%_":
        key = key.replace(special, "\\" + special)
    return f"%{key}%"

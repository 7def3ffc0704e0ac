"""The tables of scopes and APIs, and their statements."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from doorward.audit import is_plain_line
from doorward.db import Reads, Transaction, metadata, statement
from doorward.scopes.model import Api, Catalogue, Scope

__all__ = [
    "apis",
    "delete_api",
    "delete_scope",
    "find_api",
    "find_scope",
    "insert_api",
    "insert_scope",
    "is_api_in_use",
    "read_catalogue",
    "scopes",
    "update_api",
    "update_scope",
]

_ALIKE = 2_000

scopes = Table(
    "scopes",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("api", Text),
    Column("title_en", Text, nullable=False),
    Column("title_ja", Text, nullable=False),
    Column("sentence_en", Text, nullable=False),
    Column("sentence_ja", Text, nullable=False),
    Column("sensitivity", Text, nullable=False),
    Column("claims", Text, nullable=False),
    PrimaryKeyConstraint("org_id", "name"),
    Index("scopes_by_api", "org_id", "api"),
    sqlite_with_rowid=False,
)
apis = Table(
    "apis",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("identifier", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("token_format", Text, nullable=False),
    Column("signing_alg", Text, nullable=False),
    Column("access_token_s", BigInteger),
    Column("resource_client_ids", Text, nullable=False),
    PrimaryKeyConstraint("org_id", "identifier"),
    sqlite_with_rowid=False,
)

# Names come from addresses: nothing odd reaches the database.
_LONGEST = 512


def _every(table: Table) -> dict[str, object]:
    return {column.name: bindparam(column.name) for column in table.c}


_SCOPE = (scopes.c.org_id == bindparam("org_id"), scopes.c.name == bindparam("name"))
_API = (apis.c.org_id == bindparam("org_id"), apis.c.identifier == bindparam("identifier"))
# A change locks its row, so that two changes at once do not undo each other.
_FIND_SCOPE = statement(select(*scopes.c).where(*_SCOPE).with_for_update())
_FIND_API = statement(select(*apis.c).where(*_API).with_for_update())
_LIST_SCOPES = statement(
    select(*scopes.c).where(scopes.c.org_id == bindparam("org_id")).order_by(scopes.c.name)
)
_LIST_APIS = statement(
    select(*apis.c).where(apis.c.org_id == bindparam("org_id")).order_by(apis.c.identifier)
)
_SCOPE_OF_API = statement(
    select(scopes.c.name)
    .where(scopes.c.org_id == bindparam("org_id"), scopes.c.api == bindparam("identifier"))
    .limit(1)
)
_INSERT_SCOPE = statement(insert(scopes).values(_every(scopes)))
_INSERT_API = statement(insert(apis).values(_every(apis)))
_UPDATE_SCOPE = statement(
    update(scopes)
    .where(*_SCOPE)
    .values({c.name: bindparam(c.name) for c in scopes.c if c.name not in {"org_id", "name"}})
)
_UPDATE_API = statement(
    update(apis)
    .where(*_API)
    .values({c.name: bindparam(c.name) for c in apis.c if c.name not in {"org_id", "identifier"}})
)
_DELETE_SCOPE = statement(delete(scopes).where(*_SCOPE))
_DELETE_API = statement(delete(apis).where(*_API))


async def read_catalogue(reads: Reads, org_id: str) -> Catalogue:
    """Every scope and API of ``org_id``. Its scopes name no organization: see ``_alike``."""
    return Catalogue.of(
        [_alike(*row[1:]) for row in await reads.all(_LIST_SCOPES, org_id=org_id)],
        [Api.from_row(row) for row in await reads.all(_LIST_APIS, org_id=org_id)],
    )


@lru_cache(maxsize=_ALIKE)
def _alike(*columns: str | None) -> Scope:
    """The scope of these columns: thousands of organizations offer the same, in memory once."""
    return Scope.from_row(("", *columns))


async def find_scope(tx: Transaction, org_id: str, name: str) -> Scope | None:
    """The scope ``name``, which no other unit changes until this one ends."""
    if not is_plain_line(name, _LONGEST):
        return None
    row = await tx.one(_FIND_SCOPE, org_id=org_id, name=name)
    return None if row is None else Scope.from_row(row)


async def find_api(tx: Transaction, org_id: str, identifier: str) -> Api | None:
    """The API ``identifier``, which no other unit changes until this one ends."""
    if not is_plain_line(identifier, _LONGEST):
        return None
    row = await tx.one(_FIND_API, org_id=org_id, identifier=identifier)
    return None if row is None else Api.from_row(row)


async def is_api_in_use(tx: Transaction, org_id: str, identifier: str) -> bool:
    """Whether a scope belongs to the API."""
    return await tx.one(_SCOPE_OF_API, org_id=org_id, identifier=identifier) is not None


async def insert_scope(tx: Transaction, scope: Scope) -> None:
    """Keep a new scope. Raises ``Conflict`` when its name is taken."""
    await tx.run(_INSERT_SCOPE, **_scope_row(scope))


async def update_scope(tx: Transaction, scope: Scope) -> None:
    """Write the scope anew."""
    await tx.run(_UPDATE_SCOPE, **_scope_row(scope))


async def delete_scope(tx: Transaction, org_id: str, name: str) -> bool:
    """Remove the scope; whether there was one."""
    if not is_plain_line(name, _LONGEST):
        return False
    return await tx.run(_DELETE_SCOPE, org_id=org_id, name=name) == 1


async def insert_api(tx: Transaction, api: Api) -> None:
    """Keep a new API. Raises ``Conflict`` when its identifier is taken."""
    await tx.run(_INSERT_API, **_api_row(api))


async def update_api(tx: Transaction, api: Api) -> None:
    """Write the API anew."""
    await tx.run(_UPDATE_API, **_api_row(api))


async def delete_api(tx: Transaction, org_id: str, identifier: str) -> bool:
    """Remove the API; whether there was one."""
    return await tx.run(_DELETE_API, org_id=org_id, identifier=identifier) == 1


def _scope_row(scope: Scope) -> dict[str, str | None]:
    return {
        "org_id": scope.org_id,
        "name": scope.name,
        "api": scope.api,
        "title_en": scope.title_en,
        "title_ja": scope.title_ja,
        "sentence_en": scope.sentence_en,
        "sentence_ja": scope.sentence_ja,
        "sensitivity": scope.sensitivity,
        "claims": msgspec.json.encode(scope.claims).decode(),
    }


def _api_row(api: Api) -> dict[str, str | int | None]:
    return {
        "org_id": api.org_id,
        "identifier": api.identifier,
        "name": api.name,
        "token_format": api.token_format,
        "signing_alg": api.signing_alg,
        "access_token_s": api.access_token_s,
        "resource_client_ids": msgspec.json.encode(api.resource_client_ids).decode(),
    }

"""Applications and their secrets, and the statements on them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from doorward.clients.model import Application, StoredSecret
from doorward.clients.review import LIVE
from doorward.db import Database, Reads, Row, Transaction, metadata, statement

__all__ = [
    "SecretKey",
    "applications",
    "client_secrets",
    "delete_application",
    "delete_secret",
    "delete_secrets",
    "find_application",
    "insert_application",
    "insert_secret",
    "keep_secret_uses",
    "list_addresses",
    "list_applications",
    "list_organizations_of",
    "list_secret_uses",
    "lock_application",
    "update_application",
    "with_secrets",
]

SecretKey = tuple[str, str, int]
"""The organization, the client id, and the secret's id."""

applications = Table(
    "applications",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("publisher", Text),
    Column("homepage_url", Text),
    Column("privacy_url", Text),
    Column("terms_url", Text),
    Column("contact_email", Text),
    Column("kind", Text, nullable=False),
    Column("auth_method", Text, nullable=False),
    Column("grant_types", Text, nullable=False),
    Column("redirect_uris", Text, nullable=False),
    Column("post_logout_redirect_uris", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("account_kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("trusted", BigInteger, nullable=False),
    Column("id_token_alg", Text, nullable=False),
    Column("owner_account_id", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("company", Text),
    Column("reason", Text),
    Column("calls_from_backend", BigInteger, nullable=False, server_default="0"),
    Column("purposes", Text, nullable=False, server_default="{}"),
    Column("optional_scopes", Text, nullable=False, server_default="[]"),
    Column("logo", Text),
    Column("testers", Text, nullable=False, server_default="[]"),
    Column("revision", BigInteger, nullable=False, server_default="1"),
    Column("queue_id", BigInteger, nullable=False, server_default="0"),
    Column("submitted_at", BigInteger),
    Column("submitted_by", BigInteger),
    Column("reviewer_account_id", BigInteger),
    Column("quota_a_minute", BigInteger),
    PrimaryKeyConstraint("org_id", "client_id"),
    Index("applications_by_client_id", "client_id", "org_id"),
    Index("applications_by_status", "org_id", "status", "queue_id"),
    Index("applications_by_owner", "org_id", "owner_account_id", "client_id"),
    sqlite_with_rowid=False,
)
client_secrets = Table(
    "client_secrets",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("secret_id", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("last4", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("last_used_at", BigInteger),
    PrimaryKeyConstraint("org_id", "client_id", "secret_id"),
    sqlite_with_rowid=False,
)

_THIS = (
    applications.c.org_id == bindparam("org_id"),
    applications.c.client_id == bindparam("client_id"),
)
_ITS = (
    client_secrets.c.org_id == bindparam("org_id"),
    client_secrets.c.client_id == bindparam("client_id"),
)
_LOCK = statement(select(*applications.c).where(*_THIS).with_for_update())
_LIST = statement(
    select(*applications.c)
    .where(
        applications.c.org_id == bindparam("org_id"), applications.c.client_id > bindparam("after")
    )
    .order_by(applications.c.client_id)
    .limit(bindparam("limit", type_=BigInteger))
)
_ORGANIZATIONS = statement(
    select(applications.c.org_id)
    .where(applications.c.client_id == bindparam("client_id"))
    .order_by(applications.c.org_id)
    .limit(bindparam("limit", type_=BigInteger))
)
_ADDRESSES = statement(
    select(
        applications.c.status,
        applications.c.redirect_uris,
        applications.c.post_logout_redirect_uris,
    ).where(applications.c.org_id == bindparam("org_id"))
)
_PROOF = (
    client_secrets.c.secret_id,
    client_secrets.c.digest,
    client_secrets.c.last4,
    client_secrets.c.created_at,
    client_secrets.c.expires_at,
)
_SECRETS = statement(select(*_PROOF).where(*_ITS).order_by(client_secrets.c.secret_id))
# An application that is not in memory is one statement away, its secrets included.
_FIND = statement(
    select(*applications.c, *_PROOF)
    .select_from(
        applications.outerjoin(
            client_secrets,
            and_(
                client_secrets.c.org_id == applications.c.org_id,
                client_secrets.c.client_id == applications.c.client_id,
            ),
        )
    )
    .where(*_THIS)
    .order_by(client_secrets.c.secret_id)
)
_INSERT = statement(
    insert(applications).values({c.name: bindparam(c.name) for c in applications.c})
)
_FIXED = {"org_id", "client_id", "kind", "account_kind", "created_at"}
_UPDATE = statement(
    update(applications)
    .where(*_THIS)
    .values({c.name: bindparam(c.name) for c in applications.c if c.name not in _FIXED})
)
_DELETE = statement(delete(applications).where(*_THIS))
_INSERT_SECRET = statement(
    insert(client_secrets).values(
        {c.name: bindparam(c.name) for c in client_secrets.c if c.name != "last_used_at"}
    )
)
_THIS_SECRET = (*_ITS, client_secrets.c.secret_id == bindparam("secret_id"))
# A minute that another process kept already is not written again.
_USED = statement(
    update(client_secrets)
    .where(
        *_THIS_SECRET,
        func.coalesce(client_secrets.c.last_used_at, 0) < bindparam("at", type_=BigInteger),
    )
    .values(last_used_at=bindparam("at", type_=BigInteger))
)
_USES = statement(
    select(client_secrets.c.secret_id, client_secrets.c.last_used_at).where(
        *_ITS, client_secrets.c.last_used_at.is_not(None)
    )
)
_DELETE_SECRET = statement(delete(client_secrets).where(*_THIS_SECRET))
_DELETE_SECRETS = statement(delete(client_secrets).where(*_ITS))


async def find_application(reads: Reads, org_id: str, client_id: str) -> Application | None:
    """The application ``client_id`` with its secrets."""
    rows = await reads.all(_FIND, org_id=org_id, client_id=client_id)
    if not rows:
        return None
    found, width = rows[0], len(applications.c)
    # Without any secret, the columns of one are there and empty.
    kept = () if found[width] is None else tuple(StoredSecret.from_row(r[width:]) for r in rows)
    return Application.from_row(found[:width], kept)


async def lock_application(tx: Transaction, org_id: str, client_id: str) -> Application | None:
    """The application, which (secrets included) no other unit changes until this one ends."""
    row = await tx.one(_LOCK, org_id=org_id, client_id=client_id)
    return None if row is None else await with_secrets(tx, row)


async def list_applications(
    db: Database, org_id: str, *, after: str, limit: int
) -> list[Application]:
    """Applications whose client id sorts after ``after``."""
    rows = await db.scan(_LIST, org_id=org_id, after=after, limit=limit)
    return [await with_secrets(db, row) for row in rows]


async def list_organizations_of(reads: Reads, client_id: str, *, limit: int) -> tuple[str, ...]:
    """The organizations that have an application ``client_id``, of which there is mostly one."""
    rows = await reads.all(_ORGANIZATIONS, client_id=client_id, limit=limit)
    return tuple(str(org_id) for (org_id,) in rows)


async def list_addresses(db: Database, org_id: str) -> frozenset[str]:
    """Every address that a live application of the organization may send people back to."""
    found: set[str] = set()
    for status, redirect_uris, post_logout_redirect_uris in await db.scan(
        _ADDRESSES, org_id=org_id
    ):
        if status in LIVE:
            found.update(msgspec.json.decode(redirect_uris, type=list[str]))
            found.update(msgspec.json.decode(post_logout_redirect_uris, type=list[str]))
    return frozenset(found)


async def insert_application(tx: Transaction, application: Application) -> None:
    """Keep a new application. Raises ``Conflict`` when its client id is taken."""
    await tx.run(
        _INSERT,
        **_row(application),
        kind=application.kind,
        account_kind=application.account_kind,
        created_at=application.created_at,
    )


async def update_application(tx: Transaction, application: Application) -> None:
    """Write the application anew; its secrets stay."""
    await tx.run(_UPDATE, **_row(application))


async def delete_application(tx: Transaction, org_id: str, client_id: str) -> bool:
    """Remove the application and its secrets; whether there was one."""
    await tx.run(_DELETE_SECRETS, org_id=org_id, client_id=client_id)
    return await tx.run(_DELETE, org_id=org_id, client_id=client_id) == 1


async def insert_secret(tx: Transaction, org_id: str, client_id: str, secret: StoredSecret) -> None:
    """Keep a new secret."""
    await tx.run(
        _INSERT_SECRET,
        org_id=org_id,
        client_id=client_id,
        secret_id=secret.secret_id,
        digest=secret.digest,
        last4=secret.last4,
        created_at=secret.created_at,
        expires_at=secret.expires_at,
    )


async def keep_secret_uses(tx: Transaction, used: Iterable[tuple[SecretKey, int]]) -> None:
    """Write when each secret was good last, unless something later is there."""
    for (org_id, client_id, secret_id), at in used:
        await tx.run(_USED, org_id=org_id, client_id=client_id, secret_id=secret_id, at=at)


async def list_secret_uses(reads: Reads, org_id: str, client_id: str) -> dict[int, int]:
    """When each secret of the application was good last, by its id."""
    rows = await reads.all(_USES, org_id=org_id, client_id=client_id)
    return {int(secret_id): int(at) for secret_id, at in rows}


async def delete_secret(tx: Transaction, org_id: str, client_id: str, secret_id: int) -> bool:
    """Remove one secret; whether there was one."""
    params = {"org_id": org_id, "client_id": client_id, "secret_id": secret_id}
    return await tx.run(_DELETE_SECRET, **params) == 1


async def delete_secrets(tx: Transaction, org_id: str, client_id: str) -> int:
    """Remove every secret; how many."""
    return await tx.run(_DELETE_SECRETS, org_id=org_id, client_id=client_id)


async def with_secrets(reads: Reads, row: Row) -> Application:
    """The application of ``row``, which has every column in order."""
    rows = await reads.all(_SECRETS, org_id=row[0], client_id=row[1])
    return Application.from_row(row, tuple(StoredSecret.from_row(each) for each in rows))


def _row(application: Application) -> dict[str, str | int | None]:
    return {
        "org_id": application.org_id,
        "client_id": application.client_id,
        "name": application.name,
        "description": application.description,
        "publisher": application.publisher,
        "homepage_url": application.homepage_url,
        "privacy_url": application.privacy_url,
        "terms_url": application.terms_url,
        "contact_email": application.contact_email,
        "auth_method": application.auth_method,
        "grant_types": _json(sorted(application.grant_types)),
        "redirect_uris": _json(application.redirect_uris),
        "post_logout_redirect_uris": _json(application.post_logout_redirect_uris),
        "scopes": _json(application.scopes),
        "status": application.status,
        "trusted": int(application.trusted),
        "id_token_alg": application.id_token_alg,
        "owner_account_id": application.owner_account_id,
        "updated_at": application.updated_at,
        "company": application.company,
        "reason": application.reason,
        "calls_from_backend": int(application.calls_from_backend),
        "purposes": _json(application.purposes),
        "optional_scopes": _json(application.optional_scopes),
        "logo": application.logo,
        "testers": _json(application.testers),
        "revision": application.revision,
        "queue_id": application.queue_id,
        "submitted_at": application.submitted_at,
        "submitted_by": application.submitted_by,
        "reviewer_account_id": application.reviewer_account_id,
        "quota_a_minute": application.quota_a_minute,
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()

"""Whose applications are whose, what an organization says of new ones, and offers."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    insert,
    not_,
    or_,
    select,
)

from doorward.clients.model import Application
from doorward.clients.records import Offer
from doorward.clients.review import LIVE, ApplicationStatus
from doorward.clients.store.applications import applications, with_secrets
from doorward.db import (
    Database,
    Reads,
    Transaction,
    expires_by_time,
    metadata,
    statement,
)
from doorward.orgs.store import organizations

__all__ = [
    "EXPIRE_OFFERS",
    "application_offers",
    "count_unapproved",
    "delete_offer",
    "find_offer",
    "list_live_names",
    "list_offers_to",
    "list_owned",
    "lock_terms",
    "put_offer",
    "take_offer",
]

application_offers = Table(
    "application_offers",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("from_account_id", BigInteger),
    Column("to_account_id", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    UniqueConstraint("org_id", "client_id", name="application_offers_client"),
    Index("application_offers_by_account", "org_id", "to_account_id", "id"),
    Index("application_offers_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)

_OFFER = [c for c in application_offers.c if c.name != "org_id"]
_ITS_OFFER = (
    application_offers.c.org_id == bindparam("org_id"),
    application_offers.c.client_id == bindparam("client_id"),
)
_IS_SETTLED = or_(
    *(applications.c.status == status for status in sorted({*LIVE, ApplicationStatus.SUSPENDED}))
)

# Whoever registers or renames holds this row until the unit ends: names are compared in turn.
_TERMS = statement(
    select(organizations.c.name, organizations.c.registration)
    .where(organizations.c.org_id == bindparam("org_id"))
    .with_for_update()
)
_LIVE_NAMES = statement(
    select(applications.c.name).where(
        applications.c.org_id == bindparam("org_id"),
        applications.c.client_id != bindparam("client_id"),
        _IS_SETTLED,
    )
)
_COUNT = statement(
    select(func.count())
    .select_from(applications)
    .where(
        applications.c.org_id == bindparam("org_id"),
        applications.c.owner_account_id == bindparam("account_id"),
        not_(_IS_SETTLED),
    )
)
_OWNED = statement(
    select(*applications.c)
    .where(
        applications.c.org_id == bindparam("org_id"),
        applications.c.owner_account_id == bindparam("account_id"),
        applications.c.client_id > bindparam("after"),
    )
    .order_by(applications.c.client_id)
    .limit(bindparam("limit", type_=BigInteger))
)
_INSERT_OFFER = statement(
    insert(application_offers).values({c.name: bindparam(c.name) for c in application_offers.c})
)
_DELETE_OFFER = statement(delete(application_offers).where(*_ITS_OFFER))
_FIND_OFFER = statement(select(*_OFFER).where(*_ITS_OFFER))
_TAKE_OFFER = statement(
    delete(application_offers).where(
        *_ITS_OFFER, application_offers.c.id == bindparam("offer_id", type_=BigInteger)
    )
)
_OFFERS_TO = statement(
    select(*_OFFER)
    .where(
        application_offers.c.org_id == bindparam("org_id"),
        application_offers.c.to_account_id == bindparam("account_id"),
        application_offers.c.expires_at > bindparam("now", type_=BigInteger),
    )
    .order_by(application_offers.c.id)
    .limit(bindparam("limit", type_=BigInteger))
)
EXPIRE_OFFERS = expires_by_time(application_offers)


async def lock_terms(tx: Transaction, org_id: str) -> tuple[str, str] | None:
    """The organization's name and registration policy, for this unit alone until it ends."""
    row = await tx.one(_TERMS, org_id=org_id)
    return None if row is None else (row[0], row[1])


async def list_live_names(tx: Transaction, org_id: str, *, other_than: str) -> list[str]:
    """The names under which the other applications are known to people."""
    return [name for (name,) in await tx.all(_LIVE_NAMES, org_id=org_id, client_id=other_than)]


async def count_unapproved(tx: Transaction, org_id: str, account_id: int) -> int:
    """How many applications without an approval an account owns."""
    row = await tx.one(_COUNT, org_id=org_id, account_id=account_id)
    return 0 if row is None else int(row[0])


async def list_owned(
    db: Database, org_id: str, account_id: int, *, after: str, limit: int
) -> list[Application]:
    """An account's applications whose client id sorts after ``after``."""
    rows = await db.scan(_OWNED, org_id=org_id, account_id=account_id, after=after, limit=limit)
    return [await with_secrets(db, row) for row in rows]


async def put_offer(tx: Transaction, org_id: str, offer: Offer) -> None:
    """Keep ``offer`` in place of the application's last one."""
    await tx.run(_DELETE_OFFER, org_id=org_id, client_id=offer.client_id)
    await tx.run(
        _INSERT_OFFER,
        org_id=org_id,
        id=offer.offer_id,
        client_id=offer.client_id,
        from_account_id=offer.from_account_id,
        to_account_id=offer.to_account_id,
        created_at=offer.created_at,
        expires_at=offer.expires_at,
    )


async def find_offer(reads: Reads, org_id: str, client_id: str) -> Offer | None:
    """The application's offer, expired or not."""
    row = await reads.one(_FIND_OFFER, org_id=org_id, client_id=client_id)
    return None if row is None else Offer.from_row(row)


async def take_offer(tx: Transaction, org_id: str, offer: Offer) -> bool:
    """Whether this caller is the one that takes ``offer``."""
    taken = await tx.run(
        _TAKE_OFFER, org_id=org_id, client_id=offer.client_id, offer_id=offer.offer_id
    )
    return taken == 1


async def delete_offer(tx: Transaction, org_id: str, client_id: str) -> bool:
    """Drop the application's offer; whether there was one."""
    return await tx.run(_DELETE_OFFER, org_id=org_id, client_id=client_id) == 1


async def list_offers_to(reads: Reads, org_id: str, account_id: int, now: int) -> list[Offer]:
    """What is offered to an account at ``now``: the oldest hundred."""
    rows = await reads.all(_OFFERS_TO, org_id=org_id, account_id=account_id, now=now, limit=100)
    return [Offer.from_row(row) for row in rows]

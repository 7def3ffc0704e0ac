"""What people asked administrators for: one row for each person and connector decides who tells."""

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
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import CompilerElement

from doorward.db import Statement, Transaction, expires_by_time, metadata

__all__ = ["EXPIRE_REQUESTS", "claim_request", "connector_requests"]

_SAME = ("org_id", "account_id", "connector")

connector_requests = Table(
    "connector_requests",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("connector", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    UniqueConstraint(*_SAME, name="connector_requests_once"),
    Index("connector_requests_by_expiry", "expires_at"),
    sqlite_with_rowid=False,
)
"""Until ``expires_at`` nobody is told again that this person asked for this connector."""


def _claiming(engine: str) -> CompilerElement:
    insert = postgresql.insert if engine == "postgresql" else sqlite.insert
    base = insert(connector_requests).values({c.name: bindparam(c.name) for c in _c})
    return base.on_conflict_do_update(
        index_elements=list(_SAME),
        set_={"expires_at": base.excluded.expires_at},
        where=_c.expires_at <= bindparam("now", type_=BigInteger),
    )


_c = connector_requests.c
_CLAIM = Statement(_claiming)
EXPIRE_REQUESTS = expires_by_time(connector_requests)


async def claim_request(
    tx: Transaction,
    key: tuple[str, int, str],
    *,
    request_id: int,
    now: int,
    until: int,
) -> bool:
    """Whether it is this unit that tells of it; whoever else asks ``until`` then does not.

    ``key`` is the organization, the account and the connector. However many ask at once, the row
    has one of them: the others wait for its unit, and find it taken.
    """
    org_id, account_id, connector = key
    claimed = await tx.run(
        _CLAIM,
        org_id=org_id,
        id=request_id,
        account_id=account_id,
        connector=connector,
        expires_at=until,
        now=now,
    )
    return claimed == 1

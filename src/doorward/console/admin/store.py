"""Counts that no single room has: staff and people by how they can prove who they are."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, bindparam, exists, func, literal, select

from doorward.accounts import AccountKind
from doorward.accounts.store import accounts
from doorward.db import Database, statement
from doorward.factors.store import totp_factors
from doorward.passkeys.store import passkeys

__all__ = ["count_without_second_step"]

_has_app = exists().where(
    totp_factors.c.org_id == accounts.c.org_id,
    totp_factors.c.account_id == accounts.c.account_id,
    totp_factors.c.confirmed_at.is_not(None),
)
_has_passkey = exists().where(
    passkeys.c.org_id == accounts.c.org_id, passkeys.c.account_id == accounts.c.account_id
)
_WITHOUT = statement(
    select(func.count()).select_from(
        select(literal(1))
        .where(
            accounts.c.org_id == bindparam("org_id", type_=Text),
            accounts.c.kind == bindparam("kind", type_=Text),
            accounts.c.status == "active",
            ~_has_app,
            ~_has_passkey,
        )
        .limit(bindparam("most", type_=BigInteger))
        .subquery()
    )
)


async def count_without_second_step(
    db: Database, org_id: str, kind: AccountKind, *, most: int
) -> int:
    """How many active accounts of ``kind`` have neither an app nor a passkey, up to ``most``."""
    rows = await db.scan(_WITHOUT, org_id=org_id, kind=kind, most=most)
    return int(rows[0][0])

"""The gates of codes and refresh tokens, and what they let in, in one statement each.

For a database that is far: a unit of the same would be six ways there and back. Only PostgreSQL
changes rows within WITH. What is put in is selected from the row that won, so that nothing is where
nobody won.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, BigInteger, LargeBinary, Table, Text, bindparam, insert, select, update

from doorward.db import Statement, statement
from doorward.tokens.store import access_tokens, codes, families, refresh_tokens

__all__ = ["REDEEM", "REDEEM_FOR_ACCESS", "ROTATE", "named"]

_org = bindparam("org_id", type_=Text)
_id = bindparam("id", type_=BigInteger)
_now = bindparam("now", type_=BigInteger)


def named(table: Table, row: dict[str, object]) -> dict[str, object]:
    """``row`` of ``table`` as parameters: each by the names of its table and its column."""
    return {f"{table.name}_{name}": value for name, value in row.items() if name != "org_id"}


def _put(table: Table, won: CTE) -> CTE:
    values: list[Any] = [
        _org if c.name == "org_id" else bindparam(f"{table.name}_{c.name}", type_=c.type)
        for c in table.c
    ]
    rows = select(*values).select_from(won)
    return insert(table).from_select([c.name for c in table.c], rows).cte(f"put_{table.name}")


def _redeeming(*tables: Table) -> Statement:
    won = (
        update(codes)
        .where(codes.c.org_id == _org, codes.c.id == _id, codes.c.redeemed_at.is_(None))
        .values(redeemed_at=_now, family_id=bindparam("family", type_=BigInteger))
        .returning(codes.c.id)
        .cte("won")
    )
    return statement(select(won.c.id).add_cte(*(_put(table, won) for table in tables)))


REDEEM = _redeeming(families, access_tokens, refresh_tokens)
REDEEM_FOR_ACCESS = _redeeming(families, access_tokens)


def _rotating() -> Statement:
    # The family's row first: a revocation under way is waited for, and then wins.
    alive = (
        select(families.c.id)
        .where(
            families.c.org_id == _org,
            families.c.id == bindparam("family", type_=BigInteger),
            families.c.revoked_at.is_(None),
        )
        .with_for_update()
        .cte("alive")
    )
    won = (
        update(refresh_tokens)
        .where(
            refresh_tokens.c.org_id == _org,
            refresh_tokens.c.id == _id,
            refresh_tokens.c.rotated_at.is_(None),
            select(alive.c.id).exists(),
        )
        .values(
            rotated_at=_now,
            successor_id=bindparam("successor_id", type_=BigInteger),
            successor=bindparam("successor", type_=LargeBinary),
        )
        .returning(refresh_tokens.c.id)
        .cte("won")
    )
    put = (_put(access_tokens, won), _put(refresh_tokens, won))
    return statement(select(won.c.id).add_cte(*put))


ROTATE = _rotating()

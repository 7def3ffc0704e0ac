"""How many accounts lie in each block of numbers, so that totals and pages never count them.

A block of a ``shift`` holds the numbers that are equal when their last ``shift`` bits are left out.
Each account is counted once on every level, in the unit that creates it or changes its type.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import CompilerElement

from doorward.accounts.model import Account, AccountKind, UserType
from doorward.accounts.store.tables import account_blocks
from doorward.db import Reads, Statement, Transaction, statement

__all__ = ["SHIFTS", "count_accounts", "count_more", "leaf_of"]

SHIFTS = (8, 12, 16, 20, 24, 33, 43)
"""From 256 numbers in a block to all numbers in 1024 blocks; 16 within one of the next level.

Only on the upper levels are there more, and there hardly anybody has a second block.
"""

_COUNTED_AS = {UserType.INDIVIDUAL: "individuals", UserType.COMPANY: "companies"}


def _add(engine: str) -> CompilerElement:
    make = postgresql.insert if engine == "postgresql" else sqlite.insert
    rows = [
        {
            "org_id": bindparam("org_id"),
            "kind": bindparam("kind"),
            "shift": bindparam(f"shift_{shift}", shift, type_=BigInteger),
            "block": bindparam(f"block_{shift}", type_=BigInteger),
            **{name: bindparam(name, type_=BigInteger) for name in _COUNTED_AS.values()},
        }
        for shift in SHIFTS
    ]
    base = make(account_blocks).values(rows)
    return base.on_conflict_do_update(
        index_elements=["org_id", "kind", "shift", "block"],
        set_={name: account_blocks.c[name] + base.excluded[name] for name in _COUNTED_AS.values()},
    )


_ADD = Statement(_add)
_COUNT = statement(
    select(
        func.sum(account_blocks.c.individuals),
        func.sum(account_blocks.c.companies),
    ).where(
        account_blocks.c.org_id == bindparam("org_id"),
        account_blocks.c.kind == bindparam("kind"),
        account_blocks.c.shift == SHIFTS[-1],
    )
)


async def count_more(tx: Transaction, account: Account, number: int) -> None:
    """Count ``number`` more accounts of the type of ``account``, and in its blocks."""
    counted = _COUNTED_AS[account.user_type]
    await tx.run(
        _ADD,
        org_id=account.org_id,
        kind=account.kind,
        **{name: number if name == counted else 0 for name in _COUNTED_AS.values()},
        **{f"block_{shift}": account.account_id >> shift for shift in SHIFTS},
    )


def leaf_of(account: Account) -> int:
    """The block of the lowest level that ``account`` lies in."""
    return account.account_id >> SHIFTS[0]


async def count_accounts(
    reads: Reads, org_id: str, kind: AccountKind, user_type: UserType | None
) -> int:
    """How many accounts there are, of one type or of both."""
    row = await reads.one(_COUNT, org_id=org_id, kind=kind)
    individuals, companies = (int(each or 0) for each in row or (0, 0))
    if user_type is None:
        return individuals + companies
    return individuals if user_type is UserType.INDIVIDUAL else companies

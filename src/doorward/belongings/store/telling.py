"""Statements that read what is kept about an account."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Text, bindparam, select, tuple_

from doorward.belongings.store.kept import TOLD, Kept
from doorward.db import Statement, statement

__all__ = ["SECTIONS", "Section"]

_org = bindparam("org_id", type_=Text)
_account = bindparam("account_id", type_=BigInteger)
_batch = bindparam("batch", type_=BigInteger)


class Section:
    """One kind of thing that is kept, read in pages by the key of its table."""

    def __init__(self, kept: Kept) -> None:
        """Build both statements: the first page, and the next."""
        table = kept.table
        self.name = kept.section
        self.columns = kept.told
        keys = [column for column in table.primary_key.columns if column.name != "org_id"]
        self.keys = tuple(f"after_{column.name}" for column in keys)
        read = select(*(table.c[name] for name in kept.told), *keys).where(
            table.c.org_id == _org, kept.account == _account
        )
        read = read.order_by(*keys).limit(_batch)
        after = tuple_(*(bindparam(f"after_{each.name}", type_=each.type) for each in keys))
        self.first: Statement = statement(read)
        self.next: Statement = statement(read.where(tuple_(*keys) > after))


SECTIONS: Final = tuple(Section(kept) for kept in TOLD)

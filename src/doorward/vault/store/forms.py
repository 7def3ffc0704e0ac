"""The tables of values that administrators supply, and their statements."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, PrimaryKeyConstraint, Table, Text

from doorward.db import metadata

__all__ = ["managed_failures", "managed_values"]

managed_values = Table(
    "managed_values",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("connector", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "connector", "account_id", "name"),
    sqlite_with_rowid=False,
)
"""Account 0 stands for the organization: what it holds is everybody's."""

managed_failures = Table(
    "managed_failures",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("connector", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("failed_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("org_id", "connector", "account_id"),
    sqlite_with_rowid=False,
)
"""Who could not connect with managed values, and is shown the whole form until it works."""

"""The table of flows by which people connect, and its statements."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    insert,
    select,
)

from doorward.db import Reads, Transaction, expires_by_id, metadata, statement
from doorward.vault.flows_model import ConnectFlow

__all__ = [
    "EXPIRE_FLOWS",
    "connect_flows",
    "consume_flow",
    "drop_flows_of",
    "drop_oldest_flows",
    "find_flow",
    "find_flow_by_state",
    "insert_flow",
]

connect_flows = Table(
    "connect_flows",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("id", BigInteger, nullable=False),
    Column("state_digest", LargeBinary, nullable=False),
    Column("cookie_digest", LargeBinary, nullable=False),
    Column("connector", Text, nullable=False),
    Column("connector_id", BigInteger, nullable=False),
    Column("auth_option", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("session_id", BigInteger, nullable=False),
    Column("credentials_id", BigInteger),
    Column("connect_session_id", BigInteger),
    Column("redirect_uri", Text, nullable=False),
    Column("given", Text, nullable=False),
    Column("return_to", Text, nullable=False),
    Column("reconnect_of", BigInteger),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("id", "org_id"),
    UniqueConstraint("org_id", "state_digest", name="connect_flows_state"),
    Index("connect_flows_by_session", "org_id", "session_id", "id"),
    sqlite_with_rowid=False,
)
"""``sealed`` holds the PKCE verifier, the nonce, and secret values that are not kept."""

EXPIRE_FLOWS = expires_by_id(connect_flows)

_c = connect_flows.c
_ORG = _c.org_id == bindparam("org_id", type_=Text)
_THIS = (_ORG, _c.id == bindparam("id", type_=BigInteger))
_OF_SESSION = (_ORG, _c.session_id == bindparam("session_id", type_=BigInteger))

_INSERT = statement(insert(connect_flows).values({c.name: bindparam(c.name) for c in _c}))
_FIND = statement(select(*_c).where(*_THIS))
_BY_STATE = statement(
    select(*_c).where(_ORG, _c.state_digest == bindparam("state_digest", type_=LargeBinary))
)
# Whoever deletes the row has used the state: nobody can use it a second time.
_CONSUME = statement(
    delete(connect_flows)
    .where(*_THIS, _c.expires_at > bindparam("now", type_=BigInteger))
    .returning(*_c)
)
_DROP_OF = statement(
    delete(connect_flows).where(*_OF_SESSION, _c.connector == bindparam("connector", type_=Text))
)
_DROP_OLDEST = statement(
    delete(connect_flows).where(
        *_OF_SESSION,
        _c.id.in_(
            select(_c.id)
            .where(*_OF_SESSION)
            .order_by(_c.id.desc())
            .offset(bindparam("kept", type_=BigInteger))
        ),
    )
)


async def insert_flow(tx: Transaction, new: ConnectFlow) -> None:
    """Keep a new flow."""
    await tx.run(_INSERT, **new.as_row())


async def find_flow(reads: Reads, org_id: str, flow_id: int) -> ConnectFlow | None:
    """The flow of that number."""
    row = await reads.one(_FIND, org_id=org_id, id=flow_id)
    return None if row is None else ConnectFlow.from_row(row)


async def find_flow_by_state(reads: Reads, org_id: str, digest: bytes) -> ConnectFlow | None:
    """The flow whose state has this digest."""
    row = await reads.one(_BY_STATE, org_id=org_id, state_digest=digest)
    return None if row is None else ConnectFlow.from_row(row)


async def consume_flow(
    tx: Transaction, org_id: str, flow_id: int, *, now: int
) -> ConnectFlow | None:
    """The flow, to the one caller who ends it while it is not expired."""
    row = await tx.one(_CONSUME, org_id=org_id, id=flow_id, now=now)
    return None if row is None else ConnectFlow.from_row(row)


async def drop_flows_of(tx: Transaction, org_id: str, session_id: int, connector: str) -> None:
    """End every flow of this sign-in with this connector."""
    await tx.run(_DROP_OF, org_id=org_id, session_id=session_id, connector=connector)


async def drop_oldest_flows(tx: Transaction, org_id: str, session_id: int, *, kept: int) -> None:
    """End the oldest flows of this sign-in, so that ``kept`` remain."""
    await tx.run(_DROP_OLDEST, org_id=org_id, session_id=session_id, kept=kept)

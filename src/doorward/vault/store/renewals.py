"""Statements about renewing: who may, what came of it, and what is due."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sqlalchemy import BigInteger, Text, and_, bindparam, case, or_, select, update

from doorward.db import SIZES, Database, Row, Statement, Transaction, among, numbers
from doorward.db import statement as build
from doorward.vault.model import Connection, Reason, Status
from doorward.vault.store.tables import CONNECTION_COLUMNS, IS_LIVE, connections

__all__ = [
    "claim_due",
    "drop_lease",
    "keep_lease",
    "postpone",
    "save_failed",
    "save_renewed",
    "take_lease",
]

_c = connections.c
_now = bindparam("now", type_=BigInteger)
_me = bindparam("me", type_=BigInteger)
_until = bindparam("until", type_=BigInteger)
_ORG = _c.org_id == bindparam("org_id", type_=Text)
_THIS = (
    _ORG,
    _c.id == bindparam("connection_id", type_=BigInteger),
)
_MINE = (*_THIS, _c.lease_owner == _me)
# The version and the grant that a renewal began with: who has moved on is not written over.
_UNCHANGED = (
    *_THIS,
    _c.token_version == bindparam("seen_version", type_=BigInteger),
    _c.grant_id == bindparam("seen_grant", type_=BigInteger),
)
_FREE = or_(_c.lease_until.is_(None), _c.lease_until < _now)
_RENEWABLE = (
    _c.sealed.is_not(None),
    IS_LIVE,
)

_TAKE = build(
    update(connections)
    .where(
        *_THIS,
        _c.token_version == bindparam("seen_version", type_=BigInteger),
        *_RENEWABLE,
        _FREE,
        or_(_c.retry_at.is_(None), _c.retry_at <= _now),
    )
    .values(lease_owner=_me, lease_until=_until)
    .returning(*CONNECTION_COLUMNS)
)
_KEEP = build(update(connections).where(*_MINE).values(lease_until=_until))
_DROP = build(update(connections).where(*_MINE).values(lease_owner=None, lease_until=None))

_RENEWED = (
    "variables",
    "sealed",
    "token_version",
    "token_type",
    "status",
    "reason",
    "since",
    "scopes",
    "expires_at",
    "refresh_expires_at",
    "lifetime_s",
    "refresh_kind",
    "skew_s",
    "keepalive_s",
    "next_refresh_at",
    "retry_at",
    "failures",
    "last_refreshed_at",
    "manifest_version",
)
# An administrator ended it while the platform was asked: what was answered is kept, so that it can
# be taken back, and brings nothing back to life.
_WAS_ENDED = and_(
    _c.status == str(Status.NEEDS_RECONNECT), _c.reason == str(Reason.CREDENTIALS_CHANGED)
)
_AS_ENDED = ("status", "reason", "since", "next_refresh_at", "retry_at")
_TAKEN_OVER = {name: bindparam(f"new_{name}", type_=_c[name].type) for name in _RENEWED}
_TAKEN_OVER_UNLESS_ENDED = {
    name: case((_WAS_ENDED, _c[name]), else_=new) if name in _AS_ENDED else new
    for name, new in _TAKEN_OVER.items()
}
_SAVE = build(
    update(connections)
    .where(*_UNCHANGED)
    .values(**_TAKEN_OVER_UNLESS_ENDED, lease_owner=None, lease_until=None)
)
_SAVE_HOLDING = build(update(connections).where(*_UNCHANGED).values(**_TAKEN_OVER_UNLESS_ENDED))
_FAILED = ("status", "reason", "since", "failures", "retry_at", "next_refresh_at")
_SAVE_FAILED = build(
    update(connections)
    .where(
        *_UNCHANGED,
        or_(
            _c.status != str(Status.NEEDS_RECONNECT),
            _c.reason.is_(None),
            _c.reason != str(Reason.CREDENTIALS_CHANGED),
        ),
    )
    .values(
        **{name: bindparam(f"new_{name}", type_=_c[name].type) for name in _FAILED},
        lease_owner=None,
        lease_until=None,
    )
)
_POSTPONE = build(
    update(connections)
    .where(*_MINE)
    .values(next_refresh_at=_until, lease_owner=None, lease_until=None)
)


_IS_DUE = (_c.next_refresh_at.is_not(None), _c.next_refresh_at <= _now, _FREE, *_RENEWABLE)
# Workers renew the connections of every organization: this looks across them on purpose.
_DUE = build(
    select(_c.org_id, _c.id)
    .where(*_IS_DUE)
    .order_by(_c.next_refresh_at)
    .limit(bindparam("batch", type_=BigInteger))
)


def _claiming(size: int) -> Statement:
    """Claim within one organization: a sharding extension locks rows on one of its nodes only."""
    due = (
        select(_c.id)
        .where(_ORG, among(_c.id, size), *_IS_DUE)
        # On PostgreSQL workers pass each other by; SQLite has one writer at a time anyway.
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return build(
        update(connections)
        .where(_ORG, _c.id.in_(select(due.c.id)))
        .values(lease_owner=_me, lease_until=_until)
        .returning(*CONNECTION_COLUMNS)
    )


_CLAIM = {size: _claiming(size) for size in SIZES}


async def take_lease(
    db: Database, row: Connection, *, me: int, now: int, until: int
) -> Connection | None:
    """The connection as it is now, for ``me`` alone to renew ``until`` then.

    None when somebody else renews it, has renewed it since ``row`` was read, or it has to wait.
    """
    found = await db.write_one(
        _TAKE,
        org_id=row.org_id,
        connection_id=row.connection_id,
        seen_version=row.token_version,
        me=me,
        now=now,
        until=until,
    )
    return None if found is None else Connection.from_row(found)


async def keep_lease(db: Database, key: tuple[str, int], *, me: int, until: int) -> bool:
    """Prolong it; False when it is somebody else's by now."""
    return await db.run(_KEEP, org_id=key[0], connection_id=key[1], me=me, until=until) == 1


async def drop_lease(db: Database, key: tuple[str, int], *, me: int) -> None:
    """Give it back, if it still is ours."""
    await db.run(_DROP, org_id=key[0], connection_id=key[1], me=me)


async def claim_due(db: Database, *, me: int, now: int, until: int, batch: int) -> list[Connection]:
    """Up to ``batch`` connections that are due, each with its lease for ``me``."""
    due: dict[str, list[int]] = {}
    for org_id, number in await db.all(_DUE, now=now, batch=batch):
        due.setdefault(org_id, []).append(number)
    lease = {"me": me, "now": now, "until": until}
    claimed: list[Connection] = []
    for org_id, ids in due.items():
        for first in range(0, len(ids), SIZES[-1]):
            size, given = numbers(ids[first : first + SIZES[-1]])
            rows = await db.unit(partial(_claim, _CLAIM[size], org_id, {**lease, **given}))
            claimed += [Connection.from_row(row) for row in rows]
    return claimed


async def _claim(
    claim: Statement, org_id: str, params: Mapping[str, int], tx: Transaction
) -> list[Row]:
    return await tx.all(claim, org_id=org_id, **params)


async def save_renewed(
    tx: Transaction, seen: Connection, new: Connection, *, holding: bool
) -> bool:
    """Keep what renewing brought, if nobody has changed the tokens since ``seen``.

    The lease ends with it, unless it is ``holding`` on for another step. A connection that an
    administrator's edit ended meanwhile stays ended.
    """
    row = new.as_row()
    changed = await tx.run(
        _SAVE_HOLDING if holding else _SAVE,
        **_seen(seen),
        **{f"new_{name}": row[name] for name in _RENEWED},
    )
    return changed == 1


async def save_failed(tx: Transaction, seen: Connection, new: Connection) -> bool:
    """Keep that renewing failed, if nobody has changed the tokens since ``seen``."""
    row = new.as_row()
    changed = await tx.run(
        _SAVE_FAILED, **_seen(seen), **{f"new_{name}": row[name] for name in _FAILED}
    )
    return changed == 1


async def postpone(db: Database, row: Connection, *, until: int) -> None:
    """Have it tried again ``until`` then; nothing has failed."""
    await db.run(
        _POSTPONE,
        org_id=row.org_id,
        connection_id=row.connection_id,
        me=row.lease_owner,
        until=until,
    )


def _seen(seen: Connection) -> dict[str, object]:
    return {
        "org_id": seen.org_id,
        "connection_id": seen.connection_id,
        "seen_version": seen.token_version,
        "seen_grant": seen.grant_id,
    }

"""What concerns one person: what they did themselves, and what was done to their account."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, literal, select, union

from doorward.audit.model import RecordedEvent
from doorward.audit.store.events import audit_events
from doorward.db import Database, Statement, statement

__all__ = ["list_of_person"]

_c = audit_events.c


@lru_cache(maxsize=32)
def _listing(actions: tuple[str, ...]) -> Statement:
    """One walk along each of two indexes, and the newest of both."""
    did = _newest(actions, _c.actor_id == bindparam("person"), _c.actor_kind == "account")
    done = _newest(actions, _c.target_id == bindparam("person"), _c.target_kind == "account")
    both = union(select(did.subquery()), select(done.subquery())).subquery()
    newest = select(both).order_by(both.c.event_id.desc())
    return statement(newest.limit(bindparam("limit", type_=BigInteger)))


def _newest(actions: tuple[str, ...], *where: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    return (
        select(*_c)
        .where(
            _c.org_id == bindparam("org_id"),
            *where,
            _c.event_id < bindparam("before", type_=BigInteger),
            _c.action.in_([literal(action) for action in actions]),
        )
        .order_by(_c.event_id.desc())
        .limit(bindparam("limit", type_=BigInteger))
    )


async def list_of_person(
    db: Database, org_id: str, account_id: int, actions: tuple[str, ...], *, before: int, limit: int
) -> list[RecordedEvent]:
    """Events named in ``actions`` by or about ``account_id``, older than ``before``, newest first.

    ``actions`` are a fixed choice of the caller's, never what somebody sent.
    """
    listing = _listing(actions)
    person = str(account_id)
    rows = await db.scan(listing, org_id=org_id, person=person, before=before, limit=limit)
    return [RecordedEvent.from_row(row) for row in rows]

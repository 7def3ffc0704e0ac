"""The links between events, where each chain begins and ends, and the keys of their marks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from doorward.audit.links import Chain, Link, Strand
from doorward.audit.model import RecordedEvent
from doorward.audit.store.events import audit_events
from doorward.db import Database, Reads, Transaction, metadata, statement

__all__ = [
    "LinkedEvent",
    "SealedKey",
    "audit_chains",
    "audit_keys",
    "audit_links",
    "count_unsealed",
    "drop_chain",
    "drop_links",
    "find_after",
    "find_chains",
    "find_keys",
    "find_late",
    "find_link",
    "find_unsealed",
    "insert_chain",
    "insert_key",
    "insert_links",
    "list_linked",
    "list_waiting",
    "lock_chains",
    "remove_first",
    "set_chain",
]

audit_links = Table(
    "audit_links",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("strand", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("key_id", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("org_id", "strand", "position"),
    # No event is sealed twice; and what is not sealed yet is found without a walk.
    Index("audit_links_by_event", "event_id", "org_id", unique=True),
    sqlite_with_rowid=False,
)
audit_chains = Table(
    "audit_chains",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("strand", Text, nullable=False),
    Column("first_position", BigInteger, nullable=False),
    Column("base", LargeBinary, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("newest_id", BigInteger, nullable=False),
    Column("key_id", BigInteger, nullable=False),
    Column("removed_at", BigInteger),
    Column("mark", LargeBinary, nullable=False),
    PrimaryKeyConstraint("org_id", "strand"),
    sqlite_with_rowid=False,
)
audit_keys = Table(
    "audit_keys",
    metadata,
    Column("org_id", Text, nullable=False),
    Column("key_id", BigInteger, nullable=False),
    Column("made_under", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("org_id", "key_id"),
    sqlite_with_rowid=False,
)

_e, _l, _c = audit_events.c, audit_links.c, audit_chains.c
_ORG = bindparam("org_id", type_=Text)
_LIMIT = bindparam("limit", type_=BigInteger)
_SINCE = bindparam("since", type_=BigInteger)
_SEALED = exists().where(_l.event_id == _e.event_id, _l.org_id == _e.org_id)
_UNSEALED = and_(_e.org_id == _ORG, _e.event_id >= _SINCE, ~_SEALED)

_FIND_UNSEALED = statement(
    select(*audit_events.c).where(_UNSEALED).order_by(_e.event_id).limit(_LIMIT)
)
_COUNT_UNSEALED = statement(select(func.count()).select_from(audit_events).where(_UNSEALED))
_LATE = statement(
    select(_e.event_id)
    .where(_e.org_id == _ORG, _e.event_id < bindparam("before", type_=BigInteger), ~_SEALED)
    .order_by(_e.event_id)
    .limit(1)
)
# The worker looks after every organization: the newest events lie together at the table's end.
_WAITING = statement(
    select(_e.org_id).where(_e.event_id >= _SINCE, ~_SEALED).distinct().limit(_LIMIT)
)
_AFTER = statement(
    select(_e.org_id).where(_e.org_id > bindparam("after", type_=Text)).order_by(_e.org_id).limit(1)
)
_CHAINS = select(*audit_chains.c).where(_c.org_id == _ORG).order_by(_c.strand.desc())
_FIND_CHAINS = statement(_CHAINS)
# Whoever finds them locked leaves the organization to the one who seals or removes.
_LOCK_CHAINS = statement(_CHAINS.with_for_update())
_INSERT_CHAIN = statement(
    insert(audit_chains).values({c.name: bindparam(c.name) for c in audit_chains.c})
)
_SET_CHAIN = statement(
    update(audit_chains)
    .where(
        _c.org_id == _ORG,
        _c.strand == bindparam("of", type_=Text),
        _c.position == bindparam("was", type_=BigInteger),
        _c.first_position == bindparam("was_first", type_=BigInteger),
    )
    .values(
        {c.name: bindparam(c.name) for c in audit_chains.c if c.name not in {"org_id", "strand"}}
    )
)
_INSERT_LINK = statement(
    insert(audit_links).values({c.name: bindparam(c.name) for c in audit_links.c})
)
_WITHIN = and_(
    _l.org_id == _ORG,
    _l.strand == bindparam("strand", type_=Text),
    _l.position >= bindparam("first", type_=BigInteger),
    _l.position <= bindparam("last", type_=BigInteger),
)
_LINKED = statement(
    select(*audit_links.c, *audit_events.c)
    .select_from(
        audit_links.outerjoin(
            audit_events, and_(_e.event_id == _l.event_id, _e.org_id == _l.org_id)
        )
    )
    .where(_WITHIN)
    .order_by(_l.position)
    .limit(_LIMIT)
)
_REMOVE_EVENTS = statement(
    delete(audit_events).where(
        _e.org_id == _ORG, _e.event_id.in_(select(_l.event_id).where(_WITHIN))
    )
)
_REMOVE_LINKS = statement(delete(audit_links).where(_WITHIN))
_DROP_CHAIN = statement(
    delete(audit_chains).where(_c.org_id == _ORG, _c.strand == bindparam("strand", type_=Text))
)
_FIND_KEYS = statement(
    select(*audit_keys.c).where(audit_keys.c.org_id == _ORG).order_by(audit_keys.c.key_id)
)
_INSERT_KEY = statement(
    insert(audit_keys).values({c.name: bindparam(c.name) for c in audit_keys.c})
)
_LINK_COLUMNS = len(audit_links.c)


@dataclass(frozen=True, slots=True)
class LinkedEvent:
    """A link with its event, if that is still there and can be read."""

    link: Link
    recorded: RecordedEvent | None


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A key of an organization's marks, and the master key that was current when it was made."""

    org_id: str
    key_id: int
    made_under: bytes
    created_at: int
    sealed: bytes

    @property
    def about(self) -> bytes:
        """What the seal is bound to."""
        return f"audit-key:{self.org_id}:{self.key_id}".encode()


async def find_unsealed(
    reads: Reads, org_id: str, *, since: int, limit: int
) -> list[RecordedEvent]:
    """Events from ``since`` on that have no link, the oldest first."""
    rows = await reads.all(_FIND_UNSEALED, org_id=org_id, since=since, limit=limit)
    return [RecordedEvent.from_row(row) for row in rows]


async def count_unsealed(db: Database, org_id: str, *, since: int) -> int:
    """How many events from ``since`` on have no link."""
    return int((await db.scan(_COUNT_UNSEALED, org_id=org_id, since=since))[0][0])


async def find_late(db: Database, org_id: str, *, before: int) -> int | None:
    """The oldest event before ``before`` that has no link."""
    rows = await db.scan(_LATE, org_id=org_id, before=before)
    return int(rows[0][0]) if rows else None


async def list_waiting(db: Database, *, since: int, limit: int) -> list[str]:
    """Organizations of which there are events from ``since`` on without a link."""
    return [str(org_id) for (org_id,) in await db.scan(_WAITING, since=since, limit=limit)]


async def find_after(reads: Reads, after: str) -> str | None:
    """The first organization after ``after`` of which there is any event."""
    row = await reads.one(_AFTER, after=after)
    return None if row is None else str(row[0])


async def find_chains(reads: Reads, org_id: str) -> dict[Strand, Chain]:
    """Where the chains of ``org_id`` begin and end."""
    return _by_strand(await reads.all(_FIND_CHAINS, org_id=org_id))


async def lock_chains(tx: Transaction, org_id: str) -> dict[Strand, Chain]:
    """The same, which no other unit changes until this one ends."""
    return _by_strand(await tx.all(_LOCK_CHAINS, org_id=org_id))


def _by_strand(rows: Iterable[tuple[object, ...]]) -> dict[Strand, Chain]:
    return {chain.strand: chain for chain in map(Chain.from_row, rows)}


async def insert_chain(tx: Transaction, chain: Chain) -> None:
    """Begin a chain. Raises ``Conflict`` when somebody else just did."""
    await tx.run(_INSERT_CHAIN, org_id=chain.org_id, strand=chain.strand, **_ends(chain))


async def set_chain(tx: Transaction, before: Chain, after: Chain) -> bool:
    """Keep where the chain begins and ends now; whether it still was as ``before``."""
    changed = await tx.run(
        _SET_CHAIN,
        org_id=before.org_id,
        of=before.strand,
        was=before.position,
        was_first=before.first_position,
        **_ends(after),
    )
    return changed == 1


def _ends(chain: Chain) -> dict[str, int | bytes | None]:
    return {
        "first_position": chain.first_position,
        "base": chain.base,
        "position": chain.position,
        "digest": chain.digest,
        "newest_id": chain.newest_id,
        "key_id": chain.key_id,
        "removed_at": chain.removed_at,
        "mark": chain.mark,
    }


async def insert_links(tx: Transaction, links: Iterable[Link]) -> None:
    """Keep new links. Raises ``Conflict`` when one's place is taken, or its event sealed."""
    for link in links:
        await tx.run(
            _INSERT_LINK,
            org_id=link.org_id,
            strand=link.strand,
            position=link.position,
            event_id=link.event_id,
            key_id=link.key_id,
            content=link.content,
            digest=link.digest,
        )


async def list_linked(
    db: Database, chain: Chain, *, first: int, last: int, limit: int
) -> list[LinkedEvent]:
    """Links of the strand from position ``first`` to ``last`` with their events, in order."""
    rows = await db.scan(
        _LINKED, org_id=chain.org_id, strand=chain.strand, first=first, last=last, limit=limit
    )
    return [LinkedEvent(Link.from_row(row[:_LINK_COLUMNS]), _event(row)) for row in rows]


def _event(row: tuple[object, ...]) -> RecordedEvent | None:
    kept = row[_LINK_COLUMNS:]
    if kept[0] is None:
        return None
    return RecordedEvent.from_row(kept)


async def find_link(db: Database, chain: Chain, position: int) -> Link | None:
    """The link at ``position``."""
    found = await list_linked(db, chain, first=position, last=position, limit=1)
    return found[0].link if found else None


async def remove_first(tx: Transaction, chain: Chain, *, last: int) -> int:
    """Delete the links up to the position ``last``, and their events; how many events."""
    within = {
        "org_id": chain.org_id,
        "strand": chain.strand,
        "first": chain.first_position,
        "last": last,
    }
    gone = await tx.run(_REMOVE_EVENTS, **within)
    await tx.run(_REMOVE_LINKS, **within)
    return gone


async def drop_links(tx: Transaction, org_id: str, strand: Strand, *, first: int, last: int) -> int:
    """Delete the links from ``first`` to ``last``; how many. Their events stay."""
    return await tx.run(_REMOVE_LINKS, org_id=org_id, strand=strand, first=first, last=last)


async def drop_chain(tx: Transaction, org_id: str, strand: Strand) -> None:
    """Forget where a chain begins and ends."""
    await tx.run(_DROP_CHAIN, org_id=org_id, strand=strand)


async def find_keys(reads: Reads, org_id: str) -> list[SealedKey]:
    """The keys of the organization's marks, the oldest first."""
    rows = await reads.all(_FIND_KEYS, org_id=org_id)
    return [SealedKey(row[0], row[1], bytes(row[2]), row[3], bytes(row[4])) for row in rows]


async def insert_key(tx: Transaction, key: SealedKey) -> None:
    """Keep a key."""
    await tx.run(
        _INSERT_KEY,
        org_id=key.org_id,
        key_id=key.key_id,
        made_under=key.made_under,
        created_at=key.created_at,
        sealed=key.sealed,
    )

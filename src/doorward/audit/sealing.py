"""Sealing: events get their links after they are kept, so that no change ever waits for another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from doorward.audit import store
from doorward.audit.keyring import ChainKeys, OpenedKeys
from doorward.audit.links import LATE_S, Chain, Link, Strand, is_marked, make_link, strand_of
from doorward.audit.model import RecordedEvent
from doorward.db import SECOND, Conflict, Database, Transaction, moment_of, oldest_id_at

__all__ = ["Sealer", "late_before"]

log = logging.getLogger("doorward")

_BATCH: Final = 100
_BATCHES: Final = 100
_BREATH_S: Final = 0.005
_AT_ONCE: Final = 500


class Sealer:
    """Links what is not linked yet. Any number of processes may do so at once."""

    def __init__(self, *, db: Database, keys: ChainKeys) -> None:
        """Seal the events of ``db`` under ``keys``."""
        self._db = db
        self._keys = keys

    async def seal_recent(self, since: int) -> int:
        """Seal what was recorded after ``since`` (microseconds), anywhere; how many events.

        Of an organization in which very much happens a part may be left for the next time.
        """
        first = oldest_id_at(since)
        waiting = await store.list_waiting(self._db, since=first, limit=_AT_ONCE)
        return sum([await self.seal(each, first=first, batches=_BATCHES) for each in waiting])

    async def seal_all(self) -> int:
        """Seal everything that waits in every organization; how many events."""
        sealed, org_id = 0, await store.find_after(self._db, "")
        while org_id is not None:
            sealed += await self.seal(org_id)
            org_id = await store.find_after(self._db, org_id)
        return sealed

    async def seal(self, org_id: str, *, first: int = 0, batches: int | None = None) -> int:
        """Seal what waits in ``org_id`` from the identifier ``first`` on; how many events.

        ``batches`` is how many at most: a hundred events each, in a short transaction.
        """
        sealed = 0
        while batches is None or batches > 0:
            batches = None if batches is None else batches - 1
            ids = await self._seal_some(org_id, first)
            sealed += len(ids)
            if len(ids) < _BATCH:
                break
            # What was passed over is not looked at again: an organization may have millions.
            first = ids[-1] + 1
            # Whoever waits for an answer goes first.
            await asyncio.sleep(_BREATH_S)
        return sealed

    async def _seal_some(self, org_id: str, first: int) -> list[int]:
        try:
            done = await self._seal_batch(org_id, first, await self._keys.ensure(org_id))
            if done is None:
                # Another process may mark under a key that is new.
                self._keys.forget(org_id)
                done = await self._seal_batch(org_id, first, await self._keys.ensure(org_id))
        except Conflict:
            # Another process has begun the same chain; a stranger's link is for `audit verify`.
            log.warning("the audit log of %s: the next place is taken", org_id)
            return []
        if done is None:
            # Nothing is built on what somebody else wrote; `audit verify` says what it is.
            log.error("the audit log of %s is not sealed: where its chain ends is not ours", org_id)
        return done or []

    async def _seal_batch(self, org_id: str, first: int, keys: OpenedKeys) -> list[int] | None:
        """Seal a batch; which events, or None when the chain's ends are not marked by us."""
        key = keys.keys[keys.current]

        async def work(tx: Transaction) -> list[int] | None:
            before = await store.lock_chains(tx, org_id)
            if not all(is_marked(chain, keys.keys) for chain in before.values()):
                return None
            since = max(first, late_before(before.values()))
            events = await store.find_unsealed(tx, org_id, since=since, limit=_BATCH)
            after, links = _linked(org_id, before, events, keys.current, key)
            await store.insert_links(tx, links)
            for strand, chain in after.items():
                marked = chain.marked(keys.current, key)
                if strand not in before:
                    await store.insert_chain(tx, marked)
                elif not await store.set_chain(tx, before[strand], marked):
                    raise Conflict("the chain has moved")
            return [link.event_id for link in links]

        return await self._db.unit(work)


def late_before(chains: Iterable[Chain]) -> int:
    """Events with smaller identifiers than this are not sealed any more: they came too late."""
    newest = max((chain.newest_id for chain in chains), default=0)
    return oldest_id_at(moment_of(newest) - LATE_S * SECOND) if newest else 0


def _linked(
    org_id: str,
    before: dict[Strand, Chain],
    events: list[RecordedEvent],
    key_id: int,
    key: bytes,
) -> tuple[dict[Strand, Chain], list[Link]]:
    after: dict[Strand, Chain] = {}
    links = []
    for recorded in events:
        strand = strand_of(recorded.event.action)
        chain = after.get(strand) or before.get(strand) or Chain.begun(org_id, strand)
        link = make_link(chain, recorded, key_id, key)
        after[strand] = chain.extended(link)
        links.append(link)
    return after, links

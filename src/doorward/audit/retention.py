"""Retention: what was kept long enough goes, from the front of each chain, a little at a time.

Where the chain begins now is kept, marked like its end, so that the rest verifies as before.
Nothing that does not verify is removed: it would take the proof along.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from doorward.audit import store
from doorward.audit.keyring import ChainKeys, OpenedKeys
from doorward.audit.links import Chain, Strand, is_marked, is_true
from doorward.audit.model import Actor
from doorward.audit.store import record
from doorward.db import SECOND, Clock, Database, Pace, Transaction

__all__ = ["Retention"]

log = logging.getLogger("doorward")

_LINKS_AT_ONCE: Final = 1000
_SMALLEST: Final = 32
"""Events in a batch: each is in five indexes, and verified before it goes."""


@dataclass(frozen=True, slots=True)
class _Old:
    """The events of one strand that were recorded before a moment (microseconds)."""

    org_id: str
    strand: Strand
    before: int
    keys: OpenedKeys


class Retention:
    """Lets events go."""

    def __init__(self, *, db: Database, clock: Clock, keys: ChainKeys) -> None:
        """Remove from ``db``, by ``clock``."""
        self._db = db
        self._clock = clock
        self._keys = keys

    async def let_go(self, org_id: str, keep_s: Mapping[Strand, int]) -> int:
        """Remove the events of ``org_id`` that are older than ``keep_s`` says; how many."""
        keys = await self._keys.ensure(org_id)
        gone = 0
        for strand, seconds in keep_s.items():
            # The first alone: of most organizations nothing is old enough yet.
            pace, most = Pace(smallest=_SMALLEST), 1
            before = self._clock() - seconds * SECOND
            old = _Old(org_id, strand, before, keys)
            while removed := await self._remove_some(old, most, pace):
                gone += removed
                most = pace.size
                await pace.rest()
        return gone

    async def restart(self, org_id: str, by: Actor) -> None:
        """Forget the chains of ``org_id``, and record that; its events are sealed anew.

        For a record that does not verify, once it has been looked into: what was changed before
        is not found by the new chain.
        """
        for strand in Strand:
            chain = Chain.begun(org_id, strand)
            while found := await store.list_linked(
                self._db, chain, first=0, last=store.END, limit=1
            ):
                first = found[0].link.position
                await self._drop(org_id, strand, first, first + _LINKS_AT_ONCE)

        async def work(tx: Transaction) -> None:
            for strand in Strand:
                await store.drop_links(tx, org_id, strand, first=0, last=store.END)
                await store.drop_chain(tx, org_id, strand)
            event = by.did("audit.restarted", org_id, ("audit", org_id))
            await record(tx, event, event_id=self._db.next_id(), now=self._clock())

        await self._db.unit(work)
        self._keys.forget(org_id)

    async def _drop(self, org_id: str, strand: Strand, first: int, last: int) -> None:
        async def work(tx: Transaction) -> int:
            return await store.drop_links(tx, org_id, strand, first=first, last=last)

        await self._db.unit(work)

    async def _remove_some(self, old: _Old, most: int, pace: Pace) -> int:
        """Remove up to ``most`` of what is ``old``, in a unit that ``pace`` measures; how many."""
        org_id, strand, keys = old.org_id, old.strand, old.keys
        chain = (await store.find_chains(self._db, org_id)).get(strand)
        if chain is None or not keys.current or not is_marked(chain, keys.keys):
            return 0
        shorter = await self._without_old(chain, old, most)
        if shorter == chain:
            return 0
        last = shorter.first_position - 1

        async def work(tx: Transaction) -> int:
            now = (await store.lock_chains(tx, org_id)).get(strand)
            if now is None or now.first_position != chain.first_position:
                return 0
            if not is_marked(now, keys.keys):
                return 0
            gone = await store.remove_first(tx, now, last=last)
            after = replace(
                now,
                first_position=shorter.first_position,
                base=shorter.base,
                removed_at=self._clock(),
            )
            await store.set_chain(tx, now, after.marked(keys.current, keys.keys[keys.current]))
            return gone

        return await pace.run(self._db, work)

    async def _without_old(self, chain: Chain, old: _Old, most: int) -> Chain:
        """``chain`` as it begins when up to ``most`` of what is ``old`` are gone."""
        last = min(chain.first_position + most - 1, chain.position)
        page = await store.list_linked(
            self._db, chain, first=chain.first_position, last=last, limit=most
        )
        for linked in page:
            link, recorded = linked.link, linked.recorded
            if recorded is not None and recorded.at >= old.before:
                break
            known = (
                recorded is not None
                and link.position == chain.first_position
                and is_true(link, recorded, chain.base, old.keys.keys)
            )
            if not known:
                log.error("the audit log of %s does not verify: nothing is removed", chain.org_id)
                break
            chain = replace(chain, first_position=link.position + 1, base=link.digest)
        return chain

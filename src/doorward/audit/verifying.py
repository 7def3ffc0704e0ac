"""Verifying a chain: walked from its first link to its last, the first thing wrong is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from doorward.audit import store
from doorward.audit.keyring import ChainKeys
from doorward.audit.links import (
    Chain,
    Fault,
    Finding,
    Head,
    Link,
    Strand,
    Verdict,
    content_of,
    is_marked,
)
from doorward.audit.sealing import late_before
from doorward.audit.store import LinkedEvent
from doorward.crypto import same
from doorward.db import Database

__all__ = ["Verifier"]

_PAGE: Final = 500
_LOOKED_AHEAD: Final = 500


class Verifier:
    """Says whether the record is as it was sealed."""

    def __init__(self, *, db: Database, keys: ChainKeys) -> None:
        """Verify the chains of ``db`` under ``keys``."""
        self._db = db
        self._keys = keys

    async def verify(self, org_id: str, heads: Sequence[Head] = ()) -> Verdict:
        """Walk both chains of ``org_id`` to their ends, and compare ``heads`` kept elsewhere.

        It changes nothing, and may run while events are recorded, sealed and let go.
        """
        keys = (await self._keys.open(org_id)).keys
        chains = await store.find_chains(self._db, org_id)
        findings: list[Finding] = []
        for strand in Strand:
            chain = chains.get(strand) or Chain.begun(org_id, strand)
            walk = _Walk(self._db, chain, keys)
            found = await walk.find_fault(is_kept=strand in chains)
            if found is None:
                found = await self._compare(chain, heads)
            if found is not None:
                findings.append(found)
        late = late_before(chains.values())
        stranger = await store.find_late(self._db, org_id, before=late) if late else None
        if stranger is not None:
            findings.append(Finding(org_id, Strand.MAIN, 0, Fault.INSERTED, stranger))
        waiting = await store.count_unsealed(self._db, org_id, since=late)
        return Verdict(org_id, tuple(chains.values()), tuple(findings), waiting)

    async def _compare(self, chain: Chain, heads: Sequence[Head]) -> Finding | None:
        for head in heads:
            if (head.org_id, head.strand) != (chain.org_id, chain.strand):
                continue
            fault = await self._fault_of(chain, head)
            if fault is not None:
                return Finding(chain.org_id, chain.strand, head.position, fault)
        return None

    async def _fault_of(self, chain: Chain, head: Head) -> Fault | None:
        if head.position > chain.position:
            return Fault.TRUNCATED
        if head.position < chain.first_position - 1:
            # It was let go since; what came after it has been verified.
            return None
        if head.position == chain.first_position - 1:
            return None if same(head.digest, chain.base) else Fault.REPLACED
        link = await store.find_link(self._db, chain, head.position)
        return None if link is not None and same(link.digest, head.digest) else Fault.REPLACED


@dataclass(slots=True)
class _Walk:
    """One strand, from its first link to the end that its row names."""

    db: Database
    chain: Chain
    keys: dict[int, bytes]
    last_key: int = 0

    async def find_fault(self, *, is_kept: bool) -> Finding | None:
        """The first thing that is wrong."""
        chain = self.chain
        if not is_kept:
            strays = await store.list_linked(self.db, chain, first=0, last=store.END, limit=1)
            return self._found(0, Fault.CHECKPOINT) if strays else None
        if not is_marked(chain, self.keys):
            return self._found(0, Fault.CHECKPOINT)
        while True:
            found = await self._walk() or await self._find_beyond()
            if found is None or not await self._has_moved():
                return found

    async def _walk(self) -> Finding | None:
        before, position = self.chain.base, self.chain.first_position
        self.last_key = 0
        while position <= self.chain.position:
            page = await store.list_linked(
                self.db, self.chain, first=position, last=self.chain.position, limit=_PAGE
            )
            if not page:
                return self._found(position, Fault.TRUNCATED)
            for at, linked in enumerate(page):
                if linked.link.position != position:
                    return self._found(position, Fault.DELETED)
                fault = self._fault_of(page, at, before)
                if fault is not None:
                    return self._found(position, fault, linked.link.event_id)
                before, position = linked.link.digest, position + 1
        if not same(before, self.chain.digest):
            return self._found(self.chain.position, Fault.ALTERED)
        return None

    async def _has_moved(self) -> bool:
        """Whether links were let go, or sealed, by the rules since the walk began."""
        now = (await store.find_chains(self.db, self.chain.org_id)).get(self.chain.strand)
        if now is None or now == self.chain or not is_marked(now, self.keys):
            return False
        self.chain = now
        return True

    def _fault_of(self, page: list[LinkedEvent], at: int, before: bytes) -> Fault | None:
        linked = page[at]
        link, key = linked.link, self.keys.get(linked.link.key_id)
        if key is None:
            return Fault.UNREADABLE
        if link.key_id < self.last_key:
            # Marks are never made under an older key again: somebody holds one that was replaced.
            return Fault.INSERTED
        self.last_key = link.key_id
        wanted = link.digest_after(before, key)
        follows = same(wanted, link.digest)
        if linked.recorded is None:
            return Fault.DELETED
        content = content_of(linked.recorded, link.strand, key)
        says_the_same = same(content, link.content)
        if follows:
            return None if says_the_same else Fault.ALTERED
        if not says_the_same:
            return Fault.INSERTED
        return self._why_astray(page, at, wanted)

    def _why_astray(self, page: list[LinkedEvent], at: int, wanted: bytes) -> Fault:
        """Why a link with its true event does not follow the one before it."""
        following = page[at + 1].link if at + 1 < len(page) else None
        if following is None:
            if same(wanted, self.chain.digest):
                return Fault.ALTERED
        elif self._is_digest(following, wanted):
            return Fault.ALTERED
        link = page[at].link
        others = [each.link for each in page[at : at + _LOOKED_AHEAD]]
        for other in others:
            moved = replace(link, position=other.position)
            ends = (each.digest for each in others if each.position != link.position)
            if any(self._is_digest(moved, end) for end in ends):
                return Fault.REORDERED
        return Fault.DELETED

    def _is_digest(self, link: Link, before: bytes) -> bool:
        key = self.keys.get(link.key_id)
        return key is not None and same(link.digest_after(before, key), link.digest)

    async def _find_beyond(self) -> Finding | None:
        """A link after the end: it was sealed since the walk began, or is none of ours."""
        beyond = await store.list_linked(
            self.db, self.chain, first=self.chain.position + 1, last=store.END, limit=1
        )
        if not beyond:
            return None
        return self._found(beyond[0].link.position, Fault.INSERTED, beyond[0].link.event_id)

    def _found(self, position: int, fault: Fault, event_id: int | None = None) -> Finding:
        return Finding(self.chain.org_id, self.chain.strand, position, fault, event_id)

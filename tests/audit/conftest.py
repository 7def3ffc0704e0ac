"""A record with a chain, and hands that change it behind our back."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import text

from doorward.audit import Actor, AuditChain, Finding, record
from doorward.audit.model import Event
from doorward.db import Database, Transaction
from doorward.db import statement as build
from tests.support.clock import ManualClock
from tests.support.factories import sealing_ring
from tests.support.randomness import SeededRandom

__all__ = ["ANNE", "ORG", "Book"]

ORG = "river"
ANNE = Actor(kind="account", id="7", address="192.0.2.1")


@dataclass(frozen=True)
class Book:
    """The record of one organization after another, over one database."""

    db: Database
    clock: ManualClock
    chain: AuditChain

    async def keep(self, count: int, *, org_id: str = ORG, action: str = "thing.done") -> None:
        """Record so many events, a second apart."""
        for number in range(count):
            self.clock.advance(seconds=1)
            await self.keep_one(ANNE.did(action, org_id, ("thing", str(number)), name="a thing"))

    async def keep_one(self, event: Event) -> None:
        """Record one event."""

        async def work(tx: Transaction) -> None:
            await record(tx, event, event_id=self.db.next_id(), now=self.db.clock())

        await self.db.unit(work)

    async def findings(self, org_id: str = ORG) -> list[Finding]:
        """What is wrong with the record."""
        return list((await self.chain.verifier.verify(org_id)).findings)

    async def tamper(self, *statements: str) -> None:
        """Change the database behind our back."""

        async def work(tx: Transaction) -> None:
            for each in statements:
                await tx.run(build(text(each)))

        await self.db.unit(work)

    async def count(self, table: str) -> int:
        """How many rows a table has."""
        rows = await self.db.all(build(text(f"SELECT count(*) FROM {table}")))
        return int(rows[0][0])


@pytest.fixture
def book(db: Database, clock: ManualClock) -> Book:
    """An empty record."""
    chain = AuditChain(db=db, clock=clock, ring=sealing_ring(), random=SeededRandom(3))
    return Book(db, clock, chain)

"""The vault over a database of each engine, with a platform that behaves as a test says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from doorward.audit import SYSTEM, Audit
from doorward.crypto import KeyRing
from doorward.db import Database
from doorward.vault import (
    Connection,
    Connections,
    Held,
    Outside,
    Patience,
    Tuning,
    Vault,
    build_vault,
)
from tests.support.clock import ManualClock
from tests.support.factories import sealing_ring
from tests.support.randomness import SeededRandom
from tests.vault.platforms import OnePlan, ScriptedPlatform
from tests.vault.samples import ORG, new_connection

__all__ = ["Bench", "make_vault"]


@dataclass
class Bench:
    """A vault, and everything around it that a test turns."""

    db: Database
    clock: ManualClock
    platform: ScriptedPlatform
    planner: OnePlan
    vault: Vault
    spill_folder: Path

    async def connect(self, **more: Any) -> Connection:
        """Keep a connection by the bench's plan."""
        given = {"plan": self.planner.always, **more}
        kept = await self.vault.connections.connect(new_connection(**given), SYSTEM)
        return kept.connection

    async def get(self, row: Connection, **more: Any) -> Held:
        """Ask for its token."""
        return await self.vault.refresher.get_token(row.org_id, row.connection_id, **more)

    async def read(self, row: Connection) -> Connection:
        """The row as it is now."""
        return await self.vault.connections.get(row.org_id, row.connection_id)

    async def actions(self) -> list[str]:
        """What was recorded, the oldest first."""
        events = await Audit(db=self.db).list(ORG, None, 50)
        return [each.event.action for each in reversed(events)]

    def another(self, *, stands_still: bool = False) -> Vault:
        """The vault of another process on the same database."""
        return make_vault(
            self.db,
            self.clock,
            self.platform,
            self.planner,
            self.spill_folder,
            stands_still=stands_still,
        )


def make_vault(
    db: Database,
    clock: ManualClock,
    platform: ScriptedPlatform,
    planner: OnePlan,
    spill_folder: Path,
    ring: KeyRing | None = None,
    *,
    stands_still: bool = False,
) -> Vault:
    """A vault that waits by moving ``clock``, unless that ``stands_still``."""

    async def sleep(seconds: float) -> None:
        if not stands_still:
            clock.advance(seconds=seconds)
        await db.ping()

    patience = Patience(longest_s=5, sleep=sleep, random=SeededRandom(3))
    return build_vault(
        db=db,
        ring=ring or sealing_ring(),
        random=SeededRandom(5),
        outside=Outside(platform, planner, watch=platform),
        tuning=Tuning(spill_folder=spill_folder, patience=patience),
    )


@pytest.fixture
async def bench(db: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Bench]:
    """A vault, its platform and its clock."""
    platform, planner = ScriptedPlatform(clock), OnePlan()
    folder = tmp_path / "spills"
    vault = make_vault(db, clock, platform, planner, folder)
    yield Bench(db, clock, platform, planner, vault, folder)
    await vault.refresher.close()


@pytest.fixture
def connections(bench: Bench) -> Connections:
    """The service of connections."""
    return bench.vault.connections

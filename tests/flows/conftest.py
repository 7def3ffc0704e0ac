"""One small world on each engine."""

from __future__ import annotations

import pytest

from doorward.db import Database
from tests.support.clock import ManualClock
from tests.support.world import World, make_world


@pytest.fixture
async def world(db: Database, clock: ManualClock) -> World:
    """An organization with Anna and the Donor Portal."""
    return await make_world(db, clock)

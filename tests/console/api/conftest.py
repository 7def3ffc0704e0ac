"""The management API over two organizations, called without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from doorward.db import Database
from tests.console.api.staff import Office, open_office
from tests.support.clock import ManualClock


@pytest.fixture
async def office(db: Database, clock: ManualClock) -> AsyncIterator[Office]:
    """Staff of two organizations and of the operators, and what they manage."""
    office = await open_office(db, clock)
    yield office
    await office.close()

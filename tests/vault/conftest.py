"""The vault over a database of each engine, and what is put into it."""

from __future__ import annotations

import pytest

from doorward.db import Database
from doorward.vault import Connections
from tests.support.clock import ManualClock
from tests.support.factories import sealing_ring


@pytest.fixture
def connections(db: Database, clock: ManualClock) -> Connections:
    """The service under test."""
    return Connections(db=db, clock=clock, ring=sealing_ring())

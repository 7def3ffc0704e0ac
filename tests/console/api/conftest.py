"""The management API over two organizations, called without a network."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from doorward.console.api.store import idempotency_keys
from doorward.db import Database
from doorward.db.migrate import _connected
from tests.console.api.staff import Office, open_office
from tests.support.clock import ManualClock


@pytest.fixture
def database_url(database_url: str) -> str:
    """The address of a fresh database that holds the API's own table."""

    def create(connection: Connection) -> None:
        idempotency_keys.create(connection, checkfirst=True)
        connection.commit()

    _connected(database_url, create)
    return database_url


@pytest.fixture
async def office(db: Database, clock: ManualClock) -> Office:
    """Staff of two organizations and of the operators, and what they manage."""
    return await open_office(db, clock)

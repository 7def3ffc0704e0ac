"""An organization's imports, on each engine."""

from __future__ import annotations

import pytest

from doorward.db import Database
from doorward.imports import Imports
from tests.support.factories import make_accounts

__all__ = ["imports"]


@pytest.fixture
def imports(db: Database) -> Imports:
    """The service over a fresh database."""
    return Imports(db=db, clock=db.clock, accounts=make_accounts(db))

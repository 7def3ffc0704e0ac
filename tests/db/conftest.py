"""A table of the tests' own, so that storage is tested without any room."""

from __future__ import annotations

import pytest

from tests.db.scratch import prepare


@pytest.fixture
def database_url(database_url: str) -> str:
    """The address of a fresh database that holds the scratch tables too."""
    prepare(database_url)
    return database_url

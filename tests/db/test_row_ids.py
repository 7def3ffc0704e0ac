"""Identifiers as addresses and forms name them."""

from __future__ import annotations

import pytest

from doorward.db import find_row_id
from doorward.db.ids import RowIds

LARGEST = (1 << 63) - 1


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), (str(LARGEST), LARGEST)])
def test_an_identifier_is_read(text: str, number: int) -> None:
    """Up to the largest that a row can have."""
    assert find_row_id(text) == number


@pytest.mark.parametrize(
    "text", [None, "", "-1", "+1", "1.0", " 7", "7\n", "７", "x", str(LARGEST + 1), "9" * 4000]
)
def test_what_cannot_be_one_is_none(text: str | None) -> None:
    """Nothing of it reaches the database."""
    assert find_row_id(text) is None


def test_identifiers_of_later_years_are_read() -> None:
    """From 2033 on they have nineteen digits."""
    later = RowIds(node=1, clock=lambda: 2_540_000_000_000_000).next()
    assert len(str(later)) == 19
    assert find_row_id(str(later)) == later

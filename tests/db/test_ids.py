"""Row identifiers: unique, ordered, 63 bits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.db import NODES, SECOND, Database, RowIds, oldest_id_at, open_database
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio
NOW = 1_790_000_000 * SECOND


async def test_two_databases_never_mint_the_same_identifier(
    db: Database, database_url: str, clock: ManualClock
) -> None:
    """The clock of both stands still, which is the worst that it can do."""
    other = await open_database(database_url, clock=clock)
    try:
        mine = [db.next_id() for _ in range(2000)]
        theirs = [other.next_id() for _ in range(2000)]
    finally:
        await other.close()
    assert mine == sorted(set(mine))
    assert theirs == sorted(set(theirs))
    assert not set(mine) & set(theirs)


async def test_a_database_opened_again_does_not_mint_old_identifiers(
    database_url: str, clock: ManualClock
) -> None:
    seen: set[int] = set()
    for _ in range(5):
        database = await open_database(database_url, clock=clock)
        minted = {database.next_id() for _ in range(100)}
        await database.close()
        assert not minted & seen
        seen |= minted


@given(steps=st.lists(st.integers(-(10**9), 10**9), max_size=50), node=st.integers(0, 10**6))
def test_identifiers_grow_whatever_the_clock_does(steps: list[int], node: int) -> None:
    clock = ManualClock(NOW)
    ids = RowIds(node=node, clock=clock)
    minted = [ids.next()]
    for step in steps:
        clock.now += step
        minted.append(ids.next())
    assert minted == sorted(set(minted))
    assert all(0 < each < 2**63 and each % NODES == node % NODES for each in minted)


@given(moment=st.integers(NOW, NOW + 10**15), node=st.integers(0, NODES - 1))
def test_the_oldest_identifier_of_a_moment_bounds_every_one_minted_then(
    moment: int, node: int
) -> None:
    """A range up to a moment holds all that came before it, and nothing of the moment itself."""
    minted = RowIds(node=node, clock=lambda: moment).next()
    assert oldest_id_at(moment) <= minted < oldest_id_at(moment + 1)


def test_a_clock_before_the_epoch_still_mints() -> None:
    ids = RowIds(node=1, clock=lambda: 0)
    assert 0 < ids.next() < ids.next()
    assert oldest_id_at(0) == 0

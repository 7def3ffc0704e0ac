"""Every state is put into words, in both languages, with who does what about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doorward.db import SECOND
from doorward.vault import Reason, RefreshKind, Status, WhoMends, health_of
from tests.vault.conftest import Bench

pytestmark = pytest.mark.anyio

DAY = 86_400 * SECOND


@pytest.mark.parametrize("reason", list(Reason))
async def test_each_reason_has_its_words(bench: Bench, reason: Reason) -> None:
    """What is the matter, and what to do."""
    row = replace(await bench.connect(), status=Status.DEGRADED, reason=reason)
    shown = health_of(row, bench.clock())
    assert shown.says.endswith(".")
    assert shown.to_do.endswith(".")
    assert shown.since == row.since


async def test_what_works_says_so(bench: Bench) -> None:
    """Also with a token that is about to be renewed."""
    row = await bench.connect()
    shown = health_of(row, bench.clock() + 3599 * SECOND)
    assert (shown.status, shown.who) == (Status.ACTIVE, WhoMends.NOBODY)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"refresh_kind": RefreshKind.NONE}, Status.EXPIRING),
        ({"refresh_kind": RefreshKind.NONE, "expires_at": None}, Status.ACTIVE),
        ({"refresh_kind": RefreshKind.OBTAIN}, Status.ACTIVE),
        ({"refresh_kind": RefreshKind.REUSABLE, "refresh_expires_at": 3 * DAY}, Status.EXPIRING),
        ({"refresh_kind": RefreshKind.REUSABLE, "refresh_expires_at": 9 * DAY}, Status.ACTIVE),
        ({"refresh_kind": RefreshKind.ROTATING, "refresh_expires_at": 3 * DAY}, Status.ACTIVE),
    ],
)
async def test_what_ends_within_a_week_is_told_where_only_the_person_helps(
    bench: Bench, change: dict[str, object], status: Status
) -> None:
    """Not where it is renewed in time anyway."""
    ends = change.get("refresh_expires_at")
    if isinstance(ends, int):
        change = change | {"refresh_expires_at": bench.clock() + ends}
    row = replace(await bench.connect(), **change)  # type: ignore[arg-type] # a row of the table
    assert health_of(row, bench.clock()).status is status

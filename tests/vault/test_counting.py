"""Renewals are counted by what came of them."""

from __future__ import annotations

from contextlib import suppress

import pytest

from doorward.connectors import Category, UpstreamFailure
from doorward.vault import RENEWALS, NeedsReconnect, PlatformUnavailable
from tests.vault.conftest import Bench

pytestmark = pytest.mark.anyio

DOWN = UpstreamFailure(Category.TRANSIENT, "server_error", status=503)
DEAD = UpstreamFailure(Category.DEAD_GRANT, "invalid_grant", status=400)


async def test_each_renewal_is_counted_by_its_outcome(bench: Bench) -> None:
    """One that brought a token, one that brought none, and one after which nobody asks again."""
    row = await bench.connect()
    for failures, outcome in (([], "renewed"), ([DOWN], "failed"), ([DEAD], "needs_reconnect")):
        before = RENEWALS.count(outcome)
        bench.clock.advance(seconds=3700)
        bench.platform.failures = list(failures)
        with suppress(PlatformUnavailable, NeedsReconnect):
            await bench.get(row)
        assert RENEWALS.count(outcome) == before + 1

"""A token is fresh, or renewed once for everybody, or it is said why not."""

from __future__ import annotations

import asyncio

import pytest

from doorward.audit import SYSTEM
from doorward.connectors import Category, UpstreamFailure
from doorward.connectors.requests import PostConnect
from doorward.crypto import Secret
from doorward.db import SECOND
from doorward.vault import (
    Disconnected,
    NeedsReconnect,
    NotRenewable,
    PlatformUnavailable,
    RefreshInProgress,
    UnknownConnection,
)
from tests.vault.conftest import Bench
from tests.vault.samples import ORG, grant, new_connection, party, plan

pytestmark = pytest.mark.anyio

TRANSIENT = UpstreamFailure(Category.TRANSIENT, "server_error", status=503)


async def test_a_fresh_token_is_answered_at_once(bench: Bench) -> None:
    """Without a word to the platform; until a twelfth of the hour is left."""
    row = await bench.connect()
    for seconds in (0, 3290):
        bench.clock.advance(seconds=seconds)
        assert (await bench.get(row)).tokens.access == Secret("access-1")
    assert bench.platform.asked == []
    bench.clock.advance(seconds=11)
    assert (await bench.get(row)).tokens.access == Secret("access-2")


async def test_a_renewed_token_is_written_down(bench: Bench) -> None:
    """The next one who asks is answered from the row, with its new version."""
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    held = await bench.get(row)
    assert held.connection.token_version == 2
    read = await bench.read(row)
    assert read.token_version == 2
    assert bench.vault.connections.open(read).tokens == held.tokens
    assert read.expires_at == bench.clock() + 3600 * SECOND
    assert (read.lease_owner, read.lease_until) == (None, None)
    assert bench.platform.asked == ["refresh-1"]
    assert await bench.actions() == ["connection.created", "connection.refreshed"]


async def test_who_asks_for_more_time_gets_it(bench: Bench) -> None:
    """But never more than four fifths of a lifetime, or each call would renew the token."""
    row = await bench.connect()
    bench.clock.advance(seconds=1800)
    assert (await bench.get(row, min_ttl_s=1799)).connection.token_version == 1
    assert (await bench.get(row, min_ttl_s=1800)).connection.token_version == 2
    assert (await bench.get(row, min_ttl_s=1 << 40)).connection.token_version == 2


async def test_a_refused_token_is_renewed_once_for_its_version(bench: Bench) -> None:
    """Whoever comes later with the same complaint gets the newer token."""
    row = await bench.connect()
    first = await bench.get(row, seen_version=1)
    again = await bench.get(row, seen_version=1)
    assert first.connection.token_version == again.connection.token_version == 2
    assert bench.platform.asked == ["refresh-1"]
    assert (await bench.get(row, seen_version=2)).connection.token_version == 3


async def test_many_ask_and_one_renews(bench: Bench) -> None:
    """In one process by one attempt, in several by one lease."""
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    # However often they look while a busy database answers the one that renews, no time passes.
    vaults = [bench.another(stands_still=True) for _ in range(4)]
    asking = [
        vault.refresher.get_token(ORG, row.connection_id) for vault in vaults for _ in range(10)
    ]
    held = await asyncio.gather(*asking)
    assert {each.tokens.access.reveal() for each in held} == {"access-2"}
    assert bench.platform.asked == ["refresh-1"]


async def test_who_goes_away_does_not_end_the_renewal(bench: Bench) -> None:
    """The answer is written down although nobody waits for it any more."""
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    bench.platform.gate = asyncio.Event()
    asking = asyncio.ensure_future(bench.get(row))
    while not bench.platform.asked:
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])
    bench.platform.gate.set()
    await bench.vault.refresher.close()
    assert (await bench.read(row)).token_version == 2


async def test_a_token_that_still_works_is_handed_out_while_another_renews(bench: Bench) -> None:
    """One that does not is not: come back later."""
    row = await bench.connect()
    bench.clock.advance(seconds=3400)
    assert await bench.vault.worker._renewal.take(await bench.read(row)) is not None
    held = await bench.get(row)
    assert held.tokens.access == Secret("access-1")
    with pytest.raises(RefreshInProgress):
        await bench.get(row, seen_version=1)
    bench.clock.advance(seconds=30)
    assert bench.platform.asked == []


async def test_the_lease_of_a_process_that_died_ends(bench: Bench) -> None:
    """Then the next one renews."""
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    assert await bench.vault.worker._renewal.take(await bench.read(row)) is not None
    with pytest.raises(RefreshInProgress):
        await bench.get(row)
    bench.clock.advance(seconds=45)
    assert (await bench.get(row)).tokens.access == Secret("access-2")


async def test_an_answer_without_a_refresh_token_keeps_the_old_one(bench: Bench) -> None:
    """And one without a lifetime carries the last one forward."""
    row = await bench.connect()
    bench.platform.names_refresh, bench.platform.rotates = False, False
    bench.platform.lifetime_s = None
    bench.clock.advance(seconds=3600)
    held = await bench.get(row)
    assert held.tokens.refresh == Secret("refresh-1")
    assert held.connection.expires_at == bench.clock() + 3600 * SECOND


async def test_fewer_scopes_are_noticed(bench: Bench) -> None:
    """And recorded with those that are gone."""
    row = await bench.connect(grant=grant(scopes=("read", "write")))
    bench.platform.scopes = ("read",)
    bench.clock.advance(seconds=3600)
    assert (await bench.get(row)).connection.scopes == ("read",)
    assert (await bench.actions())[-1] == "connection.scope_reduced"


async def test_what_cannot_be_renewed_is_good_until_it_ends(bench: Bench) -> None:
    """A key for ever; a token without a refresh token for its lifetime."""
    bench.planner.always = plan(type="api_key", kind="none", secrets={"api_key": "k"})
    key = await bench.connect(grant=None, party=party("key"))
    token = await bench.connect(plan=plan(kind="none"), party=party("token"), grant=grant(3))
    assert (await bench.get(key)).tokens.secrets == {"api_key": Secret("k")}
    with pytest.raises(NotRenewable):
        await bench.get(key, seen_version=1)
    bench.clock.advance(seconds=3599)
    assert (await bench.get(token)).tokens.access == Secret("access-3")
    bench.clock.advance(seconds=2)
    with pytest.raises(NeedsReconnect) as refused:
        await bench.get(token)
    assert refused.value.reason == "expired"
    bench.clock.advance(seconds=10**9)
    assert (await bench.get(key)).tokens.secrets == {"api_key": Secret("k")}


async def test_a_client_of_its_own_logs_in_again(bench: Bench) -> None:
    """Client credentials have no refresh token, and need none."""
    bench.planner.always = plan(type="oauth2_client_credentials", kind="none")
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    assert (await bench.get(row)).tokens.access == Secret("access-2")
    assert bench.platform.asked == ["obtain"]


async def test_a_session_is_opened_again_with_the_token_that_still_works(bench: Bench) -> None:
    """And after the token was renewed, with that one; each step is written down by itself."""
    step = PostConnect(url="https://ledger.example.com/login", session_ttl_s=600)
    bench.planner.always = plan(post_connect=(step,))
    row = await bench.connect(grant=grant(session_expires_at=bench.clock() + 600 * SECOND))
    bench.clock.advance(seconds=600)
    held = await bench.get(row)
    assert held.tokens.secrets == {"session": Secret("s1")}
    assert bench.platform.asked == ["session"]
    bench.clock.advance(seconds=3300)
    held = await bench.get(row)
    assert bench.platform.asked == ["session", "refresh-1", "session"]
    assert held.tokens.access == Secret("access-2")
    assert held.tokens.secrets == {"session": Secret("s2")}
    assert held.connection.expires_at == bench.clock() + 600 * SECOND
    bench.clock.advance(seconds=3600)
    bench.platform.before_answer = lambda: (
        bench.platform.failures.append(TRANSIENT) if bench.platform.asked[-1] == "session" else None
    )
    with pytest.raises(PlatformUnavailable):
        await bench.get(row)
    read = await bench.read(row)
    assert bench.vault.connections.open(read).tokens.refresh == Secret("refresh-3")


async def test_a_platform_that_counts_its_answers_is_asked_in_time(bench: Bench) -> None:
    """A token that it refuses again and again does not use up what it allows."""
    bench.planner.always = plan(kind="reusable", max_per_window=10, window_s=600)
    bench.platform.rotates = False
    row = await bench.connect()
    assert (await bench.get(row, seen_version=1)).connection.token_version == 2
    with pytest.raises(PlatformUnavailable) as refused:
        await bench.get(row, seen_version=2)
    assert refused.value.retry_after_s == 60
    bench.clock.advance(seconds=60)
    assert (await bench.get(row, seen_version=2)).connection.token_version == 3


async def test_nobody_gets_what_is_not_there(bench: Bench) -> None:
    """Of another organization, or disconnected."""
    row = await bench.connect()
    with pytest.raises(UnknownConnection):
        await bench.vault.refresher.get_token("lake", row.connection_id)
    await bench.vault.deauthorizer.disconnect(ORG, row.connection_id, SYSTEM)
    with pytest.raises(Disconnected):
        await bench.get(row)


async def test_a_new_connection_wins_over_a_renewal_under_way(bench: Bench) -> None:
    """The answer for the old grant is dropped."""
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    bench.platform.gate = asyncio.Event()
    asking = asyncio.ensure_future(bench.get(row))
    while not bench.platform.asked:
        await asyncio.sleep(0)
    await bench.vault.connections.connect(new_connection(grant=grant(9)), SYSTEM)
    bench.platform.gate.set()
    assert (await asking).tokens.access == Secret("access-9")
    assert bench.vault.connections.open(await bench.read(row)).tokens.access == Secret("access-9")

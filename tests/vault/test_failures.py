"""What follows when a platform does not renew: who can mend it, and who is asked again when."""

from __future__ import annotations

import asyncio

import pytest

from doorward.audit import SYSTEM
from doorward.connectors import Category, UpstreamFailure
from doorward.crypto import Secret
from doorward.vault import (
    Blocked,
    NeedsReconnect,
    PlatformUnavailable,
    Reason,
    Status,
    Unplannable,
)
from tests.vault.conftest import Bench
from tests.vault.samples import ORG, grant, party, plan

pytestmark = pytest.mark.anyio

TRANSIENT = UpstreamFailure(Category.TRANSIENT, "server_error", status=503)
LOST = UpstreamFailure(Category.TRANSIENT, "timeout")
DEAD = UpstreamFailure(Category.DEAD_GRANT, "invalid_grant", status=400)


async def test_a_dead_grant_must_be_connected_again(bench: Bench) -> None:
    """It is not tried any more, by nobody, until then."""
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    bench.platform.failures = [DEAD]
    for _ in range(3):
        with pytest.raises(NeedsReconnect) as refused:
            await bench.get(row)
        assert refused.value.reason == "grant_ended"
    read = await bench.read(row)
    assert (read.status, read.next_refresh_at) == (Status.NEEDS_RECONNECT, None)
    assert bench.platform.asked == ["refresh-1"]
    assert (await bench.actions())[-1] == "connection.needs_reconnect"
    bench.platform.number = 5
    await bench.connect(grant=grant(5, lifetime_s=9000))
    assert (await bench.get(row)).tokens.access == Secret("access-5")


async def test_a_refused_grant_is_not_dead_when_somebody_else_renewed_it(bench: Bench) -> None:
    """What is stored is read again before anything is said of the person."""
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    gate = bench.platform.gate = asyncio.Event()
    asking = asyncio.ensure_future(bench.get(row))
    while not bench.platform.asked:
        await asyncio.sleep(0)
    # Its lease is taken to be lost: another process renews before the refusal arrives.
    bench.clock.advance(seconds=50)
    bench.platform.gate = None
    await bench.another().refresher.get_token(ORG, row.connection_id)
    gate.set()
    assert (await asking).tokens.access == Secret("access-2")
    assert bench.platform.reused == 1
    assert (await bench.read(row)).status is Status.ACTIVE


async def test_trouble_is_waited_out(bench: Bench) -> None:
    """A good token is handed out meanwhile, an old one is not; the platform is asked less often."""
    row = await bench.connect()
    bench.clock.advance(seconds=3400)
    bench.platform.failures = [TRANSIENT, TRANSIENT]
    assert (await bench.get(row)).tokens.access == Secret("access-1")
    read = await bench.read(row)
    assert (read.status, read.reason) == (Status.DEGRADED, Reason.UNREACHABLE)
    assert read.failures == 1
    await bench.get(row)
    assert len(bench.platform.asked) == 1
    bench.clock.advance(seconds=200)
    with pytest.raises(PlatformUnavailable):
        await bench.get(row)
    with pytest.raises(PlatformUnavailable) as refused:
        await bench.get(row)
    assert refused.value.retry_after_s > 5
    assert len(bench.platform.asked) == 2
    bench.clock.advance(seconds=60)
    assert (await bench.get(row)).tokens.access == Secret("access-2")
    read = await bench.read(row)
    assert (read.status, read.reason, read.failures) == (Status.ACTIVE, None, 0)
    assert await bench.actions() == [
        "connection.created",
        "connection.refresh_failed",
        "connection.refreshed",
        "connection.recovered",
    ]


async def test_the_platform_says_how_long_to_wait(bench: Bench) -> None:
    """And is believed, up to a day."""
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    bench.platform.failures = [
        UpstreamFailure(Category.TRANSIENT, "slow_down", status=429, retry_after_s=7200)
    ]
    with pytest.raises(PlatformUnavailable) as refused:
        await bench.get(row)
    assert 7100 < refused.value.retry_after_s <= 7201


async def test_a_single_use_token_is_not_sent_twice(bench: Bench) -> None:
    """After a request without an answer nobody knows; the next attempt decides."""
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    bench.platform.failures = [LOST]
    with pytest.raises(PlatformUnavailable):
        await bench.get(row)
    assert bench.platform.asked == ["refresh-1"]
    assert (await bench.read(row)).reason is Reason.UNCERTAIN


@pytest.mark.parametrize(
    "policy",
    [{"grace_s": 600}, {"resend_on_network_error": True}, {"kind": "reusable"}],
    ids=lambda each: next(iter(each)),
)
async def test_a_lost_answer_is_asked_for_again_where_that_is_safe(
    bench: Bench, policy: dict[str, object]
) -> None:
    """Where the platform takes the same token for a while, or for ever."""
    bench.planner.always = plan(**policy)  # type: ignore[arg-type] # a row of the table
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    bench.platform.failures = [LOST]
    assert (await bench.get(row)).tokens.access == Secret("access-2")
    assert bench.platform.asked == ["refresh-1", "refresh-1"]


async def test_what_never_left_is_sent_again(bench: Bench) -> None:
    """A name that did not resolve uses no token up."""
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    bench.platform.failures = [UpstreamFailure(Category.TRANSIENT, "no_address", sent=False)]
    assert (await bench.get(row)).tokens.access == Secret("access-2")


async def test_a_refused_client_blocks_and_keeps_the_tokens(bench: Bench) -> None:
    """An administrator mends it, and everything goes on."""
    row = await bench.connect(credentials_id=3)
    bench.clock.advance(seconds=3600)
    bench.platform.failures = [
        UpstreamFailure(Category.CONFIGURATION, "invalid_client", status=401)
    ]
    with pytest.raises(Blocked) as refused:
        await bench.get(row)
    assert refused.value.reason == "client_refused"
    with pytest.raises(Blocked):
        await bench.get(row)
    assert len(bench.platform.asked) == 1

    await bench.db.unit(lambda tx: bench.vault.connections.resume_of_credentials(tx, ORG, 3))
    assert (await bench.get(row)).tokens.access == Secret("access-2")
    assert (await bench.read(row)).status is Status.ACTIVE
    assert bench.platform.proved == [(ORG, 3, 0)]


async def test_credentials_that_end_take_their_connections_along(bench: Bench) -> None:
    """Those of other credentials stay."""
    row = await bench.connect(credentials_id=3)
    other = await bench.connect(credentials_id=4, party=party("acct-2"))
    assert await bench.vault.connections.count_of_credentials(ORG, 3) == 1
    ended = await bench.db.unit(
        lambda tx: bench.vault.connections.end_of_credentials(tx, ORG, 3, SYSTEM)
    )
    assert ended == 1
    with pytest.raises(NeedsReconnect) as refused:
        await bench.get(row)
    assert refused.value.reason == "credentials_changed"
    assert (await bench.get(other)).tokens.access == Secret("access-1")
    assert await bench.vault.connections.count_of_credentials(ORG, 3) == 0


async def test_a_host_that_is_gone_is_believed_after_a_day(bench: Bench) -> None:
    """Until then it may be an outage."""
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    bench.platform.failures = [
        UpstreamFailure(Category.DEAD_TENANT, "404", status=404) for _ in range(9)
    ]
    for _ in range(4):
        with pytest.raises(PlatformUnavailable):
            await bench.get(row)
        bench.clock.advance(seconds=6 * 3600)
    with pytest.raises(NeedsReconnect) as refused:
        await bench.get(row)
    assert refused.value.reason == "host_gone"


async def test_a_platform_in_trouble_is_left_alone(bench: Bench) -> None:
    """After five failures in a row nothing more is sent for any connection to it, for a while."""
    rows = [await bench.connect(party=party(f"p{n}")) for n in range(7)]
    bench.clock.advance(seconds=3600)
    bench.platform.failures = [TRANSIENT] * 5
    for row in rows:
        with pytest.raises(PlatformUnavailable):
            await bench.get(row)
    assert len(bench.platform.asked) == 5
    assert (await bench.read(rows[6])).status is Status.ACTIVE
    bench.clock.advance(seconds=31)
    bench.platform.rotates = False
    await bench.get(rows[6])
    await bench.get(rows[5])
    assert len(bench.platform.asked) == 7


async def test_a_connector_that_is_switched_off_blocks(bench: Bench) -> None:
    """Until it is on again; a client that is gone asks for a new connection."""
    row = await bench.connect()
    bench.clock.advance(seconds=3600)
    bench.planner.missing = Unplannable(Status.BLOCKED, Reason.CONNECTOR_OFF)
    with pytest.raises(Blocked):
        await bench.get(row)
    bench.planner.missing = None
    bench.clock.advance(seconds=60)
    assert (await bench.get(row)).tokens.access == Secret("access-2")
    bench.planner.missing = Unplannable(Status.NEEDS_RECONNECT, Reason.CREDENTIALS_CHANGED)
    bench.clock.advance(seconds=3600)
    with pytest.raises(NeedsReconnect):
        await bench.get(row)

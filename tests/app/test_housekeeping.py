"""What goes on in the background."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from doorward.apikeys.store import api_sessions
from doorward.app.housekeeping import Housekeeping
from doorward.db import statement
from doorward.sessions import store as session_rows
from doorward.tokens import store as token_rows
from tests.support.crm import make_integration
from tests.support.programs import get_tokens
from tests.support.world import World

pytestmark = pytest.mark.anyio

DAY_S = 86_400
COUNTED = {
    table.name: statement(select(func.count()).select_from(table))
    for table in (
        token_rows.access_tokens,
        token_rows.codes,
        token_rows.refresh_tokens,
        token_rows.families,
        session_rows.flows,
        session_rows.sessions,
        session_rows.browsers,
        api_sessions,
    )
}


async def count(world: World) -> dict[str, int]:
    return {name: (await world.services.db.all(each))[0][0] for name, each in COUNTED.items()}


async def test_each_kind_of_row_leaves_a_day_after_it_expired(world: World) -> None:
    """Tokens and codes leave first; families and sessions stay as long as they can be used."""
    await get_tokens(world)
    await (await make_integration(world)).session()
    housekeeping = Housekeeping(world.services)
    assert await housekeeping.sweep() == 0
    assert min((await count(world)).values()) == 1
    world.clock.advance(seconds=2 * DAY_S)
    await housekeeping.sweep()
    left = await count(world)
    assert (left["access_tokens"], left["codes"], left["flows"]) == (0, 0, 0)
    assert left["api_sessions"] == 0
    assert (left["refresh_tokens"], left["token_families"]) == (1, 1)
    assert (left["sessions"], left["browsers"]) == (1, 1)
    world.clock.advance(seconds=100 * DAY_S)
    await housekeeping.sweep()
    assert set((await count(world)).values()) == {0}


async def test_events_go_when_the_policy_of_their_organization_says(world: World) -> None:
    """After 400 days unless it says otherwise, and the record still verifies."""
    use = world.services
    await use.audit_chain.sealer.seal_all()
    housekeeping = Housekeeping(use)
    world.clock.advance(seconds=399 * DAY_S)
    await housekeeping.sweep()
    assert await use.audit.list(world.org.org_id, None, 1)
    world.clock.advance(seconds=2 * DAY_S)
    await housekeeping.sweep()
    assert await use.audit.list(world.org.org_id, None, 1) == []
    assert (await use.audit_chain.verifier.verify(world.org.org_id)).is_whole

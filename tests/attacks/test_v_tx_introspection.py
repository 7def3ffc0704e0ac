"""V-TX: what an endpoint remembers of one caller it does not tell the next."""

from __future__ import annotations

import pytest

from tests.support.attacks import attack
from tests.support.programs import Program, add_api, get_tokens
from tests.support.world import SCOPES, World

pytestmark = pytest.mark.anyio


@attack("CVE-2021-32701")
async def test_v_tx_callers_in_turn_are_each_told_their_own(world: World) -> None:
    """The same token, asked about by its client, its API and a stranger, over and over."""
    api = Program(world, await world.register("Ledger"))
    await add_api(world, "urn:gifts", "gifts.read", resource_client_ids=(api.known.client_id,))
    shop = await world.register("Shop", scopes=(*SCOPES, "gifts.read"))
    stranger = Program(world, await world.register("Stranger"))
    client = Program(world, shop)
    wide = await get_tokens(world, known=shop, scope="openid gifts.read")
    narrow = await get_tokens(world, known=shop, scope="openid")
    for _ in range(3):
        for asks, token, scope in (
            (client, wide, "gifts.read openid"),
            (api, wide, "gifts.read openid"),
            (stranger, wide, None),
            (client, narrow, "openid"),
            (api, narrow, None),
        ):
            told = await asks.introspect(token["access_token"])
            if scope is None:
                assert told == {"active": False}
            else:
                assert told["active"]
                assert sorted(told["scope"].split()) == scope.split()


@attack("CVE-2021-32701")
async def test_v_tx_a_token_that_ended_is_not_remembered_for_anybody(world: World) -> None:
    """However often it was asked about before."""
    program = Program(world, world.web)
    tokens = await get_tokens(world)
    for _ in range(3):
        assert await program.is_active(tokens["access_token"])
    await program.revoke(tokens["access_token"])
    for _ in range(3):
        assert not await program.is_active(tokens["access_token"])

"""The order of the steps, which no grant can change."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from doorward.scopes import ApiChange
from tests.support.programs import Program, add_api, error_of, get_code, get_tokens
from tests.support.world import SCOPES, World

pytestmark = pytest.mark.anyio


async def test_the_client_is_authenticated_before_anything_else(world: World) -> None:
    """Who cannot prove who they are learns nothing of grants, codes or scopes."""
    code = await get_code(world)
    async with world.http() as http:
        for form in (
            {"grant_type": "unknown"},
            {"code": code},
            {"grant_type": "authorization_code", "code": code},
            {"grant_type": "client_credentials", "scope": '"'},
        ):
            answer = await http.post("oauth2/token", data=form, auth=(world.web.client_id, "x"))
            assert error_of(answer, 401) == "invalid_client"
    assert (await Program(world, world.web).redeem(code)).status_code == 200


async def test_the_grant_is_allowed_before_it_is_looked_at(world: World) -> None:
    """A client without the grant does not use up a code by trying."""
    known = await world.register("Service", grant_types=frozenset({"client_credentials"}))
    code = await get_code(world)
    assert error_of(await Program(world, known).redeem(code)) == "unauthorized_client"
    assert (await Program(world, world.web).redeem(code)).status_code == 200


async def test_a_refused_resource_costs_nothing(world: World) -> None:
    """The audience is chosen before anything is won."""
    code = await get_code(world)
    program = Program(world, world.web)
    assert error_of(await program.redeem(code, resource="urn:nothing")) == "invalid_target"
    assert (await program.redeem(code)).status_code == 200


async def test_a_token_is_a_jwt_only_if_every_api_wants_one(world: World) -> None:
    """Signed by the algorithm of the API, for the shortest lifetime among them."""
    org_id = world.org.org_id
    await add_api(world, "urn:a", "a", token_format="jwt", signing_alg="RS256", access_token_s=300)
    await add_api(world, "urn:b", "b", access_token_s=200)
    known = await world.register("Both", scopes=(*SCOPES, "a", "b"))
    mixed = await get_tokens(world, known=known, scope="openid a b")
    assert mixed["access_token"].startswith("dw_at_")
    assert mixed["expires_in"] == 200
    change = ApiChange(token_format="jwt")
    await world.services.scopes.update_api(org_id, "urn:b", change, SYSTEM)
    both = await get_tokens(world, known=known, scope="openid a b")
    assert both["access_token"].count(".") == 2
    assert await Program(world, known).is_active(both["access_token"])

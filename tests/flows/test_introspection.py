"""Introspection: who may know what about a token."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from doorward.protocol import ONE_FACTOR, AuthMethod
from doorward.scopes import ApiChange
from tests.support.attacks import attack
from tests.support.programs import Program, add_api, error_of, get_tokens
from tests.support.spec import spec
from tests.support.world import SCOPES, Known, World

pytestmark = pytest.mark.anyio

INACTIVE = {"active": False}


async def gifts(world: World) -> tuple[Known, Program]:
    """An application for the gifts API, and the API itself, which may introspect."""
    api = Program(world, await world.register("Gifts API"))
    await add_api(world, "urn:gifts", "gifts.read", resource_client_ids=(api.known.client_id,))
    return await world.register("Ledger", scopes=(*SCOPES, "gifts.read")), api


@spec("RFC 7662", "2.2", "an active token is described")
async def test_an_application_knows_its_own_tokens(world: World) -> None:
    """Everything of the standard that there is to know."""
    program = Program(world, world.web)
    tokens = await get_tokens(world)
    now = world.clock.now // 1_000_000
    assert await program.introspect(tokens["access_token"]) == {
        "active": True,
        "iss": world.issuer,
        "client_id": world.web.client_id,
        "sub": str(world.person.account_id),
        "scope": "openid profile email offline_access",
        "token_type": "Bearer",
        "token_use": "access_token",
        "iat": now,
        "exp": now + 3600,
        "auth_time": now,
        "acr": ONE_FACTOR,
        "amr": ["pwd"],
    }
    told = await program.introspect(tokens["refresh_token"])
    assert (told["active"], told["token_use"]) == (True, "refresh_token")
    assert "token_type" not in told


@attack("CVE-2026-37979")
@spec("RFC 7662", "4", "nobody but those concerned learns anything of a token")
async def test_only_the_client_and_the_audience_learn_anything(world: World) -> None:
    """The API knows tokens for it, and no refresh token; everybody else knows nothing."""
    ledger, api = await gifts(world)
    for_gifts = await get_tokens(world, known=ledger, scope="openid offline_access gifts.read")
    without = await get_tokens(world, known=ledger, scope="openid")
    assert (await api.introspect(for_gifts["access_token"]))["aud"] == "urn:gifts"
    assert await api.introspect(for_gifts["refresh_token"]) == INACTIVE
    assert await api.introspect(without["access_token"]) == INACTIVE
    stranger = Program(world, world.web)
    for token in (for_gifts["access_token"], for_gifts["refresh_token"], without["access_token"]):
        assert await stranger.introspect(token) == INACTIVE


async def test_an_api_that_changes_hands_is_told_no_more(world: World) -> None:
    """At once: nothing is remembered of who may ask."""
    ledger, api = await gifts(world)
    tokens = await get_tokens(world, known=ledger, scope="openid gifts.read")
    assert await api.is_active(tokens["access_token"])
    org_id = world.org.org_id
    nobody = ApiChange(resource_client_ids=())
    await world.services.scopes.update_api(org_id, "urn:gifts", nobody, SYSTEM)
    assert await api.introspect(tokens["access_token"]) == INACTIVE


@spec("RFC 7662", "2.1", "introspection needs authentication")
async def test_who_asks_must_prove_who_they_are(world: World) -> None:
    """Not the token's own bearer, and not a public client."""
    known = await world.register(
        "Pocket", kind="native", auth_method=AuthMethod.NONE, redirect_uris=("http://127.0.0.1/",)
    )
    token = (await get_tokens(world))["access_token"]
    public = await Program(world, known).post("oauth2/introspect", {"token": token})
    assert error_of(public, 401) == "invalid_client"
    async with world.http() as http:
        bearer = await http.post(
            "oauth2/introspect",
            data={"token": token},
            headers={"authorization": f"Bearer {token}"},
        )
        nobody = await http.post("oauth2/introspect", data={"token": token})
    assert error_of(bearer, 401) == error_of(nobody, 401) == "invalid_client"
    missing = await Program(world, world.web).post("oauth2/introspect", {})
    assert error_of(missing) == "invalid_request"


@spec("RFC 7662", "2.2", "an unknown, damaged or expired token is inactive, and nothing else")
async def test_every_other_text_is_simply_inactive(world: World) -> None:
    """Cut, extended, changed, of another kind, or too old."""
    program = Program(world, world.web)
    tokens = await get_tokens(world)
    for name in ("access_token", "refresh_token"):
        good = tokens[name]
        flipped = good[:20] + ("A" if good[20] != "A" else "B") + good[21:]
        other_kind = good.replace("dw_at_", "dw_ac_").replace("dw_rt_", "dw_at_")
        for text in (
            good[:-1],
            good + "A",
            good.upper(),
            flipped,
            other_kind,
            good[6:],
            " " + good,
        ):
            assert await program.introspect(text) == INACTIVE, text
    for text in ("x", "a.b.c", "💥", "dw_at_", "dw_rt_" + "A" * 48):
        assert await program.introspect(text) == INACTIVE
    world.clock.advance(seconds=3600)
    assert await program.introspect(tokens["access_token"]) == INACTIVE


async def test_a_hint_about_the_kind_changes_nothing(world: World) -> None:
    """Right, wrong or unknown (RFC 7662 2.1)."""
    program = Program(world, world.web)
    token = (await get_tokens(world))["access_token"]
    for hint in ("access_token", "refresh_token", "pat"):
        form = {"token": token, "token_type_hint": hint}
        assert (await program.post("oauth2/introspect", form)).json()["active"]


async def test_a_rotated_refresh_token_is_inactive(world: World) -> None:
    """Although its grace lasts: it is not the one to hold."""
    program = Program(world, world.web)
    token = (await get_tokens(world))["refresh_token"]
    fresh = (await program.refresh(token)).json()["refresh_token"]
    assert await program.introspect(token) == INACTIVE
    assert await program.is_active(fresh)

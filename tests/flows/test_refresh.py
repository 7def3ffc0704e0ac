"""Refresh tokens: each is used once, and a family ends as a whole."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from doorward.clients import ApplicationChange
from doorward.orgs import Policy
from doorward.protocol import AuthMethod
from tests.support.attacks import asvs, attack
from tests.support.house import House
from tests.support.programs import Program, error_of, get_tokens, verified
from tests.support.spec import spec
from tests.support.world import World

pytestmark = pytest.mark.anyio

DAY = 86_400


@spec("RFC 9700", "4.14.2", "refresh tokens are rotated")
async def test_a_refresh_answers_a_new_pair(world: World) -> None:
    """Same person, same scopes, same sign-in; no nonce in the new ID token."""
    tokens = await get_tokens(world)
    before = await verified(world, tokens["id_token"])
    world.clock.advance(seconds=100)
    answer = await Program(world, world.web).refresh(tokens["refresh_token"])
    assert answer.headers["cache-control"] == "no-store"
    fresh = answer.json()
    assert fresh["scope"] == tokens["scope"]
    assert fresh["access_token"] != tokens["access_token"]
    assert fresh["refresh_token"] != tokens["refresh_token"]
    after = await verified(world, fresh["id_token"])
    assert "nonce" not in after
    assert {n: after[n] for n in ("iss", "sub", "aud", "auth_time", "sid")} == {
        n: before[n] for n in ("iss", "sub", "aud", "auth_time", "sid")
    }


@spec("RFC 6749", "6", "a refresh may ask for fewer scopes, never for more")
async def test_scopes_may_be_narrowed_and_never_widened(world: World) -> None:
    """The family keeps what was granted."""
    program = Program(world, world.web)
    tokens = await get_tokens(world, scope="openid email offline_access")
    wider = await program.refresh(tokens["refresh_token"], scope="openid profile")
    assert error_of(wider) == "invalid_scope"
    narrow = (await program.refresh(tokens["refresh_token"], scope="email")).json()
    assert narrow["scope"] == "email"
    assert "id_token" not in narrow
    world.clock.advance(seconds=60)
    again = (await program.refresh(narrow["refresh_token"])).json()
    assert again["scope"] == "openid email offline_access"


@spec("RFC 9700", "4.14.2", "a refresh token expires when it is not used")
async def test_an_unused_refresh_token_expires(world: World) -> None:
    """Thirty days after it was issued; every use starts anew."""
    program = Program(world, world.web)
    token = (await get_tokens(world))["refresh_token"]
    world.clock.advance(seconds=30 * DAY - 1)
    token = (await program.refresh(token)).json()["refresh_token"]
    world.clock.advance(seconds=30 * DAY)
    assert error_of(await program.refresh(token)) == "invalid_grant"


@asvs("10.4.8")
async def test_a_family_ends_after_ninety_days_of_use(world: World) -> None:
    """Rotation never extends it."""
    program = Program(world, world.web)
    token = (await get_tokens(world))["refresh_token"]
    for _ in range(4):
        world.clock.advance(seconds=22 * DAY)
        token = (await program.refresh(token)).json()["refresh_token"]
    world.clock.advance(seconds=2 * DAY)
    assert error_of(await program.refresh(token)) == "invalid_grant"
    assert not await program.is_active(token)


async def test_within_the_grace_the_old_token_fetches_the_same_pair(world: World) -> None:
    """Whose answer was lost on the way asks again, and gets exactly that answer."""
    program = Program(world, world.web)
    old = (await get_tokens(world))["refresh_token"]
    first = (await program.refresh(old)).json()
    world.clock.advance(seconds=5)
    second = (await program.refresh(old)).json()
    assert second["access_token"] == first["access_token"]
    assert second["refresh_token"] == first["refresh_token"]
    assert second["expires_in"] == first["expires_in"] - 5


@asvs("10.4.5")
async def test_after_the_grace_reuse_ends_the_family(world: World) -> None:
    """Old or new, access or refresh: everything is dead, and it is on record."""
    program = Program(world, world.web)
    tokens = await get_tokens(world)
    fresh = (await program.refresh(tokens["refresh_token"])).json()
    world.clock.advance(seconds=6)
    assert error_of(await program.refresh(tokens["refresh_token"])) == "invalid_grant"
    for token in (tokens["access_token"], fresh["access_token"], fresh["refresh_token"]):
        assert not await program.is_active(token)
    assert error_of(await program.refresh(fresh["refresh_token"])) == "invalid_grant"
    events = await world.services.audit.list(world.org.org_id, None, 10, "refresh_token.reused")
    assert len(events) == 1


@attack("DOT 1816")
async def test_an_older_generation_within_the_grace_ends_the_family(world: World) -> None:
    """Only the token replaced last has a grace: its successor has not been used yet."""
    program = Program(world, world.web)
    first = (await get_tokens(world))["refresh_token"]
    second = (await program.refresh(first)).json()["refresh_token"]
    third = (await program.refresh(second)).json()["refresh_token"]
    assert error_of(await program.refresh(first)) == "invalid_grant"
    assert error_of(await program.refresh(third)) == "invalid_grant"


@attack("DOT 1816")
async def test_a_revoked_token_has_no_grace(world: World) -> None:
    """What was given back deliberately never comes back."""
    program = Program(world, world.web)
    old = (await get_tokens(world))["refresh_token"]
    fresh = (await program.refresh(old)).json()
    assert (await program.revoke(fresh["refresh_token"])).status_code == 200
    for token in (old, fresh["refresh_token"]):
        assert error_of(await program.refresh(token)) == "invalid_grant"


async def test_without_a_grace_the_second_use_ends_the_family(house: House) -> None:
    """Even in the same microsecond."""
    world = await house.new_world(Policy(refresh_grace_s=0))
    program = Program(world, world.web)
    old = (await get_tokens(world))["refresh_token"]
    fresh = (await program.refresh(old)).json()
    assert error_of(await program.refresh(old)) == "invalid_grant"
    assert not await program.is_active(fresh["access_token"])


@attack("CVE-2026-16089")
@spec("RFC 6749", "6", "a refresh token is bound to the client it was issued to")
async def test_another_client_cannot_use_it(world: World) -> None:
    """Nor use it up, nor end its family."""
    program = Program(world, world.web)
    token = (await get_tokens(world))["refresh_token"]
    thief = Program(world, await world.register("Thief"))
    assert error_of(await thief.refresh(token)) == "invalid_grant"
    assert not await thief.is_active(token)
    assert (await program.refresh(token)).status_code == 200


@attack("DefGuard 3625")
@spec("RFC 6749", "6", "a confidential client authenticates to refresh")
async def test_a_confidential_client_authenticates_to_refresh(world: World) -> None:
    """Its identifier alone is not enough."""
    token = (await get_tokens(world))["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    async with world.http() as http:
        data = {**form, "client_id": world.web.client_id}
        answer = await http.post("oauth2/token", data=data)
    assert error_of(answer, 401) == "invalid_client"


async def test_a_public_client_refreshes_by_its_identifier(world: World) -> None:
    """And is rotated like everybody else (RFC 9700 2.2.2)."""
    known = await world.register(
        "Single page",
        kind="spa",
        auth_method=AuthMethod.NONE,
        redirect_uris=("https://spa.example/cb",),
    )
    tokens = await get_tokens(world, known=known, redirect_uri="https://spa.example/cb")
    answer = await Program(world, known).refresh(tokens["refresh_token"])
    assert answer.json()["refresh_token"] != tokens["refresh_token"]


async def test_what_the_application_may_no_longer_ask_is_not_refreshed(world: World) -> None:
    """A scope taken from its registration leaves its tokens; offline access ends them."""
    program, org_id = Program(world, world.web), world.org.org_id
    token = (await get_tokens(world))["refresh_token"]

    async def limit(*scopes: str) -> None:
        change = ApplicationChange(scopes=scopes)
        await world.services.applications.update(org_id, world.web.client_id, change, SYSTEM)

    await limit("openid", "profile", "offline_access")
    fresh = (await program.refresh(token)).json()
    assert fresh["scope"] == "openid profile offline_access"
    wider = await program.refresh(fresh["refresh_token"], scope="email")
    assert error_of(wider) == "invalid_scope"
    await limit("openid", "profile")
    assert error_of(await program.refresh(fresh["refresh_token"])) == "invalid_grant"

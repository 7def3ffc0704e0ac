"""APIs: whom an access token is for (RFC 8707), and tokens as JWTs (RFC 9068)."""

from __future__ import annotations

import pytest

from doorward.protocol import ONE_FACTOR
from tests.support.attacks import attack
from tests.support.programs import Program, add_api, error_of, get_tokens, verified
from tests.support.spec import spec
from tests.support.visits import arrive
from tests.support.world import SCOPES, Known, World

pytestmark = pytest.mark.anyio

GIFTS, MAIL = "https://gifts.example/", "https://mail.example/"


async def ledger(world: World) -> Known:
    """An application for two APIs, one of which takes JWTs."""
    await add_api(world, GIFTS, "gifts.read", "gifts.write", token_format="jwt")
    await add_api(world, MAIL, "mail.send")
    return await world.register(
        "Ledger", scopes=(*SCOPES, "gifts.read", "gifts.write", "mail.send")
    )


ALL = "openid offline_access gifts.read mail.send"


@spec("RFC 9068", "2.2", "a JWT access token states issuer, audience, client, scope and times")
async def test_an_api_that_wants_jwts_gets_one(world: World) -> None:
    """Typed, signed with ES256, and as revocable as any other."""
    known = await ledger(world)
    program = Program(world, known)
    tokens = await get_tokens(world, known=known, scope="openid gifts.read")
    claims = await verified(world, tokens["access_token"], typ="at+jwt", alg="ES256")
    now = world.clock.now // 1_000_000
    jti, auth_time = claims.pop("jti"), claims.pop("auth_time")
    assert jti.isdigit()
    assert auth_time <= now
    assert claims == {
        "iss": world.issuer,
        "sub": str(world.person.account_id),
        "client_id": known.client_id,
        "aud": GIFTS,
        "scope": "openid gifts.read",
        "iat": now,
        "exp": now + 3600,
        "acr": ONE_FACTOR,
        "amr": ["pwd"],
    }
    assert (await program.userinfo(tokens["access_token"])).status_code == 200
    assert (await program.introspect(tokens["access_token"]))["aud"] == GIFTS
    await program.revoke(tokens["access_token"])
    assert not await program.is_active(tokens["access_token"])


@attack("CVE-2026-9793")
async def test_a_jwt_of_another_signature_is_worth_nothing(world: World) -> None:
    """Not one that was changed, unsigned, or signed by us for another purpose."""
    known = await ledger(world)
    program = Program(world, known)
    tokens = await get_tokens(world, known=known, scope="openid gifts.read")
    head, body, signature = tokens["access_token"].split(".")
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0"
    changed = signature[:-2] + ("AA" if signature[-2:] != "AA" else "BB")
    forged = (
        f"{head}.{body}.{changed}",
        f"{unsigned}.{body}.",
        f"{head}.{body}.",
        f"{head}.{body}.{signature}.",
        tokens["id_token"],
    )
    for text in forged:
        assert await program.introspect(text) == {"active": False}
        assert error_of(await program.userinfo(text), 401) == "invalid_token"


@spec("RFC 8707", "2", "resource narrows the audience of the token")
async def test_resource_chooses_among_the_audiences(world: World) -> None:
    """At the token endpoint one of those allowed; at the refresh another one."""
    known = await ledger(world)
    program = Program(world, known)
    tokens = await get_tokens(world, known=known, scope=ALL)
    both = await program.introspect(tokens["access_token"])
    assert both["aud"] == [GIFTS, MAIL]
    assert tokens["access_token"].startswith("dw_at_")
    answer = await program.refresh(tokens["refresh_token"], resource=GIFTS)
    claims = await verified(world, answer.json()["access_token"], typ="at+jwt", alg="ES256")
    assert claims["aud"] == GIFTS
    answer = await program.refresh(answer.json()["refresh_token"], resource=MAIL)
    assert (await program.introspect(answer.json()["access_token"]))["aud"] == MAIL


@attack("better-auth 9836")
@spec("RFC 8707", "2.2", "a resource beyond the authorization is refused")
async def test_resource_at_the_token_endpoint_stays_within_the_authorization(world: World) -> None:
    """What was authorized for one API buys nothing for another."""
    known = await ledger(world)
    program = Program(world, known)
    tokens = await get_tokens(world, known=known, scope=ALL, resource=MAIL)
    assert (await program.introspect(tokens["access_token"]))["aud"] == MAIL
    for wanted in (GIFTS, "https://unknown.example/"):
        answer = await program.refresh(tokens["refresh_token"], resource=wanted)
        assert error_of(answer) == "invalid_target"
    # A refusal does not use the refresh token up.
    assert (await program.refresh(tokens["refresh_token"])).status_code == 200


async def test_resource_needs_a_scope_of_that_resource(world: World) -> None:
    """Asked at the authorization endpoint, before anybody is asked to sign in."""
    known = await ledger(world)
    wanted = world.request(client_id=known.client_id, scope="openid gifts.read", resource=MAIL)
    async with world.http() as browser:
        assert (await arrive(browser, wanted)).parameters["error"] == "invalid_target"


async def test_an_api_may_shorten_its_tokens(world: World) -> None:
    """Its own lifetime counts where it is shorter."""
    await add_api(world, "urn:short", "short", access_token_s=90)
    known = await world.register("Short", scopes=(*SCOPES, "short"))
    tokens = await get_tokens(world, known=known, scope="openid short")
    assert tokens["expires_in"] == 90
    world.clock.advance(seconds=91)
    assert not await Program(world, known).is_active(tokens["access_token"])

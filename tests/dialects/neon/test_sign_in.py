"""``/oauth2/auth`` and ``/oauth2/token`` as Neon's clients know them."""

from __future__ import annotations

import pytest

from doorward.protocol import AuthMethod
from tests.support.platforms import add_scope, speak
from tests.support.programs import Program, error_of
from tests.support.visits import arrive, authorize
from tests.support.world import CALLBACK, Known, World

pytestmark = pytest.mark.anyio

INVALID_GRANT = (
    "The provided authorization grant (e.g., authorization code, resource owner credentials) or "
    "refresh token is invalid, expired, revoked, does not match the redirection URI used in the "
    "authorization request, or was issued to another client."
)
INVALID_REQUEST = (
    "The request is missing a required parameter, includes an invalid parameter value, includes a "
    "parameter more than once, or is otherwise malformed. Make sure that the various parameters "
    "are correct, be aware of case sensitivity and trim your parameters. Make sure that the "
    "client you are using has exactly whitelisted the redirect_uri you specified."
)
INVALID_CLIENT = (
    "Client authentication failed (e.g., unknown client, no client authentication included, or "
    "unsupported authentication method)"
)
NO_PKCE: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}


async def partner(world: World, **fields: object) -> Known:
    """A partner's application; the organization speaks Neon."""
    await speak(world, "neon")
    await add_scope(world, "offline")
    given = {
        "auth_method": AuthMethod.POST,
        "scopes": ("openid", "profile", "offline", "offline_access"),
        **fields,
    }
    return await world.register("Deploys", **given)


async def test_the_granted_scope_stands_beside_the_code(world: World) -> None:
    """With ``state``; a stray ``grant_type`` is passed over; without PKCE for partners."""
    known = await partner(world)
    asked = world.request(
        client_id=known.client_id,
        scope="openid profile offline",
        grant_type="authorization_code",
        **NO_PKCE,
    )
    async with world.http() as browser:
        visit = await authorize(browser, asked)
    assert set(visit.parameters) == {"code", "scope", "state", "iss"}
    assert visit.parameters["scope"] == "openid profile offline"
    assert visit.parameters["state"] == "the state"


@pytest.mark.parametrize("short", ["x", "1234567"])
async def test_a_short_state_is_taken(world: World, short: str) -> None:
    """The platform is only thought to refuse it: see the record of that decision."""
    known = await partner(world)
    async with world.http() as browser:
        visit = await authorize(browser, world.request(client_id=known.client_id, state=short))
    assert visit.parameters["state"] == short


@pytest.mark.parametrize(
    ("scope", "refreshes"),
    [("openid", False), ("openid offline", True), ("openid offline_access", True)],
)
async def test_refresh_tokens_come_with_an_offline_scope(
    world: World, scope: str, refreshes: bool
) -> None:
    """By either of its names; ``bearer`` is spelled as the platform spells it."""
    known = await partner(world)
    async with world.http() as browser:
        visit = await authorize(browser, world.request(client_id=known.client_id, scope=scope))
    program = Program(world, known)
    told = (await program.redeem(visit.parameters["code"])).json()
    assert told["token_type"] == "bearer"
    assert ("refresh_token" in told) is refreshes
    if refreshes:
        again = (await program.refresh(told["refresh_token"])).json()
        assert again["token_type"] == "bearer"
        assert again["refresh_token"] != told["refresh_token"]


async def test_errors_are_in_the_platforms_words(world: World) -> None:
    """Clients show them to people, and have been seen to compare them."""
    known = await partner(world)
    program = Program(world, known)
    for form, status, error, text in (
        (
            {"grant_type": "refresh_token", "refresh_token": "x"},
            400,
            "invalid_grant",
            INVALID_GRANT,
        ),
        (
            {"grant_type": "authorization_code", "code": "x", "redirect_uri": CALLBACK},
            400,
            "invalid_grant",
            INVALID_GRANT,
        ),
        ({"grant_type": "authorization_code"}, 400, "invalid_request", INVALID_REQUEST),
        ({}, 400, "invalid_request", INVALID_REQUEST),
        (
            {"grant_type": "refresh_token", "client_secret": "wrong"},
            401,
            "invalid_client",
            INVALID_CLIENT,
        ),
    ):
        answer = await program.post("oauth2/token", form)
        assert error_of(answer, status) == error
        assert answer.json()["error_description"] == text


async def test_others_keep_the_standards_own_words(world: World) -> None:
    """Nothing of it is seen where the dialect is off."""
    known = await partner(world)
    await speak(world)
    async with world.http() as browser:
        visit = await authorize(browser, world.request(client_id=known.client_id, scope="openid"))
    assert "scope" not in visit.parameters
    told = (await Program(world, known).redeem(visit.parameters["code"])).json()
    assert told["token_type"] == "Bearer"


async def test_a_native_client_needs_pkce_and_takes_any_port(world: World) -> None:
    """The shape of the platform's command line: public, S256, a port of the moment."""
    known = await partner(
        world,
        kind="native",
        auth_method=AuthMethod.NONE,
        redirect_uris=("http://127.0.0.1/callback",),
    )
    back = "http://127.0.0.1:43210/callback"
    asked = world.request(client_id=known.client_id, redirect_uri=back, scope="openid offline")
    async with world.http() as browser:
        plain = {**asked, "code_challenge_method": "plain"}
        without = {name: value for name, value in asked.items() if "challenge" not in name}
        for wrong in (plain, without):
            refused = await arrive(browser, wrong)
            assert refused.parameters["error"] == "invalid_request"
        visit = await authorize(browser, asked)
    assert visit.location.startswith(back)
    told = await Program(world, known).redeem(visit.parameters["code"], redirect_uri=back)
    assert "refresh_token" in told.json()


async def test_an_unknown_scope_is_refused(world: World) -> None:
    """By redirect, so that the client can tell."""
    known = await partner(world)
    scope = "openid urn:neoncloud:everything"
    async with world.http() as browser:
        visit = await arrive(browser, world.request(client_id=known.client_id, scope=scope))
    assert visit.parameters["error"] == "invalid_scope"

"""The authorization code flow, from the first redirect to the last token."""

from __future__ import annotations

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.support.attacks import asvs, attack
from tests.support.programs import Program
from tests.support.spec import spec
from tests.support.visits import arrive, authorize, form_of, post
from tests.support.world import CALLBACK, World

pytestmark = pytest.mark.anyio


async def buy(world: World, code: str, **changes: str) -> httpx2.Response:
    """Exchange a code as the Donor Portal does."""
    return await Program(world, world.web).redeem(code, **changes)


@spec("RFC 6749", "4.1", "a code of the person's consent buys tokens")
@spec("RFC 9207", "2", "the answer names its issuer")
async def test_a_person_signs_in_allows_and_the_application_gets_tokens(world: World) -> None:
    """The whole flow: sign-in, consent, code, tokens that verify, userinfo."""
    async with world.http() as browser:
        visit = await authorize(browser, world.request())
    assert "signin" in visit.path, visit.parameters
    assert "consent" in visit.path
    assert visit.location.startswith(f"{CALLBACK}?")
    assert visit.parameters["state"] == "the state"
    assert visit.parameters["iss"] == world.issuer
    answer = await buy(world, visit.parameters["code"])
    assert answer.status_code == 200
    tokens = answer.json()
    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == "openid profile email offline_access"
    async with world.http() as program:
        keys = KeySet.import_key_set((await program.get(".well-known/jwks.json")).json())
        claims = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims
        told = await program.get(
            "userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"}
        )
    assert claims["sub"] == str(world.person.account_id)
    assert claims["aud"] == world.web.client_id
    assert claims["nonce"] == "the nonce"
    assert told.json()["email"] == "anna@example.org"
    assert told.json()["sub"] == claims["sub"]


async def test_consent_is_asked_once(world: World) -> None:
    """A second request of the same scopes goes straight through."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        visit = await authorize(browser, world.request())
    assert visit.path == ["oauth2/auth"]
    assert "code" in visit.parameters


async def test_only_new_scopes_are_asked(world: World) -> None:
    """What was allowed before is listed apart from what is new."""
    async with world.http() as browser:
        await authorize(browser, world.request(scope="openid"))
        visit = await arrive(browser, world.request(scope="openid email"))
        assert "consent" in visit.path
        allowed = await post(browser, form_of(visit, "decision"), decision="allow")
        assert "code" in allowed.parameters
        again = await arrive(browser, world.request(scope="openid email"))
    assert "code" in again.parameters


@spec("RFC 6749", "4.1.2.1", "a refusal goes back as access_denied, with state")
async def test_a_refusal_answers_access_denied(world: World) -> None:
    """Cancel on the consent page goes back with the error, state and issuer."""
    async with world.http() as browser:
        visit = await authorize(browser, world.request(), decision="deny")
    assert visit.parameters["error"] == "access_denied"
    assert visit.parameters["state"] == "the state"
    assert visit.parameters["iss"] == world.issuer


@attack("better-auth 10150")
@asvs("10.4.2")
@spec("RFC 6749", "4.1.2", "a code used twice is refused, and its tokens are revoked")
async def test_a_code_redeemed_twice_revokes_what_it_bought(world: World) -> None:
    """The second use is refused, and the first one's tokens are dead."""
    async with world.http() as browser:
        visit = await authorize(browser, world.request())
    first = (await buy(world, visit.parameters["code"])).json()
    second = await buy(world, visit.parameters["code"])
    assert second.status_code == 400
    assert second.json()["error"] == "invalid_grant"
    async with world.http() as program:
        known = await program.post(
            "oauth2/introspect", data={"token": first["access_token"]}, auth=world.web.basic
        )
    assert known.json() == {"active": False}

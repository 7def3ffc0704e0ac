"""The same endpoints with ``scope=openid``: better than the original, on request."""

from __future__ import annotations

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from doorward.protocol import challenge_of
from tests.support.old_site import OldSite, register_site
from tests.support.visits import form_of, post
from tests.support.world import SCOPES, VERIFIER, World

pytestmark = pytest.mark.anyio

PKCE = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}


async def openid_site(world: World) -> OldSite:
    """A site that is registered for OpenID Connect."""
    return await register_site(world, scopes=SCOPES)


async def get_code(site: OldSite, **changes: str) -> dict[str, str]:
    """What arrives after sign-in and consent."""
    async with site.world.http() as browser:
        visit = await site.sign_in(browser, **changes)
        visit = await post(browser, form_of(visit, "decision"), decision="allow")
    return visit.parameters


async def test_openid_answers_with_an_id_token_of_the_account(world: World) -> None:
    """Its subject is the account id; access token and nonce are those of OpenID Connect."""
    site = await openid_site(world)
    arrived = await get_code(site, scope="openid profile", nonce="n-1", state="s", **PKCE)
    assert set(arrived) == {"code", "state", "iss"}
    answer = await site.redeem(arrived["code"], code_verifier=VERIFIER)
    tokens = answer.json()
    assert tokens["token_type"] == "Bearer"
    async with world.http() as http:
        keys = KeySet.import_key_set((await http.get(".well-known/jwks.json")).json())
        told = await http.get(
            "userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"}
        )
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims
    assert claims["sub"] == world.person.subject == told.json()["sub"]
    assert (claims["nonce"], claims["iss"]) == ("n-1", world.issuer)
    assert claims["aud"] == site.known.client_id


async def test_the_root_answers_openid_as_well(world: World) -> None:
    """Under the issuer of the shared host."""
    site = await openid_site(world)
    arrived = await get_code(site, scope="openid")
    answer = await site.redeem(arrived["code"], True)
    assert "id_token" in answer.json()


async def test_pkce_is_honoured(world: World) -> None:
    """A challenge wants its verifier."""
    site = await openid_site(world)
    arrived = await get_code(site, scope="openid", **PKCE)
    for verifier in (None, "y" * 43):
        answer = await site.redeem(arrived["code"], code_verifier=verifier)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await site.redeem(arrived["code"], code_verifier=VERIFIER)).status_code == 200


async def test_offline_access_refreshes_at_the_same_endpoint(world: World) -> None:
    """With rotation, as everywhere."""
    site = await openid_site(world)
    arrived = await get_code(site, scope="openid offline_access")
    tokens = (await site.redeem(arrived["code"])).json()
    assert site.known.secret is not None
    form = {
        "client_id": site.known.client_id,
        "client_secret": site.known.secret.reveal(),
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
    }
    async with world.http() as http:
        fresh = (await http.post("np/oauth/token", data=form)).json()
        other = await http.post("np/oauth/token", data={**form, "grant_type": "client_credentials"})
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert other.json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize(
    "sent",
    [
        {"scope": "openid", "approval_prompt": "auto", "state": "x"},
        {"scope": "profile"},
        {"scope": ""},
    ],
)
async def test_nothing_changes_for_old_clients(world: World, sent: dict[str, str]) -> None:
    """One library for them always asks for openid, and takes the access token for an account id."""
    site = await openid_site(world)
    answer = await site.redeem(await site.get_code(**sent))
    assert answer.json() == {"access_token": world.person.subject}


async def test_an_application_without_the_scope_gets_the_old_answer(world: World) -> None:
    """What it asks for beyond its registration is one of the extras that are passed over."""
    site = await register_site(world)
    answer = await site.redeem(await site.get_code(scope="openid", nonce="n"))
    assert answer.json() == {"access_token": world.person.subject}

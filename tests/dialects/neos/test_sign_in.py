"""``/connect/authorize`` and ``/connect/token``: a site links a person's account."""

from __future__ import annotations

import pytest

from tests.support.house import House
from tests.support.platforms import ALL_NEOS, neos_code, neos_redeem, neos_site, speak
from tests.support.programs import error_of
from tests.support.visits import go
from tests.support.world import BASE_URL, CALLBACK, World

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("at_root", [False, True])
@pytest.mark.parametrize("basic", [False, True])
async def test_a_code_buys_a_token(world: World, at_root: bool, basic: bool) -> None:
    """With consent, without state and PKCE; the secret in the body or the header."""
    site = await neos_site(world)
    visit = await neos_code(world, site, " ".join(ALL_NEOS))
    assert "consent" in visit.path
    assert set(visit.parameters) == {"code", "iss"}
    answer = await neos_redeem(world, site, visit.parameters["code"], at_root=at_root, basic=basic)
    told = answer.json()
    assert set(told) == {"access_token", "expires_in", "token_type", "scope"}
    assert told["token_type"] == "Bearer"
    assert told["scope"].split() == list(ALL_NEOS)
    again = await neos_redeem(world, site, visit.parameters["code"], at_root=at_root)
    assert error_of(again) == "invalid_grant"


async def test_the_roots_token_endpoint_knows_only_organizations_that_speak_it(
    house: House,
) -> None:
    """A client of another organization is no client there, with the right secret too."""
    world = await house.new_world()
    site = await neos_site(world)
    visit = await neos_code(world, site, "profile")
    await speak(world)
    answer = await neos_redeem(world, site, visit.parameters["code"], at_root=True)
    assert error_of(answer, 401) == "invalid_client"


async def test_a_client_of_another_organization_buys_nothing(house: House) -> None:
    """Its own credentials and somebody else's code."""
    one, other = await house.new_world(), await house.new_world()
    site, thief = await neos_site(one), await neos_site(other)
    code = (await neos_code(one, site, "profile")).parameters["code"]
    for at_root in (False, True):
        answer = await neos_redeem(other, thief, code, at_root=at_root)
        assert error_of(answer) == "invalid_grant"
    assert (await neos_redeem(one, site, code)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00", b"client_id=%00&client_secret=x", b"client_id=" + b"x" * 9000, b"%ff=%fe"],
)
async def test_bad_input_is_refused(world: World, body: bytes) -> None:
    """At both addresses, and never as a fault of ours."""
    await neos_site(world)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    async with world.http() as http:
        for url in ("connect/token", f"{BASE_URL}/connect/token"):
            answer = await http.post(url, content=body, headers=headers)
            assert answer.status_code in {400, 401}, answer.text


async def test_other_grants_are_not_served_here(world: World) -> None:
    """The platform has the authorization code flow only."""
    site = await neos_site(world)
    assert site.secret is not None
    form = {
        "grant_type": "client_credentials",
        "client_id": site.client_id,
        "client_secret": site.secret.reveal(),
    }
    async with world.http() as http:
        answer = await http.post("connect/token", data=form)
    assert error_of(answer) == "unsupported_grant_type"


async def test_a_stranger_is_shown_a_page(world: World) -> None:
    """Unknown applications and addresses are never redirected to."""
    site = await neos_site(world)
    async with world.http() as http:
        for query in (
            "client_id=nobody",
            f"client_id={site.client_id}&redirect_uri=https://evil.example/",
            f"redirect_uri={CALLBACK}",
        ):
            visit = await go(http, f"connect/authorize?response_type=code&{query}")
            assert 400 <= visit.response.status_code < 500
            assert "location" not in visit.response.headers

"""What an issuer says of itself, and its keys."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc import jwt

from doorward.audit import SYSTEM
from doorward.orgs import OrganizationChange
from tests.support.house import House
from tests.support.programs import Program, get_tokens, key_set, verified
from tests.support.spec import spec
from tests.support.visits import arrive
from tests.support.world import BASE_URL, World

pytestmark = pytest.mark.anyio

DAY = 86_400


async def read(world: World, address: str) -> dict[str, Any]:
    """The JSON at an address."""
    async with world.http() as http:
        answer = await http.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    document: dict[str, Any] = answer.json()
    return document


@spec("RFC 8414", "3.1", "the well-known part may stand before the issuer's path")
@spec("OpenID Connect Discovery", "4", "the document stands below the issuer")
async def test_every_form_of_the_address_answers_the_same_document(world: World) -> None:
    """Both names, before and after the path."""
    path = f"/o/{world.org.org_id}"
    known = await read(world, f"{BASE_URL}{path}/.well-known/openid-configuration")
    assert known["issuer"] == world.issuer
    for address in (
        f"{BASE_URL}{path}/.well-known/oauth-authorization-server",
        f"{BASE_URL}/.well-known/oauth-authorization-server{path}",
        f"{BASE_URL}/.well-known/openid-configuration{path}",
    ):
        assert await read(world, address) == known


@spec("RFC 8414", "2", "the metadata says only what is so")
async def test_the_metadata_is_true(world: World) -> None:
    """Its endpoints exist, its methods work, and no flow is named that is not served."""
    known = await read(world, ".well-known/openid-configuration")
    assert known["response_types_supported"] == ["code"]
    assert known["code_challenge_methods_supported"] == ["S256"]
    assert known["authorization_response_iss_parameter_supported"] is True
    assert set(known["grant_types_supported"]) == {
        "authorization_code", "refresh_token", "client_credentials"
    }  # fmt: skip
    async with world.http() as http:
        for name, address in known.items():
            if name.endswith("_endpoint") or name == "jwks_uri":
                assert address.startswith(f"{world.issuer}/")
                answer = await http.request("OPTIONS", address)
                assert answer.status_code == 204, name
        catalogue = await world.services.scopes.catalogue(world.org.org_id)
        assert set(known["scopes_supported"]) == set(catalogue.scopes)
        for mode in known["response_modes_supported"]:
            visit = await arrive(http, world.request(response_mode=mode))
            assert visit.path[-1] == "signin"


async def test_an_unknown_organization_has_no_document(world: World) -> None:
    """404, and no word of others."""
    async with world.http() as http:
        for address in (
            f"{BASE_URL}/o/nobody/.well-known/openid-configuration",
            f"{BASE_URL}/.well-known/oauth-authorization-server/o/nobody",
            f"{BASE_URL}/.well-known/openid-configuration",
        ):
            assert (await http.get(address)).status_code == 404


@spec("RFC 7517", "5", "the key set holds public keys only")
async def test_only_public_parts_are_published(world: World) -> None:
    """Current and next, of both algorithms, each with its use."""
    document = await read(world, ".well-known/jwks.json")
    for key in document["keys"]:
        assert key["use"] == "sig"
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key)
    assert sorted(key["alg"] for key in document["keys"]) == ["ES256", "ES256", "RS256", "RS256"]


@spec("OpenID Connect Core", "10.1.1", "keys rotate without a refused token")
async def test_keys_rotate_without_a_refused_token(world: World) -> None:
    """The next key was published before; the old one stays while its tokens live."""
    services, org_id = world.services, world.org.org_id
    old = await get_tokens(world)
    cached = await key_set(world)
    world.clock.advance(seconds=2 * DAY)
    old = await get_tokens(world)
    await services.keys.rotate(org_id, "RS256", SYSTEM)
    new = await get_tokens(world)
    for token in (old["id_token"], new["id_token"]):
        assert jwt.decode(token, cached, algorithms=["RS256"]).claims["iss"] == world.issuer
        assert (await verified(world, token))["iss"] == world.issuer
    kids = [
        jwt.decode(t["id_token"], cached, algorithms=["RS256"]).header["kid"] for t in (old, new)
    ]
    assert kids[0] != kids[1]
    # A hint signed by the retired key is still believed.
    async with world.http() as browser:
        visit = await arrive(browser, world.request(prompt="none", id_token_hint=old["id_token"]))
    assert visit.parameters["error"] == "login_required"
    assert await Program(world, world.web).is_active(new["access_token"])


async def test_an_organization_with_a_host_of_its_own_has_that_issuer(house: House) -> None:
    """Nothing is built from a Host header that was not registered."""
    world = await house.new_world()
    host = f"id.{world.org.org_id}.example"
    change = OrganizationChange(hosts=(host,))
    await world.services.organizations.update(world.org.org_id, change, SYSTEM)
    async with world.http() as http:
        known = await http.get(
            f"{BASE_URL}/.well-known/openid-configuration", headers={"host": host}
        )
        assert known.json()["issuer"] == f"http://{host}:8400"
        spoofed = await http.get(
            ".well-known/openid-configuration",
            headers={"host": "evil.example", "x-forwarded-host": "evil.example"},
        )
        unknown = await http.get(
            f"{BASE_URL}/.well-known/openid-configuration", headers={"host": "evil.example"}
        )
    assert spoofed.json()["issuer"] == world.issuer
    assert "evil" not in spoofed.text
    assert unknown.status_code == 404

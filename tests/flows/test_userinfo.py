"""Claims about the person, and the challenges of a protected resource."""

from __future__ import annotations

import pytest

from doorward.accounts import AccountChange
from doorward.audit import SYSTEM
from tests.support.programs import Program, error_of, get_tokens
from tests.support.spec import spec
from tests.support.world import World

pytestmark = pytest.mark.anyio

PROFILE = {"name", "given_name", "family_name", "preferred_username", "updated_at"}
EMAIL = {"email", "email_verified"}


@spec("OpenID Connect Core", "5.4", "each scope opens its claims and no others")
@pytest.mark.parametrize(
    ("scope", "claims"),
    [
        ("openid", set()),
        ("openid profile", PROFILE),
        ("openid email", EMAIL),
        ("openid profile email", PROFILE | EMAIL),
    ],
)
async def test_each_scope_opens_its_claims(world: World, scope: str, claims: set[str]) -> None:
    """Sub is always there."""
    tokens = await get_tokens(world, scope=scope)
    answer = await Program(world, world.web).userinfo(tokens["access_token"])
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert set(told) == {"sub", *claims}
    assert told["sub"] == str(world.person.account_id)


async def test_the_claims_are_those_of_now(world: World) -> None:
    """Not of the sign-in."""
    tokens = await get_tokens(world)
    change = AccountChange(name="Anna Newname", email=None)
    await world.services.accounts.update(world.org.org_id, world.person.account_id, change, SYSTEM)
    told = (await Program(world, world.web).userinfo(tokens["access_token"])).json()
    assert told["name"] == "Anna Newname"
    assert not EMAIL & set(told)


@spec("OpenID Connect Core", "5.3.1", "userinfo answers GET and POST")
async def test_userinfo_may_be_posted_to(world: World) -> None:
    """With the token in the header."""
    token = (await get_tokens(world))["access_token"]
    async with world.http() as http:
        answer = await http.post("userinfo", headers={"authorization": f"bearer {token}"})
    assert answer.json()["sub"] == str(world.person.account_id)


@spec("RFC 6750", "3", "a request without a token is challenged without an error")
async def test_nothing_presented_is_challenged_plainly(world: World) -> None:
    """The challenge has no error code, for the client did nothing wrong."""
    async with world.http() as http:
        answer = await http.get("userinfo")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == f'Bearer realm="{world.org.org_id}"'


@spec("RFC 6750", "3.1", "invalid_token is 401, insufficient_scope 403, invalid_request 400")
async def test_each_failure_has_its_challenge(world: World) -> None:
    """In the header as in the body."""
    program = Program(world, world.web)
    known = await world.register("Plain", scopes=("profile",))
    without = (await get_tokens(world, known=known, scope="profile"))["access_token"]
    tokens = await get_tokens(world)
    for token, status, code in (
        ("dw_at_" + "A" * 48, 401, "invalid_token"),
        (tokens["refresh_token"], 401, "invalid_token"),
        (tokens["id_token"], 401, "invalid_token"),
        (without, 403, "insufficient_scope"),
        ("two words", 400, "invalid_request"),
        ("", 400, "invalid_request"),
    ):
        answer = await program.userinfo(token)
        assert error_of(answer, status) == code, token
        assert f'error="{code}"' in answer.headers["www-authenticate"]
    async with world.http() as http:
        basic = await http.get("userinfo", auth=world.web.basic)
    assert error_of(basic) == "invalid_request"


@spec("RFC 6750", "5.3", "a token in the address is not accepted")
async def test_a_token_in_the_address_or_body_opens_nothing(world: World) -> None:
    """Only the header counts (OAuth 2.1 5.1.1)."""
    token = (await get_tokens(world))["access_token"]
    async with world.http() as http:
        by_query = await http.get("userinfo", params={"access_token": token})
        by_body = await http.post("userinfo", data={"access_token": token})
    assert (by_query.status_code, by_body.status_code) == (401, 401)


async def test_scripts_of_any_page_may_ask(world: World) -> None:
    """No cookie is read there, so that CORS is open; the others stay shut."""
    async with world.http() as http:
        for path in ("oauth2/token", "oauth2/revoke", "userinfo", ".well-known/jwks.json"):
            answer = await http.options(path, headers={"origin": "https://spa.example"})
            assert answer.status_code == 204
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in answer.headers
        for path in ("oauth2/auth", "signin", "consent", "account", "oauth2/introspect"):
            answer = await http.options(path, headers={"origin": "https://spa.example"})
            assert "access-control-allow-origin" not in answer.headers

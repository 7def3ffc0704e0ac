"""The code flow of every kind of application: with a secret in either place, and without one."""

from __future__ import annotations

import pytest

from doorward.protocol import AuthMethod
from tests.support.programs import Program, error_of, get_code, get_tokens, verified
from tests.support.spec import spec
from tests.support.visits import arrive, authorize
from tests.support.world import CALLBACK, Known, World

pytestmark = pytest.mark.anyio

LOOPBACK = "http://127.0.0.1/callback"


async def native(world: World, *uris: str) -> Known:
    """An application on people's own machines."""
    return await world.register(
        "Pocket", kind="native", auth_method=AuthMethod.NONE, redirect_uris=uris or (LOOPBACK,)
    )


@spec("RFC 6749", "2.3.1", "a client may send its secret in the body")
async def test_a_secret_may_travel_in_the_body(world: World) -> None:
    """client_secret_post buys the same as client_secret_basic."""
    known = await world.register("Ledger", auth_method=AuthMethod.POST)
    tokens = await get_tokens(world, known=known)
    assert (await verified(world, tokens["id_token"]))["aud"] == known.client_id


@spec("RFC 6749", "5.1", "a token answer is never stored")
async def test_a_token_answer_says_what_it_is_and_is_not_stored(world: World) -> None:
    """Type, lifetime, scope, and the two headers of the standard."""
    answer = await Program(world, world.web).redeem(await get_code(world))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    tokens = answer.json()
    assert set(tokens) == {
        "access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"
    }  # fmt: skip
    assert tokens["expires_in"] == 3600


@spec("RFC 6749", "2.3", "a client uses one method of authentication per request")
async def test_a_client_that_authenticates_twice_is_refused(world: World) -> None:
    """A secret in the header and one in the body at once."""
    form = {"grant_type": "client_credentials", "client_secret": "something"}
    async with world.http() as http:
        answer = await http.post("oauth2/token", data=form, auth=world.web.basic)
    assert error_of(answer) == "invalid_request"


@spec("RFC 6749", "5.2", "a failed Basic attempt is answered with 401 and a challenge")
async def test_a_wrong_secret_is_challenged(world: World) -> None:
    """Only who tried Basic sees the challenge."""
    form = {"grant_type": "client_credentials"}
    async with world.http() as http:
        by_header = await http.post("oauth2/token", data=form, auth=(world.web.client_id, "wrong"))
        by_body = await http.post(
            "oauth2/token",
            data={**form, "client_id": world.web.client_id, "client_secret": "wrong"},
        )
        by_nothing = await http.post("oauth2/token", data=form)
    assert error_of(by_header, 401) == "invalid_client"
    assert by_header.headers["www-authenticate"].startswith("Basic ")
    assert error_of(by_body, 401) == error_of(by_nothing, 401) == "invalid_client"
    assert "www-authenticate" not in by_body.headers


@spec("RFC 8252", "7.3", "the port of a loopback redirect URI is free")
@pytest.mark.parametrize(
    ("registered", "used"),
    [
        (LOOPBACK, "http://127.0.0.1:49152/callback"),
        (LOOPBACK, LOOPBACK),
        ("http://[::1]/callback", "http://[::1]:8123/callback"),
    ],
)
async def test_a_public_client_returns_to_any_port_of_its_own_machine(
    world: World, registered: str, used: str
) -> None:
    """And the code is bound to the very port that was asked for."""
    known = await native(world, registered)
    code = await get_code(world, client_id=known.client_id, redirect_uri=used)
    other = await Program(world, known).redeem(code, redirect_uri=registered + "/")
    assert error_of(other) == "invalid_grant"
    bought = await Program(world, known).redeem(code, redirect_uri=used)
    assert bought.status_code == 200
    assert "refresh_token" in bought.json()


@spec("RFC 8252", "8.6", "a client that anybody can pose as is never let through silently")
async def test_a_public_client_on_a_loopback_address_is_asked_each_time(world: World) -> None:
    """Its identity is not assured, so an earlier consent is not enough."""
    known = await native(world)
    wanted = world.request(client_id=known.client_id, redirect_uri=LOOPBACK)
    async with world.http() as browser:
        await authorize(browser, wanted)
        second = await arrive(browser, wanted)
        silent = await arrive(browser, {**wanted, "prompt": "none"})
    assert "consent" in second.path
    assert silent.parameters["error"] == "consent_required"


async def test_a_public_client_on_https_is_asked_once(world: World) -> None:
    """Only it can receive at its address."""
    known = await world.register(
        "Single page",
        kind="spa",
        auth_method=AuthMethod.NONE,
        redirect_uris=("https://spa.example/cb",),
    )
    wanted = world.request(client_id=known.client_id, redirect_uri="https://spa.example/cb")
    async with world.http() as browser:
        await authorize(browser, wanted)
        second = await arrive(browser, wanted)
    assert "code" in second.parameters


@spec("RFC 8252", "7.1", "a private-use scheme is a redirect URI")
async def test_an_application_with_its_own_scheme_is_reached_by_a_page(world: World) -> None:
    """The browser is not redirected blindly: a page says where it goes."""
    known = await native(world, "org.example.pocket:/callback")
    wanted = world.request(client_id=known.client_id, redirect_uri="org.example.pocket:/callback")
    async with world.http() as browser:
        with pytest.raises(AssertionError, match="stuck at"):
            await authorize(browser, wanted)
        visit = await arrive(browser, wanted)
        answered = await browser.post(
            "consent",
            data={**visit.page.forms[0].fields, "decision": "allow"},
        )
    assert answered.status_code == 200
    assert 'content="0;url=org.example.pocket:/callback?code=dw_ac_' in answered.text


async def test_an_application_without_the_grant_gets_no_refresh_token(world: World) -> None:
    """offline_access is ignored then (OpenID Connect Core 11)."""
    known = await world.register("Once", grant_types=frozenset({"authorization_code"}))
    tokens = await get_tokens(world, known=known)
    assert "refresh_token" not in tokens
    assert tokens["scope"] == "openid profile email"


@spec("OpenID Connect Core", "11", "without offline_access there is no refresh token")
async def test_offline_access_is_what_asks_for_a_refresh_token(world: World) -> None:
    """A request without it gets an access token only."""
    tokens = await get_tokens(world, scope="openid")
    assert "refresh_token" not in tokens


async def test_a_request_without_openid_is_plain_oauth(world: World) -> None:
    """No ID token, and userinfo is closed."""
    known = await world.register("Plain", scopes=("profile", "offline_access"))
    tokens = await get_tokens(world, known=known, scope="profile offline_access")
    assert "id_token" not in tokens
    assert "refresh_token" in tokens
    answer = await Program(world, known).userinfo(tokens["access_token"])
    assert error_of(answer, 403) == "insufficient_scope"


@spec("OpenID Connect Core", "3.1.3.6", "the ID token states issuer, audience, nonce and hash")
@pytest.mark.parametrize("alg", ["RS256", "ES256"])
async def test_the_id_token_states_whose_sign_in_it_was(world: World, alg: str) -> None:
    """Issuer, subject, audience, times, nonce, session and the access token's hash."""
    known = await world.register("Signed", id_token_alg=alg)
    tokens = await get_tokens(world, known=known)
    claims = await verified(world, tokens["id_token"], alg=alg)
    now = world.clock.now // 1_000_000
    assert claims["iss"] == world.issuer
    assert claims["sub"] == str(world.person.account_id)
    assert claims["aud"] == known.client_id
    assert claims["nonce"] == "the nonce"
    assert (claims["iat"], claims["exp"], claims["auth_time"]) == (now, now + 3600, now)
    assert {"sid", "at_hash"} <= set(claims)


async def test_the_callback_keeps_its_own_query(world: World) -> None:
    """What the application registered stays in front of the answer."""
    known = await world.register("Query", redirect_uris=(f"{CALLBACK}?tenant=7",))
    wanted = world.request(client_id=known.client_id, redirect_uri=f"{CALLBACK}?tenant=7")
    async with world.http() as browser:
        visit = await authorize(browser, wanted)
    assert visit.parameters["tenant"] == "7"
    assert "code" in visit.parameters

"""Applications that act for themselves."""

from __future__ import annotations

import pytest

from doorward.protocol import AuthMethod
from tests.support.attacks import asvs, attack
from tests.support.programs import Program, add_api, error_of, verified
from tests.support.spec import spec
from tests.support.world import Known, World

pytestmark = pytest.mark.anyio


async def service(world: World, *scopes: str) -> Known:
    """An application that nobody signs in to."""
    return await world.register(
        "Nightly",
        kind="service",
        grant_types=frozenset({"client_credentials"}),
        redirect_uris=(),
        scopes=scopes,
    )


@spec("RFC 6749", "4.4.3", "the answer has no refresh token")
async def test_a_service_gets_a_token_of_its_own(world: World) -> None:
    """For itself: no person, no ID token, no refresh token."""
    program = Program(world, await service(world))
    answer = await program.act()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert set(tokens) == {"access_token", "token_type", "expires_in"}
    told = await program.introspect(tokens["access_token"])
    assert told["sub"] == told["client_id"] == program.known.client_id
    assert error_of(await program.userinfo(tokens["access_token"]), 403) == "insufficient_scope"


@spec("RFC 9700", "4.15", "a client's subject cannot be taken for a person's")
async def test_a_clients_subject_is_never_a_number(world: World) -> None:
    """People's subjects are numbers; no client may have such an identifier."""
    await add_api(world, "urn:gifts", "gifts.read", token_format="jwt")
    program = Program(world, await service(world, "gifts.read"))
    token = (await program.act()).json()["access_token"]
    claims = await verified(world, token, typ="at+jwt", alg="ES256")
    assert not claims["sub"].isdigit()
    assert "auth_time" not in claims


@attack("CVE-2024-52287")
@asvs("10.4.11")
@spec("RFC 6749", "3.3", "a client gets no scope beyond its registration")
async def test_a_service_gets_its_scopes_and_no_others(world: World) -> None:
    """All of them unless it asks for fewer; what is about people is never among them."""
    await add_api(world, "urn:gifts", "gifts.read", "gifts.write", "secret")
    program = Program(world, await service(world, "openid", "email", "gifts.read", "gifts.write"))
    everything = (await program.act()).json()
    assert everything["scope"] == "gifts.read gifts.write"
    assert (await program.introspect(everything["access_token"]))["aud"] == "urn:gifts"
    assert (await program.act(scope="gifts.read")).json()["scope"] == "gifts.read"
    for scope in ("secret", "gifts.read secret", "openid", "email", "offline_access", 'x"'):
        assert error_of(await program.act(scope=scope)) == "invalid_scope"


@asvs("10.4.4")
async def test_only_registered_grants_are_served(world: World) -> None:
    """And those that nobody has are unknown, whoever asks."""
    nightly = Program(world, await service(world))
    for grant in ("authorization_code", "refresh_token"):
        answer = await nightly.post("oauth2/token", {"grant_type": grant, "code": "x"})
        assert error_of(answer) == "unauthorized_client"
    assert error_of(await Program(world, world.web).act()) == "unauthorized_client"
    for grant in ("password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", "x" * 999):
        answer = await nightly.post("oauth2/token", {"grant_type": grant})
        assert error_of(answer) == "unsupported_grant_type"
    assert error_of(await nightly.post("oauth2/token", {})) == "invalid_request"


@spec("RFC 6749", "4.4", "only confidential clients act for themselves")
async def test_a_public_client_cannot_act_for_itself(world: World) -> None:
    """Anybody could say that they are it."""
    known = await world.register(
        "Pocket", kind="native", auth_method=AuthMethod.NONE, redirect_uris=("http://127.0.0.1/",)
    )
    assert error_of(await Program(world, known).act()) == "unauthorized_client"

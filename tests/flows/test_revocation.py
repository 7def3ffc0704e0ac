"""Revocation: a client gives back what it holds."""

from __future__ import annotations

import pytest

from doorward.protocol import AuthMethod
from tests.support.attacks import attack
from tests.support.programs import Program, error_of, get_tokens
from tests.support.spec import spec
from tests.support.world import World

pytestmark = pytest.mark.anyio


@spec("RFC 7009", "2.1", "a revoked refresh token takes its access tokens with it")
async def test_a_refresh_token_takes_everything_with_it(world: World) -> None:
    """The whole family, on record; and again is fine."""
    program = Program(world, world.web)
    tokens = await get_tokens(world)
    for _ in range(2):
        answer = await program.revoke(tokens["refresh_token"])
        assert (answer.status_code, answer.content) == (200, b"")
    assert not await program.is_active(tokens["refresh_token"])
    assert not await program.is_active(tokens["access_token"])
    assert error_of(await program.userinfo(tokens["access_token"]), 401) == "invalid_token"
    events = await world.services.audit.list(world.org.org_id, None, 10, "token.revoked")
    assert len(events) == 1


async def test_an_access_token_goes_alone(world: World) -> None:
    """The refresh token buys another."""
    program = Program(world, world.web)
    tokens = await get_tokens(world)
    assert (await program.revoke(tokens["access_token"])).status_code == 200
    assert not await program.is_active(tokens["access_token"])
    assert (await program.refresh(tokens["refresh_token"])).status_code == 200


@spec("RFC 7009", "2.2", "an unknown token is answered like a revoked one")
async def test_what_is_not_a_token_is_revoked_already(world: World) -> None:
    """200, whatever it is; only a missing one is an error."""
    program = Program(world, world.web)
    for text in ("x", "dw_at_" + "A" * 48, "dw_rt_" + "A" * 48, "a.b.c", "💥"):
        assert (await program.revoke(text)).status_code == 200
    assert error_of(await program.post("oauth2/revoke", {})) == "invalid_request"


@attack("CVE-2016-6582")
@spec("RFC 7009", "2.1", "a client cannot revoke another client's token")
async def test_another_clients_token_is_refused(world: World) -> None:
    """And lives on."""
    tokens = await get_tokens(world)
    thief = Program(world, await world.register("Thief"))
    for name in ("access_token", "refresh_token"):
        assert error_of(await thief.revoke(tokens[name])) == "invalid_request"
        assert await Program(world, world.web).is_active(tokens[name])


@attack("CVE-2016-6582")
@spec("RFC 7009", "2.1", "a confidential client authenticates to revoke, a public one does not")
async def test_who_must_prove_what(world: World) -> None:
    """A public client can revoke its own by its identifier."""
    tokens = await get_tokens(world)
    async with world.http() as http:
        data = {"token": tokens["refresh_token"], "client_id": world.web.client_id}
        answer = await http.post("oauth2/revoke", data=data)
    assert error_of(answer, 401) == "invalid_client"
    known = await world.register(
        "Single page",
        kind="spa",
        auth_method=AuthMethod.NONE,
        redirect_uris=("https://spa.example/cb",),
    )
    tokens = await get_tokens(world, known=known, redirect_uri="https://spa.example/cb")
    program = Program(world, known)
    assert (await program.revoke(tokens["refresh_token"])).status_code == 200
    assert error_of(await program.refresh(tokens["refresh_token"])) == "invalid_grant"


async def test_the_hint_about_the_kind_is_not_believed(world: World) -> None:
    """A wrong one does not save the token (RFC 7009 2.1)."""
    program = Program(world, world.web)
    tokens = await get_tokens(world)
    for name, hint in (("access_token", "refresh_token"), ("refresh_token", "access_token")):
        await program.revoke(tokens[name], token_type_hint=hint)
        assert not await program.is_active(tokens[name])

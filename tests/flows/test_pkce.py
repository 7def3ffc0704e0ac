"""Proof Key for Code Exchange at the endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from doorward.protocol import AuthMethod, challenge_of
from tests.support.attacks import asvs, attack
from tests.support.programs import Program, error_of, get_code
from tests.support.spec import spec
from tests.support.visits import arrive
from tests.support.world import VERIFIER, Known, World

pytestmark = pytest.mark.anyio

SPA = "https://spa.example/cb"


async def public(world: World) -> Known:
    """An application without a secret."""
    return await world.register(
        "Single page", kind="spa", auth_method=AuthMethod.NONE, redirect_uris=(SPA,)
    )


NO_CHALLENGE: dict[str, Any] = {"code_challenge": None, "code_challenge_method": None}


@attack("CVE-2025-4144")
@spec("RFC 9700", "2.1.1", "a public client must use PKCE")
async def test_a_public_client_without_a_challenge_is_sent_back(world: World) -> None:
    """It learns why; nobody is asked to sign in."""
    known = await public(world)
    wanted = world.request(client_id=known.client_id, redirect_uri=SPA, **NO_CHALLENGE)
    async with world.http() as browser:
        visit = await arrive(browser, wanted)
    assert visit.location.startswith(SPA)
    assert visit.parameters["error"] == "invalid_request"
    assert "code_challenge" in visit.parameters["error_description"]


async def test_a_confidential_client_may_leave_it_out(world: World) -> None:
    """Then no verifier is expected."""
    code = await get_code(world, **NO_CHALLENGE)
    answer = await Program(world, world.web).redeem(code, code_verifier=None)
    assert answer.status_code == 200


@attack("CVE-2024-23647")
@spec("RFC 9700", "2.1.1", "a verifier without a challenge is refused")
async def test_a_verifier_for_no_challenge_is_refused(world: World) -> None:
    """Somebody took the challenge out of the request on its way."""
    code = await get_code(world, **NO_CHALLENGE)
    assert error_of(await Program(world, world.web).redeem(code)) == "invalid_grant"


@spec("RFC 7636", "4.6", "a verifier that does not answer the challenge is refused")
async def test_a_wrong_verifier_is_refused_and_costs_nothing(world: World) -> None:
    """Who intercepted the code gets nothing, and the rightful application still does."""
    code = await get_code(world)
    program = Program(world, world.web)
    near, challenge = VERIFIER[:-1] + "X", challenge_of(VERIFIER)
    for verifier in (None, "", near, VERIFIER + "a", challenge, "short", "x" * 129):
        assert error_of(await program.redeem(code, code_verifier=verifier)) == "invalid_grant"
    assert (await program.redeem(code)).status_code == 200


@attack("porchlight")
@asvs("10.4.6")
@spec("RFC 7636", "4.4.1", "plain and malformed challenges are refused")
async def test_only_a_sound_s256_challenge_is_accepted(world: World) -> None:
    """Anything else is answered before anybody signs in."""
    challenge = challenge_of(VERIFIER)
    table: tuple[dict[str, str | None], ...] = (
        {"code_challenge_method": "plain", "code_challenge": VERIFIER},
        {"code_challenge_method": None},
        {"code_challenge_method": "s256"},
        {"code_challenge_method": "S512"},
        {"code_challenge": None},
        {"code_challenge": "too-short"},
        {"code_challenge": challenge + "="},
        {"code_challenge": challenge[:-1] + "+"},
    )
    async with world.http() as browser:
        for changes in table:
            visit = await arrive(browser, world.request(**changes))
            assert visit.parameters["error"] == "invalid_request", changes

"""V-CL and V-RT: nobody passes for a client, and nothing of a dead grant comes back."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from doorward.clients import ApplicationStatus
from doorward.protocol import AuthMethod
from tests.support.attacks import asvs, attack
from tests.support.programs import Program, add_api, error_of, get_tokens
from tests.support.spec import spec
from tests.support.visits import arrive, authorize
from tests.support.world import World

pytestmark = pytest.mark.anyio

ENDPOINTS = ("oauth2/token", "oauth2/introspect", "oauth2/revoke")
FORM = {"grant_type": "client_credentials", "token": "x"}


@attack("CVE-2026-44476")
@asvs("10.4.10")
async def test_v_cl_only_the_registered_method_with_the_right_secret_counts(world: World) -> None:
    """Every other combination of method and secret is 401, with one and the same text."""
    basic = world.web
    in_body = await world.register("Body", auth_method=AuthMethod.POST)
    public = await world.register(
        "Public", kind="native", auth_method=AuthMethod.NONE, redirect_uris=("http://127.0.0.1/",)
    )
    assert basic.secret is not None
    assert in_body.secret is not None
    right = {basic.client_id: basic.secret.reveal(), in_body.client_id: in_body.secret.reveal()}
    texts = set()
    async with world.http() as http:
        for known in (basic, in_body, public):
            own = right.get(known.client_id, "")
            for secret in (
                own,
                "",
                "null",
                "undefined",
                own[:-1],
                own + "A",
                own.upper(),
                "x" * 99,
            ):
                method = known.application.auth_method
                good = bool(secret) and secret == own
                for path in ENDPOINTS:
                    if not (good and method is AuthMethod.BASIC):
                        answer = await http.post(path, data=FORM, auth=(known.client_id, secret))
                        texts.add(error_of(answer, 401) + answer.text)
                    data = {**FORM, "client_id": known.client_id, "client_secret": secret}
                    sent = good and method is AuthMethod.POST
                    # An empty secret is no secret: that is how a public client comes.
                    if not (sent or (method is AuthMethod.NONE and not secret)):
                        answer = await http.post(path, data=data)
                        texts.add(error_of(answer, 401) + answer.text)
    assert len(texts) == 1


@attack("CVE-2026-44476")
async def test_v_cl_a_confidential_client_cannot_come_without_its_secret(world: World) -> None:
    """By its identifier alone, at any endpoint."""
    async with world.http() as http:
        for path in ENDPOINTS:
            answer = await http.post(path, data={**FORM, "client_id": world.web.client_id})
            assert error_of(answer, 401) == "invalid_client"


async def test_v_cl_an_added_secret_works_and_a_revoked_one_does_not(world: World) -> None:
    """Both while both stand; then only the new one, at once."""
    org_id, client_id = world.org.org_id, world.web.client_id
    applications = world.services.applications
    _, second = await applications.add_secret(org_id, client_id, SYSTEM)
    old = world.web.application.secrets[0]
    async with world.http() as http:

        async def status(secret: str) -> int:
            answer = await http.post("oauth2/introspect", data=FORM, auth=(client_id, secret))
            return answer.status_code

        assert world.web.secret is not None
        assert await status(world.web.secret.reveal()) == await status(second.reveal()) == 200
        await applications.revoke_secret(org_id, client_id, old.secret_id, SYSTEM)
        assert await status(world.web.secret.reveal()) == 401
        assert await status(second.reveal()) == 200


@pytest.mark.parametrize("status", ["draft", "submitted"])
async def test_v_cl_an_application_that_is_not_approved_gets_nothing(
    world: World, status: str
) -> None:
    """Neither people who are none of its test users, nor what it may know of tokens."""
    known = await world.register("Fresh", status=status)
    api = await add_api(world, "urn:donations", "donations", resource_client_ids=(known.client_id,))
    scopes = ("openid", "offline_access", "donations")
    other = await world.register("Other", scopes=scopes)
    theirs = await get_tokens(world, known=other, scope=" ".join(scopes))
    async with world.http() as browser:
        await authorize(browser, world.request())
        visit = await arrive(browser, world.request(client_id=known.client_id))
    assert visit.response.status_code == 400
    assert api.identifier == "urn:donations"
    assert await Program(world, known).introspect(theirs["access_token"]) == {"active": False}


@pytest.mark.parametrize("status", ["suspended", "withdrawn"])
async def test_v_cl_an_application_that_is_closed_is_no_client(world: World, status: str) -> None:
    """Neither people nor tokens, whoever they are."""
    known = await world.register("Gone")
    org_id, client_id = world.org.org_id, known.client_id
    closed = ApplicationStatus(status)
    await world.services.ownership.set_testers(org_id, client_id, [world.person.account_id], SYSTEM)
    await world.services.applications.set_status(org_id, client_id, closed, SYSTEM)
    async with world.http() as browser:
        visit = await arrive(browser, world.request(client_id=client_id))
    assert visit.response.status_code == 400
    answer = await Program(world, known).post("oauth2/introspect", {"token": "x"})
    assert error_of(answer, 401) == "invalid_client"


async def test_v_cl_a_deleted_application_takes_everything_with_it(world: World) -> None:
    """Its tokens open nothing, and its identifier is unknown."""
    known = await world.register("Gone")
    tokens = await get_tokens(world, known=known)
    await world.services.ownership.delete(world.org.org_id, known.client_id, SYSTEM)
    program = Program(world, known)
    assert error_of(await program.userinfo(tokens["access_token"]), 401) == "invalid_token"
    assert error_of(await program.refresh(tokens["refresh_token"]), 401) == "invalid_client"


async def test_v_cl_sql_in_any_field_is_just_text(world: World) -> None:
    """Nothing is found by it, and nothing breaks."""
    program = Program(world, world.web)
    for text in ("' OR '1'='1", "x'; DROP TABLE access_tokens; --", "%", "_", "\\", '"', "1) --"):
        assert error_of(await program.redeem(text)) == "invalid_grant"
        assert not await program.is_active(text)
        async with world.http() as http:
            answer = await http.post("oauth2/token", data=FORM, auth=(text or "x", text))
            assert error_of(answer, 401) == "invalid_client"
    assert (await get_tokens(world))["token_type"] == "Bearer"


@attack("keycloak 50999")
@spec("RFC 9700", "4.14.2", "a stale refresh token ends its family, however quickly it comes")
async def test_v_rt_three_rotations_in_one_second_then_each_old_one(world: World) -> None:
    """No clock resolution lets an old token back in."""
    program = Program(world, world.web)
    for which in range(3):
        chain = [(await get_tokens(world))["refresh_token"]]
        for _ in range(3):
            chain.append((await program.refresh(chain[-1])).json()["refresh_token"])
        answer = await program.refresh(chain[which])
        if which == 2:
            # The one that was just replaced, within its grace: the same answer, no new branch.
            assert answer.json()["refresh_token"] == chain[-1]
        else:
            assert error_of(answer) == "invalid_grant"
            assert not await program.is_active(chain[-1])


@attack("CVE-2026-27840")
async def test_v_rt_cut_longer_and_changed_tokens_are_unknown(world: World) -> None:
    """Every byte of a token counts; a damaged one harms nobody."""
    program = Program(world, world.web)
    tokens = await get_tokens(world)
    refresh = tokens["refresh_token"]
    for text in (refresh[:-1], refresh + "=", refresh[:-1] + "~", refresh.swapcase(), refresh * 2):
        assert error_of(await program.refresh(text)) == "invalid_grant"
    for place in range(6, 54, 5):
        other = "A" if refresh[place] != "A" else "B"
        flipped = refresh[:place] + other + refresh[place + 1 :]
        assert error_of(await program.refresh(flipped)) == "invalid_grant"
    assert (await program.refresh(refresh)).status_code == 200


@attack("DOT 1510")
async def test_v_rt_a_suspended_application_cannot_keep_a_family_warm(world: World) -> None:
    """Suspended, it can neither refresh nor revoke; afterwards its tokens are as they were."""
    program = Program(world, world.web)
    tokens = await get_tokens(world)
    org_id, client_id = world.org.org_id, world.web.client_id
    applications = world.services.applications
    await applications.set_status(org_id, client_id, ApplicationStatus.SUSPENDED, SYSTEM)
    assert error_of(await program.refresh(tokens["refresh_token"]), 401) == "invalid_client"
    await applications.set_status(org_id, client_id, ApplicationStatus.APPROVED, SYSTEM)
    assert (await program.refresh(tokens["refresh_token"])).status_code == 200

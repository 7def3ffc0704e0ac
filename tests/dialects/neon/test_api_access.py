"""Who may call Neon's API, what each scope opens, and how refusals look."""

from __future__ import annotations

from typing import Any

import pytest

from doorward.audit import SYSTEM
from doorward.clients import ApplicationStatus
from doorward.dialects.neon import API_PREFIX
from doorward.orgs import OrganizationChange
from tests.support.factories import make_account
from tests.support.neon import (
    API,
    EVERY_SCOPE,
    ApiProgram,
    add_neon_api,
    make_key,
    make_token,
    message_of,
)
from tests.support.programs import Program, add_api, get_tokens
from tests.support.raw import raw_request
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def test_an_organization_that_does_not_speak_it_answers_nobody(world: World) -> None:
    """Whatever is presented, at either place."""
    program = ApiProgram(world, await make_key(world))
    assert (await program.get("/auth")).status_code == 200
    silent = OrganizationChange(dialects=("neon_crm",))
    await world.services.organizations.update(world.org.org_id, silent, SYSTEM)
    assert (await program.get("/auth")).status_code == 404
    message_of(await program.call("GET", "/auth", under=""), 401)


async def test_a_token_of_the_whole_flow_works_at_both_places(world: World) -> None:
    """Under the issuer and at the root, where its row says the organization."""
    known = await add_neon_api(world)
    scope = " ".join(("openid", "offline_access", *EVERY_SCOPE))
    program = ApiProgram(world, (await get_tokens(world, known=known, scope=scope))["access_token"])
    made = await program.call("POST", "/projects", json={"project": {"name": "One"}}, under="")
    assert made.status_code == 201
    inside, at_root = (
        await program.get("/projects"),
        await program.call("GET", "/projects", under=""),
    )
    assert inside.json()["projects"] == at_root.json()["projects"]
    assert [each["name"] for each in inside.json()["projects"]] == ["One"]
    auth = (await program.get("/auth")).json()
    assert auth == {
        "account_id": world.person.subject,
        "auth_method": "oauth",
        "auth_data": known.client_id,
    }


async def test_an_organization_on_a_host_of_its_own_serves_it_there(world: World) -> None:
    """Its token works there; the token of another does not."""
    known = await add_neon_api(world)
    host = f"{world.org.org_id}.example"
    hosts = OrganizationChange(hosts=(host,))
    await world.services.organizations.update(world.org.org_id, hosts, SYSTEM)
    token = await make_token(world, known, *EVERY_SCOPE)
    for given, status in ((token, 200), (token[:-1], 401)):
        headers = ((b"host", host.encode()), (b"authorization", f"Bearer {given}".encode()))
        path = f"{API_PREFIX}/projects"
        answer = await raw_request(_with_host(world), "GET", path, headers=headers)
        assert answer.status == status


def _with_host(world: World) -> Any:
    """The raw request names the shared host first: only the last one counts here."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await world.app({**scope, "headers": scope["headers"][1:]}, receive, send)

    return app


async def test_a_token_dies_with_everything_that_it_hangs_on(world: World) -> None:
    """Each of them, for the very next call."""
    use, org_id = world.services, world.org.org_id
    known = await add_neon_api(world)
    scope = " ".join(EVERY_SCOPE)
    tokens = await get_tokens(world, known=known, scope=scope)
    program = ApiProgram(world, tokens["access_token"])

    async def status() -> int:
        answer = await program.get("/projects")
        if answer.status_code == 401:
            message_of(answer, 401)
            assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        return answer.status_code

    me = world.person.account_id
    assert await status() == 200
    await use.accounts.disable(org_id, me, SYSTEM)
    assert await status() == 401
    await use.accounts.enable(org_id, me, SYSTEM)
    assert await status() == 200
    await use.applications.set_status(org_id, known.client_id, ApplicationStatus.SUSPENDED, SYSTEM)
    assert await status() == 401
    await use.applications.set_status(org_id, known.client_id, ApplicationStatus.APPROVED, SYSTEM)
    await use.organizations.suspend(org_id, SYSTEM)
    assert (await program.call("GET", "/projects", under="")).status_code == 401
    await use.organizations.resume(org_id, SYSTEM)
    assert await status() == 200
    (consent,) = await use.consents.list_of_account(org_id, me)
    await use.consents.withdraw(org_id, consent.consent_id, SYSTEM)
    assert await status() == 401
    short = ApiProgram(world, await make_token(world, known, *EVERY_SCOPE, lifetime_s=60))
    assert (await short.get("/projects")).status_code == 200
    world.clock.advance(seconds=60)
    message_of(await short.get("/projects"), 401)


async def test_a_revoked_token_is_refused(world: World) -> None:
    """As its application gave it back."""
    known = await add_neon_api(world)
    token = await make_token(world, known, *EVERY_SCOPE)
    assert (await ApiProgram(world, token).get("/auth")).status_code == 200
    assert (await Program(world, known).revoke(token)).status_code == 200
    message_of(await ApiProgram(world, token).get("/auth"), 401)


async def test_a_token_for_another_audience_is_refused(world: World) -> None:
    """Also one that holds our scopes, and was narrowed to another API or to none."""
    known = await add_neon_api(world)
    other = "https://other.example/api"
    await add_api(world, other, "donations.read")
    for audience, scopes, status in (
        ((API,), EVERY_SCOPE, 200),
        ((other, API), (*EVERY_SCOPE, "donations.read"), 200),
        ((other,), (*EVERY_SCOPE, "donations.read"), 401),
        ((other,), ("donations.read",), 401),
        ((), EVERY_SCOPE, 401),
        ((), ("openid",), 403),
        ((API + "/",), EVERY_SCOPE, 401),
    ):
        token = await make_token(world, known, *scopes, audience=audience)
        answer = await ApiProgram(world, token).get("/projects")
        assert answer.status_code == status, (audience, scopes)


async def test_an_application_that_acts_for_nobody_has_no_projects(world: World) -> None:
    """Its own token is good, and is nobody's."""
    await add_neon_api(world)
    service = await world.register(
        "Backup",
        kind="service",
        grant_types=frozenset({"client_credentials"}),
        redirect_uris=(),
        scopes=EVERY_SCOPE,
    )
    token = (await Program(world, service).act()).json()["access_token"]
    assert "nobody" in message_of(await ApiProgram(world, token).get("/projects"), 403)


async def test_other_values_are_no_credentials(world: World) -> None:
    """Whatever is sent: no header, another scheme, a damaged value, a value of another kind."""
    known = await add_neon_api(world)
    tokens = await get_tokens(world, known=known, scope=f"offline_access {EVERY_SCOPE[0]}")
    good = await make_token(world, known, *EVERY_SCOPE)
    key = await make_key(world)
    assert known.secret is not None
    values = (
        tokens["refresh_token"],
        known.secret.reveal(),
        good[:-1],
        good + "A",
        "dw_pk_" + good[6:],
        "dw_at_" + key[6:],
        key[:-1],
        "x" * 9000,
        "a.b.c",
        "..",
    )
    for under in ("", f"/o/{world.org.org_id}"):
        for value in values:
            answer = await ApiProgram(world, value).call("GET", "/projects", under=under)
            message_of(answer, 401)
        for header in ("", "Bearer", "Bearer ", f"Basic {good}", good, "Bearer \xff"):
            headers = ((b"authorization", header.encode("latin-1")),)
            raw = await raw_request(world.app, "GET", f"{under}/api/v2/projects", headers=headers)
            assert raw.status == 401
        bare = await raw_request(world.app, "GET", f"{under}/api/v2/projects")
        assert bare.status == 401
        twice = ((b"authorization", f"Bearer {good}".encode()),) * 2
        raw = await raw_request(world.app, "GET", f"{under}/api/v2/projects", headers=twice)
        assert raw.status == 401


async def test_addresses_and_methods_that_are_not_there_are_told_so(world: World) -> None:
    """404, and 405 with what there is."""
    program = ApiProgram(world, await make_key(world))
    for path in (
        "",
        "/",
        "/project",
        "/projects/",
        "/projects/a/b",
        "/users",
        "/projects/{project_id}/x",
    ):
        message_of(await program.call("GET", path), 404)
    for method, path, allowed in (
        ("DELETE", "/projects", "GET, POST"),
        ("PUT", "/projects/spring-example-302709", "GET, PATCH, DELETE"),
        ("GET", "/projects/spring-example-302709/recover", "POST"),
        ("PUT", "/organizations/org-x/members/1", "GET, PATCH, DELETE"),
        ("POST", "/projects/a-b-123456/permissions/1", "DELETE"),
        ("OPTIONS", "/auth", "GET"),
    ):
        answer = await program.call(method, path)
        message_of(answer, 405)
        assert answer.headers["allow"] == allowed
    head = await program.call("HEAD", "/projects")
    assert (head.status_code, head.content) == (200, b"")


async def test_a_caller_s_own_number_comes_back(world: World) -> None:
    """When it may be repeated; otherwise ours is told."""
    key = await make_key(world)
    for number, honoured in (
        ("3f2c-9A.b:1_x", True),
        ("a" * 128, True),
        ("a" * 129, False),
        ("x y", False),
        ("<b>", False),
        ("", False),
        ("-a", False),
    ):
        for credential, status in ((key, 200), ("wrong", 401)):
            program = ApiProgram(world, credential)
            answer = await program.call("GET", "/auth", headers={"x-request-id": number})
            assert answer.status_code == status
            assert len(answer.headers.get_list("x-request-id")) == 1
            assert (answer.headers["x-request-id"] == number) is honoured
            if status == 401:
                assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_a_person_who_calls_too_often_waits(world: World) -> None:
    """Forty in a second for an operation, through whatever credential; others go on."""
    known = await add_neon_api(world)
    programs = [
        ApiProgram(world, await make_token(world, known, *EVERY_SCOPE)),
        ApiProgram(world, await make_key(world)),
    ]
    for number in range(40):
        under = ("", f"/o/{world.org.org_id}")[number % 2]
        assert (await programs[number % 2].call("GET", "/auth", under=under)).status_code == 200
    refused = await programs[0].get("/auth")
    message_of(refused, 429)
    assert refused.headers["retry-after"] == "1"
    assert (await programs[1].get("/users/me")).status_code == 200
    ben = await make_account(world.services.db, "ben", org_id=world.org.org_id)
    assert (await ApiProgram(world, await make_key(world, ben)).get("/auth")).status_code == 200
    for _ in range(16):
        world.clock.advance(seconds=1)
        for _ in range(40):
            assert (await programs[0].get("/auth")).status_code == 200
    for _ in range(20):
        world.clock.advance(seconds=1)
        assert (await programs[0].get("/auth")).status_code == 200
    world.clock.advance(seconds=1)
    refused = await programs[0].get("/auth")
    message_of(refused, 429)
    world.clock.advance(seconds=int(refused.headers["retry-after"]))
    assert (await programs[0].get("/auth")).status_code == 200

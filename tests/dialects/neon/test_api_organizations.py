"""Organizations, who is in them, and who else sees a project, over Neon's API."""

from __future__ import annotations

from typing import Any

import pytest

from doorward.accounts import Account
from doorward.app.housekeeping import Housekeeping
from doorward.audit import SYSTEM
from doorward.projects import Role
from tests.dialects.neon.test_api_documents import shaped
from tests.support.factories import make_account
from tests.support.neon import (
    EVERY_SCOPE,
    ApiProgram,
    add_neon_api,
    make_key,
    make_project,
    make_token,
    message_of,
)
from tests.support.raw import raw_request
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def begin(world: World) -> tuple[ApiProgram, str]:
    """Anna's program, and an organization that she made with it."""
    program = ApiProgram(world, await make_key(world))
    body = {"organization": {"name": "Lanterns"}}
    made = await program.call("POST", "/organizations", json=body)
    return program, str(shaped(made, "Organization", 201)["id"])


async def join(world: World, org_id: str, name: str, role: Role = Role.MEMBER) -> Account:
    """Somebody who is in the organization."""
    who = await make_account(world.services.db, name, org_id=world.org.org_id)
    groups = world.services.project_groups
    await groups.add_member(world.org.org_id, org_id, who.account_id, role, SYSTEM)
    return who


async def test_an_organization_is_made_renamed_and_deleted(world: World) -> None:
    """Its own administrator does so; it is in the list of the person's while it is there."""
    program, org_id = await begin(world)
    path = f"/organizations/{org_id}"
    found = shaped(await program.get(path), "Organization")
    assert (found["name"], found["plan"], found["managed_by"]) == ("Lanterns", "free", "console")
    body = {"organization": {"name": "灯"}}
    assert shaped(await program.call("PATCH", path, json=body), "Organization")["name"] == "灯"
    listed = (await program.get("/users/me/organizations")).json()["organizations"]
    assert [each["name"] for each in listed] == ["Anna Example", "灯"]
    new = {"project": {"org_id": org_id}}
    made = (await program.call("POST", "/projects", json=new)).json()["project"]
    refused = await program.call("DELETE", path)
    assert shaped(refused, "GeneralError", 409)["code"] == "ORGANIZATION_NOT_EMPTY"
    own = await program.call("DELETE", f"/organizations/{listed[0]['id']}")
    assert shaped(own, "GeneralError", 409)["code"] == "PERSONAL_ORGANIZATION"
    await program.call("DELETE", f"/projects/{made['id']}")
    world.clock.advance(seconds=8 * 86_400)
    await Housekeeping(world.services).sweep()
    shaped(await program.call("DELETE", path), "Organization")
    shaped(await program.get(path), "GeneralError", 404)


async def test_members_are_listed_page_by_page(world: World) -> None:
    """By their numbers; their addresses are told to whoever was allowed them."""
    program, org_id = await begin(world)
    people = [await join(world, org_id, f"person{number}") for number in range(5)]
    path = f"/organizations/{org_id}/members"
    whole = shaped(await program.get(path), "MembersResponse")
    assert "pagination" not in whole
    wanted = [world.person, *people]
    assert [each["member"]["user_id"] for each in whole["members"]] == [
        each.subject for each in wanted
    ]
    assert [each["user"]["email"] for each in whole["members"]] == [each.email for each in wanted]
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = shaped(await program.get(path, limit="4", **cursor), "MembersResponse")
        seen += page["members"]
        if "pagination" not in page:
            break
        cursor = {"cursor": page["pagination"]["next"]}
    assert seen == whole["members"]
    known = await add_neon_api(world)
    blind = ApiProgram(world, await make_token(world, known, *EVERY_SCOPE))
    told = (await blind.get(path)).json()["members"]
    assert {each["user"]["email"] for each in told} == {""}
    one = shaped(await program.get(f"{path}/{people[0].subject}"), "Member")
    assert (one["role"], one["org_id"]) == ("member", org_id)
    for bad in ({"cursor": "x"}, {"limit": "0"}, {"limit": "401"}):
        message_of(await program.get(path, **bad), 400)
    foreign = (await program.get("/projects", limit="1")).json().get("pagination", {})
    assert foreign == {}


async def test_administrators_change_roles_and_let_people_go(world: World) -> None:
    """A member does neither, and may leave."""
    program, org_id = await begin(world)
    ben = await join(world, org_id, "ben")
    path = f"/organizations/{org_id}/members"
    theirs = ApiProgram(world, await make_key(world, ben))
    mine = f"{path}/{world.person.subject}"
    body = {"role": "member"}
    assert "administrator" in message_of(await theirs.call("PATCH", mine, json=body), 403)
    assert "administrator" in message_of(await theirs.call("DELETE", mine), 403)
    refused = await program.call("PATCH", mine, json=body)
    assert shaped(refused, "GeneralError", 409)["code"] == "LAST_ADMINISTRATOR"
    risen = await program.call("PATCH", f"{path}/{ben.subject}", json={"role": "admin"})
    assert shaped(risen, "Member")["role"] == "admin"
    shaped(await program.call("DELETE", mine), "EmptyResponse")
    message_of(await program.get(path), 404)
    (left,) = (await theirs.get(path)).json()["members"]
    assert left["member"]["user_id"] == ben.subject


async def test_people_are_invited_without_being_looked_up(world: World) -> None:
    """All of a request or none; the list shows what waits, and forgets what is withdrawn."""
    program, org_id = await begin(world)
    ben = await make_account(world.services.db, "ben", org_id=world.org.org_id)
    path = f"/organizations/{org_id}/invitations"
    wanted = [
        {"email": "ben@example.org", "role": "admin"},
        {"email": "nobody@example.org", "role": "member"},
        {"email": "ben", "role": "member"},
    ]
    asked = shaped(
        await program.call("POST", path, json={"invitations": wanted}), "InvitationsResponse"
    )["invitations"]
    assert [{name: each[name] for name in ("email", "role")} for each in asked] == wanted
    assert shaped(await program.get(path), "InvitationsResponse")["invitations"] == asked
    assert len(await world.services.group_invitations.waiting(ben.org_id, ben.account_id)) == 2
    gone = await program.call("DELETE", f"{path}/{asked[0]['id']}")
    assert shaped(gone, "Invitation") == asked[0]
    message_of(await program.call("DELETE", f"{path}/{asked[0]['id']}"), 404)
    half = [{"email": "late@example.org", "role": "member"}, {"email": "a b", "role": "member"}]
    message_of(await program.call("POST", path, json={"invitations": half}), 422)
    member = [{"email": world.person.email, "role": "member"}]
    message_of(await program.call("POST", path, json={"invitations": member}), 409)
    assert len((await program.get(path)).json()["invitations"]) == 2
    wrong: tuple[Any, ...] = (
        [],
        None,
        "x",
        [{"email": 5}],
        [{"email": "a@b.c", "role": "owner"}],
        [{}] * 300,
    )
    for bad in wrong:
        message_of(await program.call("POST", path, json={"invitations": bad}), 422)


async def test_a_project_is_shown_to_an_address_and_no_longer(world: World) -> None:
    """As the platform answers: the permission, and when it was taken away."""
    program = ApiProgram(world, await make_key(world))
    ben = await make_account(world.services.db, "ben", org_id=world.org.org_id)
    theirs = ApiProgram(world, await make_key(world, ben))
    project = await make_project(world, name="Seen")
    where = f"/projects/{project.project_id}"
    message_of(await theirs.get(where), 404)
    granted = await program.call("POST", f"{where}/permissions", json={"email": ben.email})
    permission = shaped(granted, "ProjectPermission")
    assert permission["granted_to_email"] == ben.email
    listed = shaped(await program.get(f"{where}/permissions"), "ProjectPermissions")
    assert listed == {"project_permissions": [permission]}
    shared = (await theirs.get("/projects/shared")).json()["projects"]
    assert [each["name"] for each in shared] == ["Seen"]
    assert (await theirs.get(where)).status_code == 200
    for method, path in (("PATCH", where), ("DELETE", where), ("GET", f"{where}/permissions")):
        body = {"project": {"name": "Mine"}} if method == "PATCH" else None
        message_of(await theirs.call(method, path, json=body), 403)
    gone = await program.call("DELETE", f"{where}/permissions/{permission['id']}")
    assert shaped(gone, "ProjectPermission")["revoked_at"] >= permission["granted_at"]
    message_of(await theirs.get(where), 404)
    wrong: tuple[Any, ...] = ({"email": "x"}, {"email": "\u0000@x.y"}, {"email": 5}, {}, [])
    for bad in wrong:
        answer = await program.call("POST", f"{where}/permissions", json=bad)
        message_of(answer, 422)


async def test_paths_of_organizations_that_name_nothing_are_unknown(world: World) -> None:
    """Whatever stands for an organization, a member, an invitation or a permission."""
    program, org_id = await begin(world)
    project = (await make_project(world)).project_id
    authorization = ((b"authorization", f"Bearer {program.credential}".encode()),)
    for target in ("\x00", "%", "..", "a" * 120, "日本", "'", "\ud800", "9" * 40, "-1", "0", "٣"):
        world.clock.advance(seconds=1)
        for method, path in (
            ("GET", f"organizations/{target}"),
            ("DELETE", f"organizations/{target}"),
            ("GET", f"organizations/{target}/members"),
            ("GET", f"organizations/{target}/invitations"),
            ("GET", f"organizations/{org_id}/members/{target}"),
            ("DELETE", f"organizations/{org_id}/members/{target}"),
            ("DELETE", f"organizations/{org_id}/invitations/{target}"),
            ("DELETE", f"projects/{project}/permissions/{target}"),
            ("GET", f"projects/{target}/permissions"),
        ):
            where = f"/api/v2/{path}"
            answer = await raw_request(world.app, method, where, headers=authorization)
            assert answer.status == 404, (method, where)


async def test_who_calls_too_often_about_organizations_waits(world: World) -> None:
    """Forty in a second for each operation, as everywhere in this API."""
    program, org_id = await begin(world)
    for _ in range(40):
        assert (await program.get(f"/organizations/{org_id}/members")).status_code == 200
    refused = await program.get(f"/organizations/{org_id}/members")
    message_of(refused, 429)
    assert refused.headers["retry-after"] == "1"
    assert (await program.get(f"/organizations/{org_id}")).status_code == 200

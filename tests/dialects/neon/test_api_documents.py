"""What each operation answers has the shape of the platform's contract, and says nothing more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest

from doorward.accounts import AccountChange
from doorward.audit import SYSTEM
from doorward.dialects.neon import API_OPERATIONS
from doorward.projects import NewGroup, Role
from tests.support.factories import make_account
from tests.support.neon import (
    EVERY_SCOPE,
    ApiProgram,
    add_neon_api,
    make_key,
    make_project,
    make_token,
)
from tests.support.world import World

pytestmark = pytest.mark.anyio

SCHEMA = json.loads(Path(__file__).with_name("api.schema.json").read_text())
SHAPES = {
    "list_projects": "ProjectsResponse",
    "list_shared_projects": "SharedProjectsResponse",
    "create_project": "CreatedProject",
    "get_project": "ProjectResponse",
    "update_project": "UpdatedProject",
    "delete_project": "ProjectResponse",
    "recover_project": "ProjectResponse",
    "list_permissions": "ProjectPermissions",
    "grant_permission": "ProjectPermission",
    "revoke_permission": "ProjectPermission",
    "create_organization": "Organization",
    "get_organization": "Organization",
    "update_organization": "Organization",
    "delete_organization": "Organization",
    "list_members": "MembersResponse",
    "get_member": "Member",
    "update_member": "Member",
    "remove_member": "EmptyResponse",
    "list_invitations": "InvitationsResponse",
    "create_invitations": "InvitationsResponse",
    "withdraw_invitation": "Invitation",
    "get_user": "CurrentUserInfoResponse",
    "list_organizations": "OrganizationsResponse",
    "get_auth": "AuthDetailsResponse",
    "list_keys": "ApiKeysListResponse",
    "create_key": "ApiKeyCreateResponse",
    "revoke_key": "ApiKeyRevokeResponse",
}


def shaped(answer: httpx2.Response, name: str, status: int = 200) -> Any:
    """The content of an answer, which is of the shape ``name``."""
    assert answer.status_code == status, answer.text
    content = answer.json()
    schema = {"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]}
    jsonschema_rs.validator_for(schema).validate(content)
    return content


def test_every_operation_has_a_shape() -> None:
    """The table and the schema know the same ones, and the schema can refuse."""
    assert set(SHAPES) == {each.name for each in API_OPERATIONS}
    schema = {"$ref": "#/$defs/ProjectResponse", "$defs": SCHEMA["$defs"]}
    assert not jsonschema_rs.validator_for(schema).is_valid({"project": {"id": "a-b-123456"}})


async def test_a_project_is_answered_in_its_shape_by_every_operation(world: World) -> None:
    """From its creation to its recovery."""
    program = ApiProgram(world, await make_key(world))
    body = {
        "project": {
            "name": "River gauges",
            "region_id": "azure-eastus2",
            "pg_version": 16,
            "history_retention_seconds": 3600,
            "settings": {"quota": {"active_time_seconds": 60}},
            "store_passwords": True,
            "branch": {"name": "main", "database_name": "gauges"},
            "default_endpoint_settings": {"autoscaling_limit_max_cu": 4},
            "unheard_of": [1],
        }
    }
    made = await program.call("POST", "/projects", json=body)
    project = shaped(made, "CreatedProject", 201)["project"]
    assert (project["platform_id"], project["region_id"]) == ("azure", "azure-eastus2")
    assert (project["name"], project["pg_version"]) == ("River gauges", 16)
    assert project["history_retention_seconds"] == 3600
    assert project["settings"] == {"quota": {"active_time_seconds": 60}}
    assert project["owner_id"] == world.person.subject
    assert project["creation_source"] == "api_key"
    path = f"/projects/{project['id']}"
    assert shaped(await program.get(path), "ProjectResponse") == {"project": project}
    (listed,) = shaped(await program.get("/projects"), "ProjectsResponse")["projects"]
    assert listed == {name: project[name] for name in listed}
    change = {"project": {"name": "Gauges", "settings": {"quota": None, "x": 1}}}
    changed = shaped(await program.call("PATCH", path, json=change), "UpdatedProject")["project"]
    assert (changed["name"], changed["settings"]) == ("Gauges", {"x": 1})
    gone = shaped(await program.call("DELETE", path), "ProjectResponse")["project"]
    recoverable = await program.get("/projects", recoverable="true")
    (waiting,) = shaped(recoverable, "ProjectsResponse")["projects"]
    assert waiting["recoverable_until"] == gone["recoverable_until"] > gone["deleted_at"]
    shaped(await program.get(path), "GeneralError", 404)
    back = shaped(await program.call("POST", f"{path}/recover"), "ProjectResponse")["project"]
    assert "deleted_at" not in back
    assert back["id"] == project["id"]


async def test_no_field_pretends_that_a_database_runs(world: World) -> None:
    """What the contract requires about one is empty or zero, everywhere."""
    program = ApiProgram(world, await make_key(world))
    made = (await program.call("POST", "/projects", json={"project": {}})).json()
    project = made.pop("project")
    assert all(value in ([], None) for value in made.values())
    kept = {
        "id", "platform_id", "region_id", "name", "pg_version", "settings", "creation_source",
        "history_retention_seconds", "created_at", "updated_at", "owner_id", "org_id",
    }  # fmt: skip
    nothing = {value for name, value in project.items() if name not in kept}
    assert nothing == {"", 0, "0001-01-01T00:00:00Z"}
    assert project["name"] == project["id"]


async def test_a_person_is_described_as_far_as_the_scopes_allow(world: World) -> None:
    """The name by the profile scope, the address by the e-mail scope; the number always."""
    change = AccountChange(picture_url="https://pictures.example/anna.png")
    me = world.person.account_id
    await world.services.accounts.update(world.org.org_id, me, change, SYSTEM)
    known = await add_neon_api(world)
    read = "urn:neoncloud:projects:read"
    for scopes, name, email in (
        ((), "", ""),
        (("profile",), "Anna", ""),
        (("email",), "", "anna@example.org"),
        (("email", "profile"), "Anna", "anna@example.org"),
    ):
        program = ApiProgram(world, await make_token(world, known, read, *scopes))
        user = shaped(await program.get("/users/me"), "CurrentUserInfoResponse")
        assert (user["id"], user["name"], user["email"]) == (world.person.subject, name, email)
        assert (user["login"] == "anna") is bool(name)
        assert (user["last_name"] == "Example") is bool(name)
        assert bool(user["image"]) is bool(name)
    own = ApiProgram(world, await make_key(world))
    user = shaped(await own.get("/users/me"), "CurrentUserInfoResponse")
    assert (user["email"], user["name"], user["plan"]) == ("anna@example.org", "Anna", "free")


async def test_organizations_and_shared_projects_have_their_shapes(world: World) -> None:
    """The person's own comes first, and is always there."""
    ben = await make_account(world.services.db, "ben", org_id=world.org.org_id)
    program = ApiProgram(world, await make_key(world))
    (own,) = shaped(await program.get("/users/me/organizations"), "OrganizationsResponse")[
        "organizations"
    ]
    assert own["name"] == "Anna Example"
    group_id = await _lanterns(world, ben.account_id)
    found = shaped(await program.get("/users/me/organizations"), "OrganizationsResponse")
    assert [each["id"] for each in found["organizations"]] == [own["id"], group_id]
    await make_project(world, ben, group_id=group_id, name="Ben's")
    shared = shaped(await program.get("/projects/shared"), "SharedProjectsResponse")["projects"]
    assert [each["name"] for each in shared] == ["Ben's"]
    assert (await program.get("/projects")).json()["projects"] == []
    inside = shaped(await program.get("/projects", org_id=group_id), "ProjectsResponse")
    assert inside["projects"] == shared
    new = {"project": {"name": "Ours", "org_id": group_id}}
    made = await program.call("POST", "/projects", json=new)
    assert shaped(made, "CreatedProject", 201)["project"]["org_id"] == group_id
    path = f"/projects/{shared[0]['id']}"
    refused = await program.call("PATCH", path, json={"project": {"name": "Mine"}})
    shaped(refused, "GeneralError", 403)
    for org_id in ("org-nobody", "x"):
        shaped(await program.get("/projects", org_id=org_id), "GeneralError", 404)
        new = {"project": {"org_id": org_id}}
        shaped(await program.call("POST", "/projects", json=new), "GeneralError", 404)


async def _lanterns(world: World, admin_id: int) -> str:
    """A group whose administrator is somebody else, with Anna in it."""
    org_id, groups = world.org.org_id, world.services.project_groups
    group = await groups.create(NewGroup(org_id, "Lanterns"), admin_id, SYSTEM)
    me = world.person.account_id
    await groups.add_member(org_id, group.group_id, me, Role.MEMBER, SYSTEM)
    return group.group_id


async def test_keys_have_their_shapes(world: World) -> None:
    """The value is told once, and the key does what the person may."""
    first = ApiProgram(world, await make_key(world))
    world.clock.advance(seconds=1)
    made = await first.call("POST", "/api_keys", json={"key_name": "ci"})
    told = shaped(made, "ApiKeyCreateResponse")
    second = ApiProgram(world, told["key"])
    assert (await second.get("/auth")).json()["auth_method"] == "api_key_user"
    listed = await first.get("/api_keys")
    keys = shaped(listed, "ApiKeysListResponse")
    assert [each["name"] for each in keys] == ["Laptop", "ci"]
    assert told["key"] not in listed.text
    assert keys[1]["last_used_from_addr"] == "192.0.2.1"
    assert keys[0]["created_by"]["name"] == "Anna Example"
    ended = await first.call("DELETE", f"/api_keys/{told['id']}")
    assert shaped(ended, "ApiKeyRevokeResponse")["revoked"] is True
    shaped(await second.get("/auth"), "GeneralError", 401)
    shaped(await first.call("DELETE", f"/api_keys/{told['id']}"), "GeneralError", 404)


async def test_what_an_application_makes_is_recorded_as_its_doing(world: World) -> None:
    """An application's project says that an application made it, and the record says which."""
    known = await add_neon_api(world)
    program = ApiProgram(world, await make_token(world, known, *EVERY_SCOPE))
    made = (await program.call("POST", "/projects", json={"project": {}})).json()["project"]
    assert made["creation_source"] == "oauth"
    events = await world.services.audit.list(world.org.org_id, None, 5, "project.created")
    event = events[0].event
    assert (event.actor_kind, event.actor_id) == ("client", known.client_id)
    assert (event.target_id, event.detail["account"]) == (made["id"], world.person.subject)
    assert event.address == "192.0.2.1"

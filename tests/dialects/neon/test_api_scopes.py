"""What each scope opens, for things of one's own, of others, and of other organizations."""

from __future__ import annotations

import itertools
from typing import Any

import httpx2
import pytest

from doorward.accounts import Account
from doorward.audit import SYSTEM
from doorward.dialects.neon import API_OPERATIONS, API_SCOPES
from doorward.dialects.neon.api_operations import ApiOperation
from doorward.projects import NewGroup, Role, Steward
from tests.support.factories import make_account
from tests.support.house import House
from tests.support.neon import (
    EVERY_SCOPE,
    ApiProgram,
    add_neon_api,
    make_key,
    make_project,
    make_token,
    message_of,
)
from tests.support.world import World

pytestmark = pytest.mark.anyio

BODIES: dict[str, Any] = {
    "create_project": {"project": {"name": "New"}},
    "update_project": {"project": {"name": "Other"}},
    "create_key": {"key_name": "ci"},
    "grant_permission": {"email": "dora@example.org"},
    "create_organization": {"organization": {"name": "New"}},
    "update_organization": {"organization": {"name": "Other"}},
    "update_member": {"role": "member"},
    "create_invitations": {"invitations": [{"email": "dora@example.org", "role": "member"}]},
}
NEEDED = tuple(sorted(API_SCOPES))
FEW = [
    frozenset(chosen)
    for size in (0, 1, len(NEEDED) - 1, len(NEEDED))
    for chosen in itertools.combinations(NEEDED, size)
]
"""None, each alone, all but each, all."""


def sets_for(operation: ApiOperation) -> list[frozenset[str]]:
    """The sets of scopes to try: a few of all, and every subset of those that are needed."""
    own = [
        frozenset(chosen)
        for size in range(2, len(operation.scopes) + 1)
        for chosen in itertools.combinations(operation.scopes, size)
    ]
    return [*FEW, *own]


async def call(
    program: ApiProgram, operation: ApiOperation, ids: dict[str, str], **options: Any
) -> httpx2.Response:
    path = operation.path.format(**{"key_id": "1", **ids})
    body = BODIES.get(operation.name)
    return await program.call(operation.method, path, json=body, **options)


async def make_things(world: World, who: Account) -> dict[str, str]:
    """A project, a group with a member and an invitation, and a permission, all of ``who``'s."""
    use, org_id = world.services, world.org.org_id
    project = await make_project(world, who)
    group = await use.project_groups.create(NewGroup(org_id, "Ours"), who.account_id, SYSTEM)
    steward = Steward(org_id, who.account_id, SYSTEM)
    return {
        "project_id": project.project_id,
        "org_id": group.group_id,
        "member_id": who.subject,
        "invitation_id": str(
            (
                await use.group_invitations.invite(
                    steward, group.group_id, "cleo@example.org", Role.MEMBER
                )
            ).id
        ),
        "permission_id": str(
            (
                await use.project_permissions.grant(
                    org_id, who.account_id, project.project_id, "cleo@example.org", SYSTEM
                )
            ).id
        ),
    }


@pytest.mark.parametrize("operation", API_OPERATIONS, ids=lambda each: each.name)
async def test_each_operation_needs_exactly_its_scopes(
    world: World, operation: ApiOperation
) -> None:
    """Sets of scopes, about things of one's own, another's, and some that never were."""
    known = await add_neon_api(world)
    ben = await make_account(world.services.db, "ben", org_id=world.org.org_id)
    mine, theirs = await make_things(world, world.person), await make_things(world, ben)
    absent = {
        "project_id": "spring-example-302709",
        "org_id": "org-spring-example-302709",
        "member_id": "77",
        "invitation_id": "77",
        "permission_id": "77",
    }
    for scopes in sets_for(operation):
        world.clock.advance(seconds=1)  # or the limit on calls would answer
        program = ApiProgram(world, await make_token(world, known, "openid", *sorted(scopes)))
        if operation.path.startswith(("/projects/{", "/organizations/{")):
            strange = await call(program, operation, theirs)
            nothing = await call(program, operation, absent)
            refused = 404 if set(operation.scopes) <= scopes else 403
            assert strange.status_code == nothing.status_code == refused
            assert strange.json()["message"] == nothing.json()["message"]
        answer = await call(program, operation, mine)
        missing = [each for each in operation.scopes if each not in scopes]
        if missing:
            assert missing[0] in message_of(answer, 403)
            assert f'scope="{missing[0]}"' in answer.headers["www-authenticate"]
        elif not scopes:
            message_of(answer, 403)
        else:
            assert answer.status_code in {200, 201, 404, 409}, answer.text
            if operation.method == "DELETE":
                mine = await make_things(world, world.person)
    org_id = world.org.org_id
    kept = await world.services.projects.get(org_id, ben.account_id, theirs["project_id"])
    assert kept.name == theirs["project_id"]
    steward = Steward(org_id, ben.account_id, SYSTEM)
    group = (await world.services.project_groups.get(steward, theirs["org_id"])).group
    assert group.name == "Ours"
    (asked,) = await world.services.group_invitations.list(steward, theirs["org_id"])
    assert asked.address == "cleo@example.org"


async def test_no_operation_reaches_into_another_organization(world: World, house: House) -> None:
    """With the credential of one, the ids and the address of the other open nothing."""
    other = await house.new_world()
    known, theirs = await add_neon_api(world), await add_neon_api(other)
    ids = await make_things(other, other.person)
    own = await make_things(world, world.person)
    token, key = await make_token(world, known, *EVERY_SCOPE), await make_key(world)
    stranger = await make_token(other, theirs, *EVERY_SCOPE)
    there = f"/o/{other.org.org_id}"
    for operation in API_OPERATIONS:
        for credential in (token, key):
            answer = await call(ApiProgram(world, credential), operation, ids, under=there)
            message_of(answer, 401)
        if operation.path.startswith(("/projects/{", "/organizations/{")):
            answer = await call(ApiProgram(world, token), operation, ids, under="")
            message_of(answer, 404)
        if operation.path.endswith(("{invitation_id}", "{permission_id}")):
            outer = {name: own[name] for name in ("project_id", "org_id")}
            answer = await call(ApiProgram(world, token), operation, {**ids, **outer})
            message_of(answer, 404)
    assert (await ApiProgram(other, stranger).get("/projects")).json()["projects"]
    there_too = await ApiProgram(other, stranger).get(f"/organizations/{ids['org_id']}/members")
    assert [each["member"]["role"] for each in there_too.json()["members"]] == ["admin"]


def test_every_scope_of_the_api_opens_something() -> None:
    """All ten, and no operation needs a scope that no application can be given."""
    assert {scope for each in API_OPERATIONS for scope in each.scopes} == API_SCOPES
    assert len(API_SCOPES) == 10


def test_the_table_names_only_scopes_of_the_api() -> None:
    """Each operation once, each with a scope that an application can be given."""
    assert all(set(each.scopes) <= API_SCOPES for each in API_OPERATIONS)
    addresses = {(each.method, each.path) for each in API_OPERATIONS}
    assert len(addresses) == len(API_OPERATIONS)

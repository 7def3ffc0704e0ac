"""Who may call API v2, what each permission opens, and how refusals look."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import Any

import pytest

from doorward.accounts import AccountChange
from doorward.audit import SYSTEM
from doorward.dialects.neon_crm import OPERATIONS_V2, V2_PREFIX
from doorward.dialects.neon_crm.v2_accounts import V2Operation
from doorward.orgs import Permission
from tests.support.attacks import attack
from tests.support.crm import BOTH, Integration, errors_of, make_integration, person
from tests.support.factories import make_account, make_accounts
from tests.support.house import House
from tests.support.raw import raw_request
from tests.support.world import World

pytestmark = pytest.mark.anyio

EVERY = tuple(str(permission) for permission in Permission)
BODIES: dict[str, Any] = {
    "create_account": person("New", "Person"),
    "replace_account": person("Other", "Name"),
    "change_account": person("Other", "Name"),
    "search_accounts": {
        "searchFields": [{"field": "Account ID", "operator": "NOT_BLANK"}],
        "outputFields": ["Account ID", "First Name", "Email 1", "Account Login Name"],
    },
}


async def call(
    program: Integration, operation: V2Operation, account_id: str, **options: Any
) -> Any:
    path = operation.path.format(account_id=account_id)
    body = BODIES.get(operation.name)
    return await program.v2(operation.method, path, json=body, **options)


async def test_each_operation_needs_exactly_its_permission(world: World) -> None:
    """Whoever lacks it is refused there, and whoever has nothing else is let in."""
    anna = world.person.subject
    for operation in OPERATIONS_V2:
        alone = await make_integration(world, {operation.permission})
        others = await make_integration(world, set(EVERY) - {operation.permission})
        assert (await call(alone, operation, anna)).is_success, operation
        refused = await call(others, operation, anna)
        assert (refused.status_code, errors_of(refused)) == (403, ["403"]), operation


async def test_permissions_are_read_at_every_call(world: World) -> None:
    """What the user of the key loses, the key loses."""
    program = await make_integration(world)
    assert (await program.v2("GET", "/accounts")).status_code == 200
    nothing = AccountChange(permissions=())
    accounts = make_accounts(world.services.db)
    await accounts.update(program.org_id, program.account.account_id, nothing, SYSTEM)
    assert (await program.v2("GET", "/accounts")).status_code == 403


async def test_no_operation_reaches_into_another_organization(world: World, house: House) -> None:
    """With the key of one, the ids, the name and the address of the other open nothing."""
    other = await house.new_world()
    mine, theirs = await make_integration(world), await make_integration(other)
    number = await make_account(world.services.db, "zoe", org_id=other.org.org_id)
    secret_name = "not-for-others"
    await make_accounts(world.services.db).update(
        other.org.org_id, number.account_id, AccountChange(given_name=secret_name), SYSTEM
    )
    there = f"/o/{other.org.org_id}"
    for operation in OPERATIONS_V2:
        for options in (
            {"auth": (theirs.org_id, mine.key)},
            {"auth": (mine.org_id, theirs.key)},
            {"under": there},
            {"under": there, "auth": (theirs.org_id, mine.key)},
        ):
            answer = await call(mine, operation, number.subject, **options)
            assert answer.status_code == 401, (operation, options)
            assert errors_of(answer)[0] in {"13", "14"}
        answer = await call(mine, operation, number.subject)
        assert secret_name not in answer.text
    again = await other.services.accounts.get(other.org.org_id, number.account_id)
    assert again.given_name == secret_name


async def test_the_same_is_served_at_the_root_and_under_the_issuer(world: World) -> None:
    """A client changes its host name, and nothing else."""
    program = await make_integration(world)
    path = f"/accounts/{world.person.subject}"
    at_root = await program.v2("GET", path)
    inside = await program.v2("GET", path, under=f"/o/{program.org_id}")
    assert at_root.status_code == inside.status_code == 200
    assert at_root.json() == inside.json()


def basic(text: str | bytes) -> dict[str, str]:
    raw = text if isinstance(text, bytes) else text.encode()
    return {"Authorization": f"Basic {b64encode(raw).decode()}"}


@attack("CVE-2026-47203")
async def test_what_is_wrong_with_a_credential_is_told_by_its_code(world: World) -> None:
    """10, 12, 13, 14 and 15, each with 401 and a challenge."""
    program = await make_integration(world)
    org_id, key = program.org_id, program.key
    for headers, code in (
        ({}, "10"),
        (basic(f"{org_id}:"), "10"),
        (basic(org_id), "10"),
        ({"Authorization": "Digest x"}, "10"),
        (basic(f":{key}"), "12"),
        (basic(f"{org_id}:{key[:-1]}"), "13"),
        (basic(f"{org_id}:wrong"), "13"),
        (basic(f"{org_id}:\x00"), "13"),
        (basic(b"\xff:\xfe"), "13"),
        ({"Authorization": "Basic ***"}, "13"),
        (basic(f"nobody:{key}"), "14"),
        (basic(f"{org_id.upper()}:{key}"), "14"),
        (basic(f"\x00:{key}"), "14"),
        (basic(f"{'x' * 40_000}:{key}"), "14"),
        ({"Authorization": f"Bearer {key}"}, "15"),
    ):
        answer = await program.v2("GET", "/accounts", auth=None, headers=headers)
        assert (answer.status_code, errors_of(answer)) == (401, [code]), headers
        assert answer.headers["www-authenticate"].startswith("Basic ")
    answer = await program.v2("GET", "/accounts", auth=(org_id, "wrong"))
    assert answer.json() == [{"code": "13", "message": "Api key is invalid."}]


async def test_the_key_dies_with_everything_that_it_hangs_on(world: World) -> None:
    """Its account, the access of the account, the organization, its networks."""
    use = world.services
    program = await make_integration(world)

    async def code() -> str | None:
        answer = await program.v2("GET", "/accounts")
        return None if answer.status_code == 200 else errors_of(answer)[0]

    assert await code() is None
    await use.api_keys.restrict(program.org_id, program.key_id, ["198.51.100.0/24"], SYSTEM)
    assert await code() == "13"
    await use.api_keys.restrict(program.org_id, program.key_id, ["192.0.2.0/24"], SYSTEM)
    assert await code() is None
    await use.accounts.disable(program.org_id, program.account.account_id, SYSTEM)
    assert await code() == "13"
    await use.accounts.enable(program.org_id, program.account.account_id, SYSTEM)
    await use.organizations.suspend(program.org_id, SYSTEM)
    assert await code() == "14"
    await use.organizations.resume(program.org_id, SYSTEM)
    assert await code() is None
    await use.api_keys.switch_access_off(program.org_id, program.account.account_id, SYSTEM)
    assert await code() == "13"


@pytest.mark.parametrize(
    ("version", "status"),
    [
        *((f"2.{minor}", 200) for minor in range(12)),
        *((wrong, 400) for wrong in ("2.12", "1.0", "3", "", "2.1.1", "2", "latest", "2.01")),
    ],
)
async def test_known_versions_are_accepted(world: World, version: str, status: int) -> None:
    """Without one, the newest is meant; an unknown one is refused."""
    program = await make_integration(world)
    headers = {"NEON-API-VERSION": version}
    answer = await program.v2("GET", "/accounts", headers=headers)
    assert answer.status_code == status
    assert status == 200 or errors_of(answer) == ["400"]


async def test_addresses_and_methods_that_are_not_there_are_told_so(world: World) -> None:
    """404, and 405 with what there is."""
    program = await make_integration(world)
    for path in ("", "/", "/account", "/accounts/", "/accounts/x", "/accounts/1/x", "/accounts/-1"):
        answer = await program.v2("GET", path)
        assert (answer.status_code, errors_of(answer)) == (404, ["404"]), path
    for method, path, allowed in (
        ("DELETE", "/accounts", "GET, POST"),
        ("GET", "/accounts/search", "POST"),
        ("POST", "/accounts/1", "GET, PUT, PATCH"),
        ("OPTIONS", "/accounts/1", "GET, PUT, PATCH"),
    ):
        answer = await program.v2(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    head = await program.v2("HEAD", "/accounts")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 0


async def test_nobody_stores_an_answer(world: World) -> None:
    """Neither what is answered nor what is refused."""
    program = await make_integration(world, ["accounts.read"])
    anna = world.person.subject
    for operation in OPERATIONS_V2:
        answer = await call(program, operation, anna)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "application/json"
        assert "x-request-id" in answer.headers


async def test_a_body_of_another_kind_or_size_is_refused(world: World) -> None:
    """415 and 413, in the form that clients read."""
    program = await make_integration(world)
    form = await program.v2("POST", "/accounts", data={"a": "b"})
    assert (form.status_code, errors_of(form)) == (415, ["415"])
    large = await program.v2("POST", "/accounts", content=b" " * 1_000_000)
    assert (large.status_code, errors_of(large)) == (413, ["413"])


async def test_two_authorization_headers_are_refused(world: World) -> None:
    """Which one would count is nobody's guess."""
    program = await make_integration(world)
    header = basic(f"{program.org_id}:{program.key}")["Authorization"].encode()
    headers = ((b"authorization", header), (b"authorization", header))
    answer = await raw_request(world.app, "GET", f"{V2_PREFIX}/accounts", headers=headers)
    assert answer.status == 400


async def test_a_key_that_calls_too_often_waits(world: World) -> None:
    """Its own calls only, for as long as it is told; both places count together."""
    busy, calm = await make_integration(world), await make_integration(world)
    under = f"/o/{busy.org_id}"
    for place in ("", under) * 600:
        await busy.v2("GET", "/accounts/search/outputFields", under=place)
    refused = await busy.v2("GET", "/accounts")
    assert (refused.status_code, errors_of(refused)) == (429, ["429"])
    assert (await calm.v2("GET", "/accounts")).status_code == 200
    session = await busy.v1("common/login", params=_login(busy))
    assert session.json()["loginResponse"]["errors"]["error"][0]["errorCode"] == 2
    world.clock.advance(seconds=int(refused.headers["retry-after"]))
    assert (await busy.v2("GET", "/accounts")).status_code == 200


def _login(program: Integration) -> dict[str, str]:
    return {"login.apiKey": program.key, "login.orgid": program.org_id}


async def test_an_organization_searches_one_thing_at_a_time(world: World, house: House) -> None:
    """The others are told to come back; another organization does not notice."""
    program = await make_integration(world)
    stranger = await make_integration(await house.new_world())
    body = BODIES["search_accounts"]
    answers = await asyncio.gather(
        *(program.v2("POST", "/accounts/search", json=body) for _ in range(20)),
        stranger.v2("POST", "/accounts/search", json=body),
    )
    *mine, theirs = answers
    assert theirs.status_code == 200
    assert {each.status_code for each in mine} <= {200, 429}
    assert any(each.status_code == 200 for each in mine)
    for each in mine:
        assert each.status_code == 200 or each.headers["retry-after"] == "1"
    assert (await program.v2("POST", "/accounts/search", json=body)).status_code == 200


async def test_staff_do_not_exist(world: World) -> None:
    """Not in lists, not in searches, not by number, and nothing changes them."""
    program = await make_integration(world, BOTH)
    staff = program.account
    for operation in OPERATIONS_V2:
        answer = await call(program, operation, staff.subject)
        assert staff.username not in answer.text
        if "{account_id}" in operation.path:
            assert (answer.status_code, errors_of(answer)) == (404, ["404"])
    search = {
        "searchFields": [{"field": "Account ID", "operator": "EQUAL", "value": staff.subject}],
        "outputFields": ["Account Login Name"],
    }
    found = (await program.v2("POST", "/accounts/search", json=search)).json()
    assert (found["searchResults"], found["pagination"]["totalResults"]) == ([], 0)
    assert await world.services.accounts.get(program.org_id, staff.account_id) == staff

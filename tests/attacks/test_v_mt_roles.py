"""V-MT: no role does more than its permissions, on any route, and nobody gives what they lack."""

from __future__ import annotations

import pytest

from doorward.console.admin import AdminRoute
from doorward.orgs import ROLES, Permission, Role, find_role
from tests.console.admin.desk import Desk, at_desk, hire, routes_of
from tests.support.attacks import attack
from tests.support.house import house, world
from tests.support.world import World

__all__ = ["house", "world"]
pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("house", ["sqlite"], indirect=True)]


async def _ask(desk: Desk, route: AdminRoute, csrf: str) -> int:
    data = {"csrf": csrf} if route.method == "POST" else None
    address = f"{desk.world.issuer}{route.path}"
    answer = await desk.http.request(route.method, address, data=data)
    assert answer.status_code < 500, (route, answer.text[:300])
    return answer.status_code


@attack("CVE-2026-4629")
@attack("CVE-2026-4629")
@pytest.mark.parametrize("role", list(Role))
async def test_v_mt_each_role_opens_its_own_routes_and_no_other(world: World, role: Role) -> None:
    """Every route of the table, with its verb: 403 exactly where the permission is missing."""
    refused = 0
    async with at_desk(world, await hire(world, ROLES[role])) as desk:
        csrf = await desk.csrf()
        for route in routes_of(world):
            if route.path == "/admin/signout":
                continue
            held = route.permission is None or route.permission in ROLES[role]
            status = await _ask(desk, route, csrf)
            assert (status == 403) is not held, (role, route)
            refused += not held
    assert (refused == 0) is (role is Role.OWNER)


@attack("CVE-2026-4629")
@attack("CVE-2026-4629")
async def test_v_mt_nobody_gives_a_role_beyond_their_own(world: World) -> None:
    """Each giver to each colleague, each role: given only where the giver holds all of both."""
    use, org_id = world.services, world.org.org_id
    givers = [ROLES[Role.OWNER], ROLES[Role.ADMINISTRATOR], {Permission.ACCOUNTS_WRITE}]
    for held in givers:
        async with at_desk(world, await hire(world, {*held, Permission.ACCOUNTS_READ})) as desk:
            csrf = await desk.csrf()
            able = frozenset({*held, Permission.ACCOUNTS_READ})
            for now in (Role.SUPPORT, Role.OWNER):
                for role in Role:
                    colleague = await hire(world, ROLES[now])
                    data = {"csrf": csrf, "id": colleague.subject, "role": str(role)}
                    address = f"{world.issuer}/admin/users/role"
                    await desk.http.post(address, data=data)
                    after = await use.accounts.get(org_id, colleague.account_id)
                    may = ROLES[role] <= able and ROLES[now] <= able
                    assert find_role(after.permissions) is (role if may else now)


async def test_v_mt_nobody_gives_themselves_a_role(world: World) -> None:
    """Nor takes their own: a colleague does."""
    async with at_desk(world) as desk:
        data = {"csrf": await desk.csrf(), "id": desk.staff.subject, "role": "support"}
        answer = await desk.http.post(f"{world.issuer}/admin/users/role", data=data)
        assert answer.status_code == 422
        assert "your own role" in answer.text or "change your own role" in answer.text
        for bad in ("", "emperor", "owner\x00", "x" * 5000):
            answer = await desk.http.post(
                f"{world.issuer}/admin/users/role",
                data={**data, "id": (await hire(world)).subject, "role": bad},
            )
            assert answer.status_code in {400, 422}

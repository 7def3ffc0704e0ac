"""What staff do over the API to profiles of platforms, and to the groups of people."""

from __future__ import annotations

import pytest

from doorward.accounts import Account
from doorward.audit import SYSTEM
from doorward.projects import NewGroup, NewProject
from tests.console.api.staff import Client, Office
from tests.support.factories import make_account

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chief(office: Office) -> Client:
    """A member of staff of ``river`` who may do everything."""
    return await office.client()


async def person(office: Office, name: str) -> Account:
    """Somebody of ``river``."""
    return await make_account(office.services.db, name, org_id="river")


async def test_tags_and_a_patreon_account_are_kept_and_shown(office: Office, chief: Client) -> None:
    """What staff say is confirmed when they say so; what is left out is blank."""
    dan = await person(office, "dan")
    path = f"/accounts/{dan.subject}/platform-profile"
    assert (await chief("GET", path)).json() == {"tags": [], "patreon": None}
    tagged = await chief("PUT", f"{path}/tags", json={"tags": ["mentor", "mentor", "builder"]})
    assert tagged.json()["tags"] == ["mentor", "builder"]
    body = {"user_id": "4711", "tier": "Lantern", "pledge_cents": 550, "verified": True}
    linked = await chief("PUT", f"{path}/patreon", json=body)
    assert linked.json()["patreon"] == {**body, "full_name": None, "since": None, "active": True}
    assert (await chief("GET", path)).json() == linked.json()
    less = await chief("PUT", f"{path}/patreon", json={"user_id": "1", "verified": False})
    assert less.json()["patreon"]["tier"] is None
    assert (await chief("DELETE", f"{path}/patreon")).status_code == 204
    assert (await chief("DELETE", f"{path}/patreon")).status_code == 204
    assert (await chief("GET", path)).json()["patreon"] is None
    for where, bad in (
        ("tags", {"tags": ["x" * 51]}),
        ("tags", {"tags": [""]}),
        ("tags", {"tags": "x"}),
        ("tags", {}),
        ("patreon", {"user_id": "me", "verified": True}),
        ("patreon", {"user_id": "1"}),
        ("patreon", {"user_id": "1", "verified": "yes"}),
        ("patreon", {"user_id": "1", "verified": True, "pledge_cents": -1}),
        ("patreon", {"user_id": "1", "verified": True, "since": "2999-01-01"}),
        ("patreon", {"user_id": "1", "verified": True, "tier": "a\u202eb"}),
    ):
        assert (await chief("PUT", f"{path}/{where}", json=bad)).status_code == 422, bad
    events = await office.services.audit.list("river", None, 20)
    actions = {each.event.action for each in events if each.event.target_id == dan.subject}
    assert {"account.tagged", "account.patreon_linked", "account.patreon_unlinked"} <= actions


async def test_the_people_of_a_group_are_set_by_staff(office: Office, chief: Client) -> None:
    """Added, made administrators, removed; a group keeps an administrator and its projects."""
    use = office.services
    dan, eve = await person(office, "dan"), await person(office, "eve")
    group = await use.project_groups.create(NewGroup("river", "Ours"), dan.account_id, SYSTEM)
    new = NewProject("river", dan.account_id, group_id=group.group_id)
    project = await use.projects.create(new, SYSTEM)
    path = f"/project-groups/{group.group_id}"
    listed = (await chief("GET", "/project-groups")).json()["items"]
    assert [each["name"] for each in listed] == ["Ours"]
    assert (await chief("GET", path)).json() == listed[0]
    added = await chief("PUT", f"{path}/members/{eve.subject}", json={})
    assert added.json()["role"] == "member"
    last = await chief("DELETE", f"{path}/members/{dan.subject}")
    assert (last.status_code, last.json()["code"]) == (409, "last_administrator")
    risen = await chief("PUT", f"{path}/members/{eve.subject}", json={"role": "admin"})
    assert risen.json()["role"] == "admin"
    assert (await chief("DELETE", f"{path}/members/{dan.subject}")).status_code == 204
    members = (await chief("GET", f"{path}/members")).json()["items"]
    assert [each["account_id"] for each in members] == [eve.subject]
    kept = await use.projects.get("river", eve.account_id, project.project_id)
    assert kept.owner_id == eve.account_id
    staff = await office.staff(())
    assert (await chief("PUT", f"{path}/members/{staff.subject}", json={})).status_code == 404
    assert (await chief("PUT", f"{path}/members/{dan.subject}", json={"role": "x"})).is_error
    own = (await use.project_groups.memberships("river", dan.account_id))[0].group
    assert (await chief("GET", f"/project-groups/{own.group_id}")).status_code == 404
    for odd in ("x" * 61, "%00", "..", "NOT", "%ED%A0%80", "'"):
        answer = await chief("GET", f"/project-groups/{odd}")
        assert answer.status_code in {400, 404, 422}, odd
    events = await use.audit.list("river", None, 20)
    actions = [each.event for each in events if each.event.target_id == group.group_id]
    assert {each.action for each in actions if each.actor_kind == "account"} == {
        "project_group.joined",
        "project_group.role_changed",
        "project_group.member_removed",
    }

"""The audit log, roles, the sign-in policy and signing keys, as staff see them."""

from __future__ import annotations

import csv
import io
import json

import pytest
from sqlalchemy import text

from doorward.audit import SYSTEM, Actor
from doorward.db import statement
from doorward.keys import Keys, KeyStatus
from doorward.orgs import ROLES, OrganizationChange, Permission, Role
from tests.console.admin.desk import at_desk, hire
from tests.support.house import House
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def test_the_log_is_filtered_by_who_what_to_what_and_when(world: World) -> None:
    """A user name stands for its account; what is no day is said; the address keeps the filter."""
    use, org_id = world.services, world.org.org_id
    async with at_desk(world) as desk:
        await use.organizations.update(
            org_id, OrganizationChange(name="New"), Actor("account", desk.staff.subject)
        )
        page = (await desk.open(f"audit?actor={desk.staff.username}")).page
        assert "organization.updated" in page.text
        assert "account.created" not in page.text
        assert "account.created" in (await desk.open("audit?action=account.created")).page.text
        nothing = await desk.open("audit?target=nobody&since=2020-01-01&until=2020-01-02")
        assert "No event matches" in nothing.page.text
        for wrong in (
            "since=yesterday",
            "until=2026-13-01",
            "actor=a%E2%80%AEb",
            f"target={'x' * 300}",
        ):
            assert (await desk.open(f"audit?{wrong}")).response.status_code == 422, wrong
        for odd in ("before=abc", "before=-1", f"before={'9' * 18}", "since=0001-01-01"):
            assert (await desk.open(f"audit?{odd}")).response.status_code == 200, odd


async def test_one_event_shows_what_changed_and_strangers_do_not_exist(
    house: House, world: World
) -> None:
    """Before and after stand side by side; a number of another organization is no event."""
    use, org_id = world.services, world.org.org_id
    await use.organizations.update(org_id, OrganizationChange(name="<b>New</b>"), SYSTEM)
    (event,) = await use.audit.list(org_id, None, 1, "organization.updated")
    async with at_desk(world) as desk:
        shown = await desk.open(f"audit/event?id={event.event_id}")
        assert "<b>New" in shown.page.text
        assert "<b>New" not in shown.response.text
        assert world.org.name in shown.page.text
        there = await house.new_world()
        (theirs, *_) = await there.services.audit.list(there.org.org_id, None, 1)
        near = (event.event_id + 1, event.event_id - 1, theirs.event_id)
        for bad in ("", "0", "x", "9" * 18, *map(str, near)):
            assert (await desk.open(f"audit/event?id={bad}")).response.status_code == 404, bad


async def test_the_log_is_taken_away_as_a_file_and_that_is_an_event(world: World) -> None:
    """What the filter finds, with no cell that a spreadsheet runs."""
    use, org_id = world.services, world.org.org_id
    await use.organizations.update(org_id, OrganizationChange(name="=1+1"), SYSTEM)
    async with at_desk(world) as desk:
        data = {"csrf": await desk.csrf(), "format": "csv", "action": "organization.updated"}
        address = f"{world.issuer}/admin/audit/export"
        answer = await desk.http.post(address, data=data)
        assert answer.headers["content-type"].startswith("text/csv")
        assert "attachment" in answer.headers["content-disposition"]
        rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
        assert [row["action"] for row in rows] == ["organization.updated"]
        answer = await desk.http.post(address, data={**data, "format": "jsonl", "action": ""})
        lines = [json.loads(each) for each in answer.text.splitlines()]
        assert [each["action"] for each in lines[:2]] == ["audit.exported", "audit.exported"]
        assert all(each["org_id"] == org_id for each in lines)
        wrong = await desk.http.post(address, data={**data, "since": "never"})
        assert wrong.status_code == 303


async def test_a_broken_chain_is_told_in_words(world: World) -> None:
    """Whole at first; a change behind our back is named with its place."""
    use, org_id = world.services, world.org.org_id
    await use.audit_chain.sealer.seal_all()
    async with at_desk(world) as desk:
        await use.audit_chain.sealer.seal_all()
        whole = await desk.send("audit/chain", "audit/verify")
        assert "Nothing was changed since it was sealed." in whole.page.text
        change = "UPDATE audit_events SET actor_id = 'x' WHERE org_id = :org_id"
        await use.db.run(statement(text(change)), org_id=org_id)
        broken = await desk.send("audit/chain", "audit/verify")
        assert "An event, or its link, was changed." in broken.page.text
        assert "First at position 1." in broken.page.text


async def test_how_long_events_are_kept_is_set_within_bounds(world: World) -> None:
    """And the change says how it was."""
    use, org_id = world.services, world.org.org_id
    async with at_desk(world) as desk:
        for bad in ("", "x", "3", "99999"):
            wrong = await desk.send("audit/chain", "audit/retention", audit_keep_s=bad)
            assert wrong.response.status_code == 422, bad
        done = await desk.send("audit/chain", "audit/retention", audit_keep_s="90")
        assert done.response.status_code == 200
    org = await use.organizations.find(org_id)
    assert org is not None
    assert org.policy.audit_keep_s == 90 * 86_400
    (event,) = await use.audit.list(org_id, None, 1, "organization.updated")
    assert event.event.detail["now_audit_keep_s"] == str(90 * 86_400)


async def test_a_role_is_given_on_a_user_s_page(world: World) -> None:
    """Its permissions instead of theirs; the table of roles shows who has which."""
    colleague = await hire(world, {Permission.KEYS_READ})
    async with at_desk(world) as desk:
        page = f"users/user?id={colleague.subject}"
        assert (await desk.send(page, "users/role", role="support")).response.status_code == 200
        table = await desk.open("roles")
        assert "Support" in table.page.text
        assert (await desk.send(page, "users/role", role="")).response.status_code == 422
    after = await world.services.accounts.get(world.org.org_id, colleague.account_id)
    assert after.permissions == ROLES[Role.SUPPORT]


async def test_one_owner_may_demote_another(world: World) -> None:
    """There is one left: who did it, and nobody changes themselves."""
    use, org_id = world.services, world.org.org_id
    first = await hire(world)
    async with at_desk(world) as desk:
        page = f"users/user?id={first.subject}"
        done = await desk.send(page, "users/role", role="administrator")
        assert done.response.status_code == 200
    assert not (await use.accounts.get(org_id, first.account_id)).is_owner


async def test_the_sign_in_policy_is_set_and_says_whom_it_concerns(world: World) -> None:
    """A stricter second step, with the number of those who have none; nonsense is refused."""
    use, org_id = world.services, world.org.org_id
    async with at_desk(world) as desk:
        shown = await desk.open("sign-in")
        assert "Staff without a second step: " in shown.page.text
        assert "Constituents without a second step: 1" in shown.page.text
        for bad in (
            {"second_step": "never"},
            {"second_step": ""},
            {"session_idle_s": "x"},
            {"password_min_length": "7"},
            {"password_min_length": "8.5"},
            {"sign_up_domains": "exa mple"},
            {"deletion_grace_s": "soon"},
            {"deletion_grace_s": "0.5"},
            {"deletion_grace_s": "91"},
        ):
            wrong = await desk.send("sign-in", "sign-in", **bad)
            assert wrong.response.status_code == 422, bad
        longer = await desk.send("sign-in", "sign-in", session_idle_s="31")
        assert "longer than the time in all" in longer.page.text
        rules = {"sign_up": "on", "sign_up_domains": "Example.org\nexample.com"}
        saved = await desk.send("sign-in", "sign-in", password_min_length="12", **rules)
        assert "The sign-in policy is saved." in saved.page.text
        # Who came in by a password alone is asked for the second step at once.
        rules |= {"second_step": "staff", "session_idle_s": "7", "password_min_length": "12"}
        rules |= {"deletion": "on", "deletion_grace_s": "30"}
        strict = await desk.send("sign-in", "sign-in", **rules)
        assert strict.path[-1] == "signin"
    org = await use.organizations.find(org_id)
    assert org is not None
    policy = org.policy
    assert (policy.second_step, policy.session_idle_s) == ("staff", 7 * 86_400)
    assert (policy.sign_up, policy.password_min_length) == (True, 12)
    assert policy.sign_up_domains == ("example.org", "example.com")
    assert (policy.deletion, policy.deletion_grace_s) == ("staff", 30 * 86_400)


async def test_signing_keys_are_rotated_and_taken_out_after_asking(
    house: House, world: World
) -> None:
    """A young next key waits, unless it is an emergency; only a retired key is taken out."""
    use, org_id = world.services, world.org.org_id
    async with at_desk(world) as desk:
        csrf = await desk.csrf()

        async def send(path: str, **typed: str) -> int:
            address = f"{world.issuer}/admin/keys/{path}"
            return (await desk.http.post(address, data={"csrf": csrf, **typed})).status_code

        async def kids(status: KeyStatus) -> list[str]:
            keys = await use.keys.list(org_id)
            return [each.kid for each in keys if each.alg == "ES256" and each.status is status]

        current = (await kids(KeyStatus.CURRENT))[0]
        assert await send("rotate", alg="ES256") == 200
        assert await kids(KeyStatus.CURRENT) == [current]
        assert await send("rotate", alg="ES256", decision="confirm") == 303
        assert await kids(KeyStatus.RETIRED) == [current]
        assert await send("rotate", alg="ES256", decision="confirm") == 422
        assert await send("rotate", alg="ES256", decision="confirm", at_once="on") == 303
        assert await send("rotate", alg="none") == 422
        now = (await kids(KeyStatus.CURRENT))[0]
        for bad in (now, "", "nothing", "\x00", "x" * 4000):
            assert await send("withdraw", kid=bad, decision="confirm") in {400, 422}, bad
        assert await send("withdraw", kid=current) == 200
        assert await send("withdraw", kid=current, decision="confirm") == 303
        assert current not in await kids(KeyStatus.RETIRED)
        assert current.encode() not in await use.keys.jwks(org_id)
        there = await house.new_world()
        real = Keys(db=use.db, clock=use.clock, ring=use.ring)
        for _ in range(3):
            await real.rotate(there.org.org_id, "ES256", SYSTEM, although_unseen=True)
        before = await use.keys.list(there.org.org_id)
        retired = [each.kid for each in before if each.status is KeyStatus.RETIRED]
        assert await send("withdraw", kid=retired[0], decision="confirm") == 422
        assert await use.keys.list(there.org.org_id) == before

"""Staff decide about accounts that are to be deleted."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from doorward.orgs import Policy
from tests.console.admin.desk import at_desk, hire
from tests.support.house import House
from tests.support.passkeys import tenant_at
from tests.support.visits import form_of, post
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def test_staff_agree_to_what_a_person_asked_for(house: House) -> None:
    """It waits in the list; from then on it has its date, and can be taken back."""
    world = await house.new_world(Policy(deletion="staff"))
    use, number = world.services, world.person.account_id
    await use.deletions.ask(tenant_at(world.org), number, SYSTEM)
    async with at_desk(world) as desk:
        assert "Waits for your decision" in (await desk.open("deletions")).page.text
        one = await desk.open(f"deletions/account?id={number}")
        wrong = await post(desk.http, form_of(one, "name"), name="ben", decision="delete")
        assert wrong.response.status_code == 422
        done = await post(desk.http, form_of(wrong, "name"), name="anna", decision="delete")
        assert "To be deleted" in done.page.text
        one = await desk.open(f"deletions/account?id={number}")
        kept = await post(desk.http, form_of(one, "decision"), decision="keep")
        assert "Nobody's account is to be deleted" in kept.page.text
    assert await use.deletions.find(world.org.org_id, number) is None


async def test_nobody_deletes_who_may_do_more_than_they(world: World) -> None:
    """A colleague with fewer permissions cannot send the others away."""
    chief = await hire(world)
    helper = await hire(world, ("accounts.read", "accounts.write"))
    async with at_desk(world, helper) as desk:
        one = await desk.open(f"deletions/account?id={chief.account_id}")
        form = form_of(one, "name")
        answer = await post(desk.http, form, name=chief.username, decision="delete")
        assert answer.response.status_code == 422
    found = await world.services.deletions.find(world.org.org_id, chief.account_id)
    assert found is None


async def test_numbers_of_nobody_are_not_found(world: World) -> None:
    """Nor are those of another organization, nor what is no number."""
    async with at_desk(world) as desk:
        for odd in ("999999", "x", "-1", "9" * 40, ""):
            answer = await desk.http.get(f"admin/deletions/account?id={odd}")
            assert answer.status_code == 404
        assert (await desk.http.get("admin/deletions?after=x")).status_code == 200
        assert (await desk.http.get(f"admin/deletions?after={'9' * 40}")).status_code == 200

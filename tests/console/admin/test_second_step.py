"""Staff reset the second step of somebody who lost theirs."""

from __future__ import annotations

import pytest

from doorward.accounts import AccountKind
from doorward.orgs import Permission
from tests.console.admin.desk import at_desk, hire
from tests.support.factories import make_account
from tests.support.second_steps import Phone, phone_of
from tests.support.visits import go
from tests.support.world import NOBODY, World

pytestmark = pytest.mark.anyio


async def sessions_of(phone: Phone) -> int:
    """How many browsers the person is signed in on."""
    world = phone.world
    return len(await world.services.sessions.list_live(world.org, phone.account.account_id))


async def sign_in(phone: Phone) -> None:
    """A sign-in somewhere else."""
    use, org = phone.world.services, phone.world.org
    browser, _ = await use.sessions.open_browser(org)
    await use.sessions.sign_in(org, browser, phone.account, NOBODY)


@pytest.mark.parametrize("kind", list(AccountKind))
async def test_a_second_step_is_reset_after_asking(world: World, kind: AccountKind) -> None:
    """The app, the codes and every sign-in are gone, it is recorded, and others are untouched."""
    org_id = world.org.org_id
    phone = await phone_of(
        world, await make_account(world.services.db, "kim", org_id=org_id, kind=kind)
    )
    other = await phone_of(world)
    for each in (phone, other):
        await sign_in(each)
    section = "users" if kind is AccountKind.SYSTEM else "constituents"
    page = f"{section}/{'user' if kind is AccountKind.SYSTEM else 'account'}"
    async with at_desk(world) as desk:
        path = f"{page}?id={phone.account.subject}"
        question = await desk.send(path, f"{section}/second-step")
        assert "Reset two-step verification of" in question.page.title
        assert await phone.factors.is_set_up(*phone.whose)
        form = question.page.forms[-1]
        answer = await desk.http.post(form.action, data={**form.fields, "decision": "confirm"})
        done = await go(desk.http, answer.headers["location"])
        assert "reset" in done.page.text
    assert not await phone.factors.is_set_up(*phone.whose)
    assert (await phone.factors.get_standing(*phone.whose)).codes_left == 0
    assert await sessions_of(phone) == 0
    assert await other.factors.is_set_up(*other.whose)
    assert await sessions_of(other) == 1
    (event,) = await world.services.audit.list(org_id, None, 1, "second_step.reset")
    assert event.event.target_id == phone.account.subject


async def test_nobody_resets_whom_they_may_not_change(world: World) -> None:
    """Not themselves, not the more powerful, nobody of the other kind, not without permission."""
    weak = await hire(world, (Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE))
    reader = await hire(world, (Permission.ACCOUNTS_READ,))
    strong = await phone_of(world, await hire(world))
    constituent = await phone_of(world)
    async with at_desk(world, weak) as desk:
        csrf = await desk.csrf()
        for target, section in (
            (strong.account, "users"),
            (weak, "users"),
            (constituent.account, "users"),
            (strong.account, "constituents"),
        ):
            data = {"csrf": csrf, "id": target.subject, "decision": "confirm"}
            answer = await desk.http.post(f"admin/{section}/second-step", data=data)
            assert answer.status_code in {404, 422}, (target.username, section)
    async with at_desk(world, reader) as desk:
        data = {"csrf": await desk.csrf(), "id": constituent.account.subject, "decision": "confirm"}
        answer = await desk.http.post("admin/constituents/second-step", data=data)
        assert answer.status_code == 403
    assert await strong.factors.is_set_up(*strong.whose)
    assert await constituent.factors.is_set_up(*constituent.whose)

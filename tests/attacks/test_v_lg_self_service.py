"""V-LG: what people do with their own account, nobody does for them."""

from __future__ import annotations

import httpx2
import pytest

from doorward.accounts import AccountKind
from doorward.http import session_cookie_name
from tests.support.factories import PASSWORD, make_account
from tests.support.visits import Visit, form_of, go, post
from tests.support.world import World

pytestmark = pytest.mark.anyio
HOUR = 3_600


async def enter(
    browser: httpx2.AsyncClient, path: str = "account", username: str = "anna"
) -> Visit:
    """Open a page, and prove who it is by a password."""
    visit = await go(browser, path)
    form = form_of(visit, "password")
    return await post(browser, form, username=username, password=PASSWORD.reveal())


async def test_v_lg_no_parameter_names_another_account(world: World) -> None:
    """Neither in the address nor in the form: the session alone says whose data and whose end."""
    use, org_id = world.services, world.org.org_id
    ben = await make_account(use.db, "ben", org_id=org_id)
    named = dict.fromkeys(("account_id", "account", "id", "sub", "user"), ben.subject)
    async with world.http() as browser:
        await enter(browser)
        page = await browser.get("account/data", params=named)
        assert "ben@example.org" not in page.text
        form = form_of(await go(browser, "account/data"), "csrf")
        file = await browser.post("account/data", params=named, data={**form.fields, **named})
        assert file.json()["account"]["username"] == "anna"
        form = form_of(await go(browser, "account/delete"), "name")
        sent = {**form.fields, **named, "name": "ben", "decision": "delete"}
        assert (await browser.post("account/delete", data=sent)).status_code == 422
        sent["name"] = "anna"
        assert (await browser.post("account/delete", params=named, data=sent)).status_code == 303
    assert await use.deletions.find(org_id, ben.account_id) is None
    assert await use.deletions.find(org_id, world.person.account_id) is not None


@pytest.mark.parametrize("path", ["account/data", "account/delete"])
async def test_v_lg_a_stranger_page_cannot_send_the_form(world: World, path: str) -> None:
    """Without the token of this very session nothing is sent, deleted or kept."""
    async with world.http() as browser, world.http() as attacker:
        await enter(browser)
        await make_account(world.services.db, "eve", org_id=world.org.org_id)
        await enter(attacker, username="eve")
        theirs = form_of(await go(attacker, path), "csrf").fields["csrf"]
        for token in ("", "x", theirs):
            sent = {"csrf": token, "name": "anna", "decision": "delete"}
            assert (await browser.post(path, data=sent)).status_code in {400, 403}
    org_id, number = world.org.org_id, world.person.account_id
    assert await world.services.deletions.find(org_id, number) is None


@pytest.mark.parametrize("path", ["account/data", "account/delete"])
async def test_v_lg_a_screen_left_open_gives_nothing_away(world: World, path: str) -> None:
    """Whoever sits down at it an hour later has to prove who they are."""
    async with world.http() as browser:
        await enter(browser)
        field = "csrf" if path.endswith("data") else "name"
        form = form_of(await go(browser, path), field)
        world.clock.advance(seconds=HOUR)
        sent = {**form.fields, "name": "anna", "decision": "delete"}
        answer = await browser.post(path, data=sent)
        assert answer.status_code == 303
        assert "/signin" in answer.headers["location"]
    org_id, number = world.org.org_id, world.person.account_id
    assert await world.services.deletions.find(org_id, number) is None


async def test_v_lg_a_deletion_is_cancelled_by_its_person_only(world: World) -> None:
    """Another person's page keeps nobody's account but their own."""
    use, org_id = world.services, world.org.org_id
    await make_account(use.db, "eve", org_id=org_id)
    async with world.http() as browser, world.http() as attacker:
        await enter(browser)
        form = form_of(await go(browser, "account/delete"), "name")
        await post(browser, form, name="anna", decision="delete")
        await enter(attacker, username="eve")
        csrf = form_of(await go(attacker, "account/delete"), "name").fields["csrf"]
        named = {"account_id": world.person.subject, "id": world.person.subject}
        sent = {"csrf": csrf, "decision": "keep", **named}
        await attacker.post("account/delete", params=named, data=sent)
    assert await use.deletions.find(org_id, world.person.account_id) is not None


async def test_v_lg_a_session_of_before_is_worth_nothing(world: World) -> None:
    """A stolen cookie neither keeps the account nor reads its data; nor does one of the erased."""
    use = world.services
    async with world.http() as browser:
        await enter(browser)
        name = session_cookie_name(world.org.org_id, https=False)
        stolen = {name: browser.cookies[name]}
        world.clock.advance(seconds=1)
        form = form_of(await go(browser, "account/delete"), "name")
        await post(browser, form, name="anna", decision="delete")
    async with world.http(cookies=stolen) as thief:
        assert (await go(thief, "account/data")).path[-1] == "signin"
        assert (await go(thief, "account/delete")).path[-1] == "signin"
    async with world.http() as browser:
        await enter(browser)
        world.clock.advance(seconds=14 * 24 * HOUR)
        await use.eraser.erase_due()
        assert (await go(browser, "account/data")).path[-1] == "signin"


async def test_v_lg_whoever_gets_the_name_next_gets_nothing_else(world: World) -> None:
    """The next owner of the name and the address starts with an empty account."""
    use, org_id = world.services, world.org.org_id
    async with world.http() as browser:
        await enter(browser)
        form = form_of(await go(browser, "account/delete"), "name")
        await post(browser, form, name="anna", decision="delete")
    world.clock.advance(seconds=14 * 24 * HOUR)
    await use.eraser.erase_due()
    world.clock.advance(seconds=61)
    await use.eraser.erase_due()
    again = await make_account(use.db, "anna", org_id=org_id)
    assert again.account_id != world.person.account_id
    async with world.http() as browser:
        await enter(browser)
        form = form_of(await go(browser, "account/data"), "csrf")
        told = (await browser.post("account/data", data=form.fields)).json()
    assert told["account"]["account_id"] == again.account_id
    assert len(told["sessions"]) == 1
    assert not told["connected_apps"]


async def test_v_lg_staff_without_the_permission_delete_nobody(world: World) -> None:
    """Nor does a constituent who opens the page of the staff."""
    use, org_id = world.services, world.org.org_id
    await make_account(
        use.db, "sam", org_id=org_id, kind=AccountKind.SYSTEM, permissions=("accounts.read",)
    )
    path = f"admin/deletions/account?id={world.person.subject}"
    async with world.http() as browser:
        page = await enter(browser, path, username="sam")
        csrf = page.page.form_with("csrf")
        token = csrf.fields["csrf"] if csrf else ""
        sent = {"csrf": token, "id": world.person.subject, "decision": "delete", "name": "anna"}
        assert (await browser.post("admin/deletions/account", data=sent)).status_code == 403
    async with world.http() as browser:
        await enter(browser)
        assert (await go(browser, path)).path[-1] == "signin"
    assert await use.deletions.find(org_id, world.person.account_id) is None

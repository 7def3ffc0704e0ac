"""Who comes into the staff console, and by which door."""

from __future__ import annotations

import pytest

from doorward.accounts import AccountKind
from doorward.audit import SYSTEM
from doorward.orgs import NewOrganization
from tests.console.admin.desk import EVERY, at_desk, hire, routes_of, sign_in
from tests.support.factories import make_account
from tests.support.visits import authorize, form_of, go, post
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def test_sign_in_leads_to_the_page_that_was_asked_for(world: World) -> None:
    """With its query, and with nothing else in the address."""
    staff = await hire(world)
    async with world.http() as http:
        visit = await go(http, f"{world.issuer}/admin?from=mail")
        assert visit.path == ["admin", "signin"]
        shown = await sign_in(http, visit, staff.username)
    assert shown.path == ["signin", "admin"]
    assert str(shown.response.url).endswith("/admin?from=mail")
    assert staff.name is not None
    assert staff.name in shown.page.text


async def test_no_address_can_name_where_sign_in_returns_to(world: World) -> None:
    """Only the path of a page that exists is returned to; its query stays a query."""
    staff = await hire(world)
    async with world.http() as http:
        visit = await go(http, f"{world.issuer}/admin?next=https://evil.example/&continue=//evil")
        answer = await http.post(
            form_of(visit, "password").action,
            data={
                **form_of(visit, "password").fields,
                "username": staff.username,
                "password": "correct horse battery",
            },
        )
    assert answer.headers["location"].startswith(f"/o/{world.org.org_id}/admin?next=https%3A%2F%2F")


@pytest.mark.parametrize("kind", [AccountKind.CONSTITUENT, AccountKind.SYSTEM])
async def test_each_form_takes_its_own_kind_of_account(world: World, kind: AccountKind) -> None:
    """The same password opens nothing on the other form, and the refusal is the usual one."""
    await make_account(world.services.db, "both", org_id=world.org.org_id, kind=kind)
    page = "admin" if kind is AccountKind.CONSTITUENT else "account"
    async with world.http() as http:
        refused = await sign_in(http, await go(http, f"{world.issuer}/{page}"), "both")
        assert refused.response.status_code == 400
        unknown = await sign_in(http, await go(http, f"{world.issuer}/{page}"), "nobody")
    assert unknown.page.text.replace("nobody", "both") == refused.page.text


async def test_a_constituent_s_session_opens_no_page(world: World) -> None:
    """Every address leads to the sign-in of staff, as it does for a stranger."""
    async with world.http() as http, world.http() as stranger:
        await authorize(http, world.request())
        for route in routes_of(world):
            for browser in (http, stranger):
                answer = await browser.request(route.method, f"{world.issuer}{route.path}")
                assert answer.status_code == 303, route
                assert "/signin?flow=" in answer.headers["location"]


async def test_each_route_needs_exactly_its_permission(world: World) -> None:
    """Without it 403 whatever else one holds, and the page names it; with it alone, not 403."""
    for route in routes_of(world):
        if route.permission is None:
            continue
        needed = str(route.permission)
        async with at_desk(world, await hire(world, EVERY - {needed})) as desk:
            data = {"csrf": await desk.csrf()} if route.method == "POST" else None
            address = f"{world.issuer}{route.path}"
            answer = await desk.http.request(route.method, address, data=data)
            assert answer.status_code == 403, route
            assert needed in answer.text
        async with at_desk(world, await hire(world, {needed})) as desk:
            data = {"csrf": await desk.csrf()} if route.method == "POST" else None
            answer = await desk.http.request(route.method, address, data=data)
            assert answer.status_code not in {403, 500}, route


async def test_each_form_needs_the_token_of_its_session(world: World) -> None:
    """A form from elsewhere, or of another session, is refused before anything is read."""
    async with at_desk(world) as desk, at_desk(world) as other:
        foreign = await other.csrf()
        for route in routes_of(world):
            if route.method != "POST":
                continue
            for data in ({"csrf": ""}, {"csrf": "A" * 43}, {"csrf": foreign}):
                answer = await desk.http.post(f"{world.issuer}{route.path}", data=data)
                assert answer.status_code == 403, route


async def test_the_navigation_shows_what_one_may_open(world: World) -> None:
    """Nobody is led to a page that refuses them."""
    links = {"users": "accounts.read", "oauth": "applications.read"}
    for page, permission in links.items():
        for held in ({permission}, EVERY - {permission}):
            async with at_desk(world, await hire(world, held)) as desk:
                visit = await desk.open("")
                shown = any(link.endswith(f"/admin/{page}") for link in visit.page.links)
                assert shown == (permission in held)


async def test_a_refusal_names_whom_to_ask(world: World) -> None:
    """Colleagues who can give permissions, and nobody who is disabled."""
    await hire(world, {"accounts.write"}, "helga")
    gone = await hire(world, {"accounts.write"}, "gone")
    await world.services.accounts.disable(world.org.org_id, gone.account_id, SYSTEM)
    async with at_desk(world, await hire(world, ())) as desk:
        visit = await desk.open("users")
    assert visit.response.status_code == 403
    assert "Helga Example" in visit.page.text
    assert "Gone Example" not in visit.page.text


async def test_permissions_and_status_count_at_once(world: World) -> None:
    """A session holds neither: who is disabled is at the sign-in form with the next click."""
    staff = await hire(world)
    async with at_desk(world, staff) as desk:
        assert (await desk.open("")).response.status_code == 200
        await world.services.accounts.disable(world.org.org_id, staff.account_id, SYSTEM)
        assert (await desk.open("")).path[-1] == "signin"


async def test_sign_out_ends_the_staff_s_session_and_no_other(world: World) -> None:
    """A constituent in the same browser stays signed in."""
    staff = await hire(world)
    async with world.http() as http:
        await authorize(http, world.request())
        world.clock.advance(seconds=1)
        shown = await sign_in(http, await go(http, f"{world.issuer}/admin"), staff.username)
        form = next(each for each in shown.page.forms if each.action.endswith("/admin/signout"))
        out = await post(http, form)
        assert out.path == ["admin/signout", "admin/signedout"]
        assert (await go(http, f"{world.issuer}/admin")).path[-1] == "signin"
        account = await go(http, f"{world.issuer}/account")
    assert account.path == ["account"]
    assert "Anna Example" in account.page.text


async def test_the_account_pages_are_the_constituent_s(world: World) -> None:
    """Beside a member of staff who signed in later; staff alone see their own."""
    staff = await hire(world)
    async with world.http() as http:
        await sign_in(http, await go(http, f"{world.issuer}/admin"), staff.username)
        alone = await go(http, f"{world.issuer}/account")
        assert staff.username in alone.page.text
        await authorize(http, world.request())
        world.clock.advance(seconds=1)
        await sign_in(http, await go(http, f"{world.issuer}/signin"), "anna")
        assert "Anna Example" in (await go(http, f"{world.issuer}/account")).page.text
    async with world.http() as http:
        await authorize(http, world.request())
        world.clock.advance(seconds=5)
        await sign_in(http, await go(http, f"{world.issuer}/admin"), staff.username)
        for page in ("account", "account/sessions", "account/apps"):
            assert "Anna Example" in (await go(http, f"{world.issuer}/{page}")).page.text
        assert staff.username in (await go(http, f"{world.issuer}/admin")).page.text


async def test_the_console_of_another_organization_knows_nobody_here(world: World) -> None:
    """A session belongs to one organization."""
    async with at_desk(world) as desk:
        other = await world.services.organizations.create(
            NewOrganization(org_id=f"{world.org.org_id}-x", name="Lake"), SYSTEM
        )
        answer = await desk.http.get(f"http://127.0.0.1:8400/o/{other.org_id}/admin")
    assert answer.status_code == 303

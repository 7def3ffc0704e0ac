"""User Management: staff and integrations, and who may give them what."""

from __future__ import annotations

import re

import pytest

from doorward.accounts import Account, AccountKind
from doorward.audit import SYSTEM
from tests.console.admin.desk import EVERY, Desk, at_desk, hire
from tests.support.factories import make_account
from tests.support.visits import go
from tests.support.world import World

pytestmark = pytest.mark.anyio

SHOWN = re.compile(r'id="made-password">([^<]+)<')


def page_of(account: Account) -> str:
    """The address of a user's page, below the console."""
    return f"users/user?id={account.account_id}"


async def read(world: World, account: Account) -> Account:
    """The account as it is now."""
    return await world.services.accounts.get(world.org.org_id, account.account_id)


async def tick(desk: Desk, account: Account, permissions: set[str]) -> int:
    """Tick exactly these boxes and save; the status of the answer before any redirect."""
    form = await desk.form(page_of(account), "users/permissions")
    fields = {name: value for name, value in form.fields.items() if "permission." not in name}
    boxes = {f"permission.{name}": "on" for name in permissions}
    return (await desk.http.post(form.action, data={**fields, **boxes})).status_code


async def test_staff_are_listed_and_constituents_are_not(world: World) -> None:
    """With what they may do; a search narrows the list down."""
    jonas = await hire(world, {"accounts.read"}, "jonas")
    async with at_desk(world) as desk:
        visit = await desk.open("users")
        assert "Jonas Example" in visit.page.text
        assert "Anna Example" not in visit.page.text
        assert any(link.endswith(f"?id={jonas.account_id}") for link in visit.page.links)
        found = await desk.open("users?q=jon")
        assert "jonas" in found.page.text
        assert desk.staff.username not in found.page.text.partition("Find")[2]
        assert "Nobody is called that" in (await desk.open("users?q=zz")).page.text


async def test_a_long_list_comes_in_pages(world: World) -> None:
    """Each user once."""
    for number in range(53):
        await hire(world, (), f"helper{number:02}")
    async with at_desk(world) as desk:
        first = await desk.open("users")
        more = next(link for link in first.page.links if "after=" in link)
        second = await go(desk.http, more)
        names = [f"helper{number:02}" for number in range(53)]
        seen = [n in first.page.text for n in names], [n in second.page.text for n in names]
        assert [one != other for one, other in zip(*seen, strict=True)] == [True] * 53


async def test_a_made_password_is_shown_once_and_opens_the_console(world: World) -> None:
    """It stands in the answer to the form, which nobody may store, and nowhere else."""
    async with at_desk(world) as desk:
        shown = await desk.send("users/new", "users/new", name="Nina New", username="nina")
        assert shown.response.status_code == 200
        assert shown.response.headers["cache-control"] == "no-store"
        found = SHOWN.search(shown.response.text)
        assert found is not None
        password = found[1]
        assert len(password) >= 20
        assert password not in str(shown.response.url)
    async with world.http() as http:
        form = (await go(http, f"{world.issuer}/admin")).page.form_with("password")
        assert form is not None
        data = {**form.fields, "username": "nina", "password": password}
        answer = await http.post(form.action, data=data)
    assert answer.headers["location"].endswith("/admin")


async def test_a_typed_password_is_not_shown(world: World) -> None:
    """Whoever typed it knows it."""
    async with at_desk(world) as desk:
        made = await desk.send(
            "users/new", "users/new", username="otto", password="a long password", email="o@x.io"
        )
        assert made.path == ["admin/users/new", "admin/users/user"]
        assert "a long password" not in made.response.text
        again = await desk.send("users/new", "users/new", username="otto", name="Another")
        assert again.response.status_code == 422
        form = next(each for each in again.page.forms if each.action.endswith("users/new"))
        assert (form.fields["username"], form.fields["name"]) == ("otto", "Another")
        short = await desk.send("users/new", "users/new", username="otti", password="short")
        assert short.response.status_code == 422
        assert "password" not in {f for f, v in form.fields.items() if v == "short"}


async def test_an_integration_has_no_password(world: World) -> None:
    """Nobody signs in as it; it begins without permissions and without API access."""
    async with at_desk(world) as desk:
        made = await desk.send("users/new?for=integration", "users/new", username="mailing-list")
        assert made.path[-1] == "admin/users/user"
    use, org_id = world.services, world.org.org_id
    account = await use.accounts.find_by_login(org_id, AccountKind.SYSTEM, "mailing-list")
    assert account is not None
    assert (account.password_changed_at, account.permissions) == (None, frozenset())
    assert not await use.api_keys.has_access(org_id, account.account_id)


async def test_permissions_are_given_and_taken(world: World) -> None:
    """The boxes that are ticked, no more and no less, in the record by name of the field."""
    jonas = await hire(world, {"accounts.read", "keys.read"})
    async with at_desk(world) as desk:
        assert await tick(desk, jonas, {"accounts.read", "audit.read"}) == 303
        assert (await read(world, jonas)).permissions == {"accounts.read", "audit.read"}
        assert await tick(desk, jonas, set()) == 303
        assert (await read(world, jonas)).permissions == frozenset()


async def test_nobody_gives_permissions_that_they_do_not_hold(world: World) -> None:
    """V-MT: the box is shut, and a form that ticks it all the same changes nothing."""
    limited = await hire(world, {"accounts.read", "accounts.write"})
    jonas = await hire(world, {"accounts.read"})
    async with at_desk(world, limited) as desk:
        assert await tick(desk, jonas, {"accounts.read", "keys.write"}) == 422
        assert (await read(world, jonas)).permissions == {"accounts.read"}
        assert await tick(desk, jonas, {"accounts.write"}) == 303
        page = (await desk.open(page_of(jonas))).response.text
        shut = r'<input type="checkbox" name="permission\.([a-z.]+)"[^>]* disabled>'
        assert set(re.findall(shut, page)) == EVERY - limited.permissions


async def test_nobody_changes_their_own_permissions_or_disables_themselves(world: World) -> None:
    """Not even with every permission."""
    async with at_desk(world) as desk:
        own = desk.staff
        assert await tick(desk, own, {"accounts.read"}) == 422
        csrf, base = await desk.csrf(), f"{world.issuer}/admin/users"
        for form, data in (
            ("status", {"status": "disabled", "decision": "confirm"}),
            ("password", {"password": "another password"}),
        ):
            given = {"csrf": csrf, "id": own.subject, **data}
            assert (await desk.http.post(f"{base}/{form}", data=given)).status_code == 422
        assert await read(world, own) == own
        assert (await desk.open("users")).response.status_code == 200


async def test_nobody_takes_over_staff_who_may_do_more(world: World) -> None:
    """V-MT: no profile, password, key or status of a user who holds more."""
    chief = await hire(world)
    limited = await hire(world, {"accounts.read", "accounts.write"})
    await world.services.api_keys.switch_access_on(world.org.org_id, chief.account_id, SYSTEM)
    async with at_desk(world, limited) as desk:
        csrf, base = await desk.csrf(), f"{world.issuer}/admin/users"
        for form, data in (
            ("profile", {"username": "mine", "email": "mine@example.org"}),
            ("permissions", {"permission.accounts.read": "on"}),
            ("password", {"password": "taken over"}),
            ("status", {"status": "disabled", "decision": "confirm"}),
            ("access", {"access": "off", "decision": "confirm"}),
            ("keys", {"label": "mine"}),
        ):
            given = {"csrf": csrf, "id": chief.subject, **data}
            answer = await desk.http.post(f"{base}/{form}", data=given)
            assert answer.status_code == 422, form
        shown = await desk.open(page_of(chief))
        buttons = [button for form in shown.page.forms[1:] for button in form.buttons]
        assert buttons == []
    assert await read(world, chief) == chief
    assert await world.services.api_keys.has_access(world.org.org_id, chief.account_id)


async def test_disabling_asks_first(world: World) -> None:
    """Then the user is out at once, and a colleague can let them in again."""
    jonas = await hire(world, {"accounts.read"})
    async with at_desk(world) as desk, at_desk(world, jonas) as other:
        asked = await desk.send(page_of(jonas), "users/status", status="disabled")
        assert asked.response.status_code == 200
        assert (await read(world, jonas)).is_active
        form = next(each for each in asked.page.forms if each.action.endswith("users/status"))
        data = {**form.fields, "decision": "confirm"}
        assert (await desk.http.post(form.action, data=data)).status_code == 303
        assert not (await read(world, jonas)).is_active
        assert (await other.open("users")).path[-1] == "signin"
        await desk.send(page_of(jonas), "users/status", status="active")
        assert (await read(world, jonas)).is_active


async def test_a_new_password_ends_the_sign_ins_of_the_user(world: World) -> None:
    """Typed or made: whoever knew the old one is out."""
    jonas = await hire(world, {"accounts.read"})
    async with at_desk(world) as desk, at_desk(world, jonas) as other:
        world.clock.advance(seconds=1)
        shown = await desk.send(page_of(jonas), "users/password")
        assert SHOWN.search(shown.response.text) is not None
        assert (await other.open("")).path[-1] == "signin"
        typed = await desk.send(page_of(jonas), "users/password", password="typed by hand")
        assert typed.path[-1] == "admin/users/user"


async def test_a_profile_is_saved_or_said_to_be_wrong(world: World) -> None:
    """A user name that is taken stays in its field."""
    jonas = await hire(world, (), "jonas")
    await hire(world, (), "taken")
    async with at_desk(world) as desk:
        await desk.send(page_of(jonas), "users/profile", name="Jonas W.", email="j@example.org")
        assert (await read(world, jonas)).name == "Jonas W."
        wrong = await desk.send(page_of(jonas), "users/profile", username="taken")
        assert wrong.response.status_code == 422
        assert 'href="#username"' in wrong.response.text
        form = next(each for each in wrong.page.forms if each.action.endswith("users/profile"))
        assert form.fields["username"] == "taken"


async def test_a_constituent_is_no_user(world: World) -> None:
    """V-MT: neither shown nor changed here, whatever the form says."""
    person = world.person
    async with at_desk(world) as desk:
        assert (await desk.open(page_of(person))).response.status_code == 404
        csrf, base = await desk.csrf(), f"{world.issuer}/admin/users"
        for form in ("profile", "permissions", "status", "password", "access", "keys"):
            data = {"csrf": csrf, "id": person.subject, "username": "x", "decision": "confirm"}
            assert (await desk.http.post(f"{base}/{form}", data=data)).status_code == 404
    assert await read(world, person) == person


async def test_a_user_of_the_same_number_elsewhere_is_nobody_here(world: World) -> None:
    """V-MT: numbers are the organization's own."""
    other = await make_account(
        world.services.db, "far", org_id=f"{world.org.org_id}-f", kind=AccountKind.SYSTEM
    )
    async with at_desk(world) as desk:
        visit = await desk.open(f"users/user?id={other.account_id}")
        assert "Far Example" not in visit.page.text

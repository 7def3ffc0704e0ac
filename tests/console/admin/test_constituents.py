"""The list of constituents, one person's page, and suspending them."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

import pytest

from doorward.accounts import AccountKind, NewAccount, UserType, parse_details
from doorward.audit import SYSTEM
from doorward.orgs import NewOrganization, OrgId
from tests.console.admin.desk import EVERY, Desk, at_desk, hire
from tests.support.factories import make_account
from tests.support.house import House
from tests.support.visits import Visit, authorize
from tests.support.world import World

pytestmark = pytest.mark.anyio

PERSON = AccountKind.CONSTITUENT


async def fill(world: World, count: int) -> None:
    """``count`` more constituents: person001 and so on."""
    news = [
        NewAccount(
            org_id=world.org.org_id,
            kind=PERSON,
            username=f"person{n:03}",
            email=f"p{n:03}@example.org",
            name=f"Person {n:03}",
        )
        for n in range(count)
    ]
    for start in range(0, count, 100):
        await world.services.accounts.create_many(
            world.org.org_id, news[start : start + 100], SYSTEM
        )


def names_on(visit: Visit) -> list[str]:
    """The people that a list shows, in order."""
    return re.findall(r"account\?id=\d+\"><bdi>([^<]+)</bdi>", visit.response.text)


def way(visit: Visit, rel: str) -> str | None:
    """Where the pager's link of that relation leads, below ``/admin/``."""
    found = re.search(rf'href="[^"]*/admin/([^"]+)" rel="{rel}"', visit.response.text)
    return found[1].replace("&amp;", "&") if found else None


async def test_the_list_is_walked_to_its_end_and_back(world: World) -> None:
    """Everybody once, in one order, and nothing before the first page or after the last."""
    await fill(world, 130)
    async with at_desk(world) as desk:
        visit = await desk.open("constituents")
        assert "131" in visit.page.text
        assert way(visit, "prev") is None
        pages = [names_on(visit)]
        while following := way(visit, "next"):
            visit = await desk.open(following)
            pages.append(names_on(visit))
        assert [len(page) for page in pages] == [50, 50, 31]
        everybody = [name for page in pages for name in page]
        assert everybody == ["Anna Example", *(f"Person {n:03}" for n in range(130))]
        for page in reversed(pages[:-1]):
            previous = way(visit, "prev")
            assert previous is not None
            visit = await desk.open(previous)
            assert names_on(visit) == page
        assert way(visit, "prev") is None


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("person00", 10),
        ("PERSON 005", 1),
        ("p00", 10),
        ("anna@", 1),
        ("example", 1),
        ("nobody", 0),
        ("%", 0),
        ("'; --", 0),
        ("\u202e", 0),
        ("x" * 3000, 0),
    ],
)
async def test_a_search_finds_beginnings_of_names_and_addresses(
    world: World, q: str, found: int
) -> None:
    """User name, e-mail address, full, family and given name, in any case."""
    await fill(world, 12)
    async with at_desk(world) as desk:
        visit = await desk.open(f"constituents?q={quote(q)}")
        assert visit.response.status_code == 200
        assert len(names_on(visit)) == found


async def test_a_search_is_walked_page_by_page(world: World) -> None:
    """The pager keeps what was searched for."""
    await fill(world, 70)
    async with at_desk(world) as desk:
        visit = await desk.open("constituents?q=person&status=active")
        following = way(visit, "next")
        assert following is not None
        assert "q=person" in following
        assert "status=active" in following
        assert len(names_on(await desk.open(following))) == 20


async def test_a_page_whose_place_is_gone_begins_anew(world: World) -> None:
    """Somebody was renamed, or the address was made up."""
    async with at_desk(world) as desk:
        for place in ("after=999999", "before=1", "q=anna&after=999999", "after=9999999999999999"):
            visit = await desk.open(f"constituents?{place}")
            assert names_on(visit) == ["Anna Example"]


async def test_status_filters_the_list(world: World) -> None:
    """Suspended people are found among thousands."""
    await fill(world, 5)
    org_id = world.org.org_id
    await world.services.accounts.disable(org_id, world.person.account_id, SYSTEM)
    async with at_desk(world) as desk:
        assert names_on(await desk.open("constituents?status=suspended")) == ["Anna Example"]
        assert len(names_on(await desk.open("constituents?status=active"))) == 5
        assert len(names_on(await desk.open("constituents?status=whatever"))) == 6


async def test_an_organization_without_constituents_is_told_what_to_do(world: World) -> None:
    """Import or invite; and who may only look is not asked to."""
    new = NewOrganization(org_id=OrgId(f"new-{world.org.org_id}"), name="New Trust")
    org = await world.services.organizations.create(new, SYSTEM)
    for permissions, may in ((EVERY, True), ({"accounts.read"}, False)):
        empty = replace(world, org=org)
        async with at_desk(empty, await hire(empty, permissions)) as desk:
            visit = await desk.open("constituents")
            assert names_on(visit) == []
            assert "Nobody is here yet" in visit.page.text
            assert any(each.endswith("/constituents/invite") for each in visit.page.links) is may


async def test_a_page_shows_what_is_kept_of_a_person(world: World) -> None:
    """Names, login, address, and what came from the CRM."""
    new = NewAccount(
        org_id=world.org.org_id,
        kind=PERSON,
        username="mill",
        email="office@mill.example",
        name="Old Mill <Ltd>",
        given_name="Ada",
        family_name="Lovelace",
        user_type=UserType.COMPANY,
        details=parse_details(
            {"addresses": [{"city": "Salem", "phone1": "+1 555 0100", "is_primary_address": True}]}
        ),
    )
    account = await world.services.accounts.create(new, SYSTEM)
    async with at_desk(world) as desk:
        visit = await desk.open(f"constituents/account?id={account.subject}")
    text = visit.page.text
    for shown in ("Old Mill <Ltd>", "mill", "Ada Lovelace", "Salem", "+1 555 0100", "Company"):
        assert shown in text
    assert "office@mill.example" in text.replace("\u200b", "").replace(" ", "")


async def test_devices_are_counted_for_those_who_may_see_sessions(world: World) -> None:
    """Where people are signed in is a permission of its own."""
    async with world.http() as http:
        await authorize(http, world.request())
    path = f"constituents/account?id={world.person.subject}"
    async with at_desk(world) as desk:
        assert "One device" in (await desk.open(path)).page.text
    async with at_desk(world, await hire(world, {"accounts.read"})) as desk:
        text = (await desk.open(path)).page.text
        assert "device" not in text
        assert "Suspend" not in text


@pytest.mark.parametrize("bad", ["", "0", "-1", "abc", "1e3", "٣", "9" * 18, "9" * 40, "1;2"])
async def test_an_account_that_is_not_there_is_a_page_that_is_not_there(
    world: World, bad: str
) -> None:
    """Whatever stands in the address."""
    async with at_desk(world) as desk:
        visit = await desk.open(f"constituents/account?id={quote(bad)}")
        assert visit.response.status_code == 404
        data = {"csrf": await desk.csrf(), "id": bad, "status": "suspended", "decision": "confirm"}
        answer = await desk.http.post(f"{world.issuer}/admin/constituents/status", data=data)
        assert answer.status_code == 404


async def test_neither_staff_nor_other_organizations_people_are_constituents(
    world: World, house: House
) -> None:
    """Their ids open nothing here, and change nobody."""
    other = await house.new_world()
    db, org_id = world.services.db, other.org.org_id
    # With a number that nobody has in the first organization.
    stranger = [await make_account(db, f"zoe{n}", org_id=org_id) for n in range(6)][-1]
    staff = await hire(world)
    async with at_desk(world, staff) as desk:
        for account in (staff, stranger):
            path = f"constituents/account?id={account.subject}"
            assert (await desk.open(path)).response.status_code == 404
            for action in ("status", "invitation"):
                data = {
                    "csrf": await desk.csrf(),
                    "id": account.subject,
                    "status": "suspended",
                    "decision": "confirm",
                }
                address = f"{world.issuer}/admin/constituents/{action}"
                assert (await desk.http.post(address, data=data)).status_code == 404
    for account in (staff, stranger):
        kept = await world.services.accounts.get(account.org_id, account.account_id)
        assert kept.is_active


async def _suspend(desk: Desk, account_id: str) -> Visit:
    path = f"constituents/account?id={account_id}"
    asked = await desk.send(path, "constituents/status", status="suspended")
    form = asked.page.form_with_button("decision", "confirm")
    assert form is not None
    answer = await desk.http.post(form.action, data={**form.fields, "decision": "confirm"})
    return await desk.open(answer.headers["location"].partition("/admin/")[2])


async def test_suspending_asks_first_and_takes_effect_at_once(world: World) -> None:
    """Who is suspended is signed out, until somebody reactivates them."""
    accounts, person = world.services.accounts, world.person
    async with world.http() as theirs, at_desk(world) as desk:
        await authorize(theirs, world.request())
        path = f"constituents/account?id={person.subject}"
        await desk.send(path, "constituents/status", status="suspended")
        assert (await accounts.get(person.org_id, person.account_id)).is_active
        done = await _suspend(desk, person.subject)
        assert "Suspended" in done.page.text
        assert not (await accounts.get(person.org_id, person.account_id)).is_active
        answer = await theirs.get(f"{world.issuer}/account")
        assert answer.status_code == 303
        await desk.send(path, "constituents/status", status="active", decision="confirm")
        assert (await accounts.get(person.org_id, person.account_id)).is_active


async def test_who_may_not_see_people_sees_nothing_of_them(world: World) -> None:
    """Not in the navigation, not by address."""
    async with at_desk(world, await hire(world, EVERY - {"accounts.read"})) as desk:
        home = await desk.open("")
        assert not any("/constituents" in link for link in home.page.links)
        for path in ("constituents", f"constituents/account?id={world.person.subject}"):
            visit = await desk.open(path)
            assert visit.response.status_code == 403
            assert "Anna" not in visit.page.text

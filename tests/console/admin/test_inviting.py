"""Inviting somebody, and what they do with the link."""

from __future__ import annotations

import asyncio
import html
import re
from urllib.parse import urlsplit

import httpx2
import pytest

from doorward.accounts import AccountKind
from doorward.audit import SYSTEM
from tests.console.admin.desk import EVERY, Desk, at_desk, hire
from tests.support.factories import PASSWORD
from tests.support.house import House
from tests.support.visits import Visit, form_of, go, post
from tests.support.world import World

pytestmark = pytest.mark.anyio

WEEK = 7 * 86_400
SECRET = PASSWORD.reveal()
BO = {"given_name": "Bo", "family_name": "Li", "email": "bo@example.org", "locale": "en"}


def link_on(visit: Visit) -> str:
    """The link that a page shows."""
    found = re.search(r'id="invitation-link">([^<]+)<', visit.response.text)
    assert found is not None, visit.page.text
    return html.unescape(found[1])


async def invite(desk: Desk, **typed: str) -> Visit:
    """Fill in the form."""
    return await desk.send("constituents/invite", "constituents/invite", **{**BO, **typed})


async def account_path(world: World, email: str = "bo@example.org") -> str:
    """The page of the person with this address."""
    found = await world.services.accounts.find_by_login(
        world.org.org_id, AccountKind.CONSTITUENT, email
    )
    assert found is not None
    return f"constituents/account?id={found.subject}"


async def accept(http: httpx2.AsyncClient, link: str, password: str = SECRET) -> Visit:
    """Open the link and choose a password."""
    form = form_of(await go(http, link), "again")
    return await post(http, form, password=password, again=password)


async def test_an_invited_person_ends_at_their_own_account(world: World) -> None:
    """The link, a password, and they are signed in; and can sign in again elsewhere."""
    async with at_desk(world) as desk:
        link = link_on(await invite(desk))
        assert link.startswith(f"{world.issuer}/invitation?code=dw_iv_")
        async with world.http() as theirs:
            shown = await go(theirs, link)
            assert "Bo Li" in shown.page.text
            assert world.org.name in shown.page.text
            assert shown.response.headers["referrer-policy"] == "no-referrer"
            arrived = await accept(theirs, link)
            assert arrived.path[-1] == "account"
            assert "Bo Li" in arrived.page.text
        assert "Not verified" in (await desk.open(await account_path(world))).page.text
    async with world.http() as elsewhere:
        form = form_of(await go(elsewhere, f"{world.issuer}/signin"), "password")
        again = await post(elsewhere, form, username="bo@example.org", password=SECRET)
        assert again.path[-1] == "account"


async def test_opening_a_link_changes_nothing(world: World) -> None:
    """Mail scanners open links before people do."""
    async with at_desk(world) as desk:
        link = link_on(await invite(desk))
        async with world.http() as scanner:
            for _ in range(3):
                assert (await go(scanner, link)).response.status_code == 200
                assert (await scanner.head(link)).status_code == 200
        async with world.http() as theirs:
            assert (await accept(theirs, link)).path[-1] == "account"


async def test_the_link_is_built_from_the_configured_address_only(world: World) -> None:
    """Whatever the request says about its host."""
    async with at_desk(world) as desk:
        desk.http.headers |= {
            "x-forwarded-host": "evil.example",
            "forwarded": "host=evil.example",
            "x-forwarded-proto": "https",
        }
        assert urlsplit(link_on(await invite(desk))).netloc == urlsplit(world.issuer).netloc


async def test_the_link_is_shown_once(world: World) -> None:
    """Neither the person's page nor the form shows it again."""
    async with at_desk(world) as desk:
        code = link_on(await invite(desk)).partition("code=")[2]
        for path in (await account_path(world), "constituents/invite", "constituents"):
            assert code not in (await desk.open(path)).response.text
        assert "Open until" in (await desk.open(await account_path(world))).page.text


async def test_every_dead_link_shows_the_same_page(world: World, house: House) -> None:
    """Unknown, used, renewed, withdrawn, expired, suspended, another organization's."""
    other = await house.new_world()
    dead: list[str] = [f"{world.issuer}/invitation", f"{world.issuer}/invitation?code=dw_iv_x"]
    async with at_desk(world) as desk, world.http() as theirs:
        used = link_on(await invite(desk, email="a@example.org"))
        await accept(theirs, used)
        renewed = link_on(await invite(desk, email="b@example.org"))
        path = await account_path(world, "b@example.org")
        withdrawn = link_on(await desk.send(path, "constituents/invitation", decision="renew"))
        await desk.send(path, "constituents/invitation", decision="withdraw")
        suspended = link_on(await invite(desk, email="c@example.org"))
        found = await world.services.accounts.find_by_login(
            world.org.org_id, AccountKind.CONSTITUENT, "c@example.org"
        )
        assert found is not None
        await world.services.accounts.disable(world.org.org_id, found.account_id, SYSTEM)
        expired = link_on(await invite(desk, email="d@example.org"))
        foreign = link_on(await invite(desk, email="e@example.org"))
        world.clock.advance(seconds=WEEK)
    dead += [used, renewed, withdrawn, suspended, expired]
    dead.append(foreign.replace(world.org.org_id, other.org.org_id))
    async with world.http() as stranger:
        answers = [await stranger.get(link) for link in dead]
    assert {answer.status_code for answer in answers} == {410}
    code = re.compile(r"dw_iv_[\w-]+|" + world.org.org_id + "|" + other.org.org_id)
    assert len({code.sub("", answer.text) for answer in answers}) == 1


async def test_a_form_that_was_open_when_its_link_died_sets_nothing(world: World) -> None:
    """Two people with the same link: the second is told, and the first one's password holds."""
    async with at_desk(world) as desk, world.http() as first, world.http() as second:
        link = link_on(await invite(desk))
        forms = [form_of(await go(http, link), "again") for http in (first, second)]
        answers = await asyncio.gather(
            first.post(
                forms[0].action, data={**forms[0].fields, "password": SECRET, "again": SECRET}
            ),
            second.post(
                forms[1].action,
                data={**forms[1].fields, "password": "other words", "again": "other words"},
            ),
        )
    assert sorted(answer.status_code for answer in answers) == [303, 410]


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "short", "8 to 256"),
        ("", "", "8 to 256"),
        ("x" * 257, "x" * 257, "8 to 256"),
        (SECRET, "something else", "not the same"),
        (SECRET, "", "not the same"),
    ],
)
async def test_a_password_that_cannot_be_is_asked_for_again(
    world: World, password: str, again: str, said: str
) -> None:
    """The link stays good, and the password is not shown back."""
    async with at_desk(world) as desk, world.http() as theirs:
        link = link_on(await invite(desk))
        form = form_of(await go(theirs, link), "again")
        visit = await post(theirs, form, password=password, again=again)
        assert visit.response.status_code == 422
        assert said in visit.page.text
        assert visit.page.title.startswith("Error: ")
        assert not password or password not in visit.response.text
        assert (await accept(theirs, link)).path[-1] == "account"


async def test_a_form_from_elsewhere_sets_no_password(world: World) -> None:
    """The token is this browser's; without a browser's cookie there is none."""
    async with at_desk(world) as desk, world.http() as theirs, world.http() as other:
        link = link_on(await invite(desk))
        form = form_of(await go(theirs, link), "again")
        data = {**form.fields, "password": SECRET, "again": SECRET}
        assert (await other.post(form.action, data=data)).status_code == 403
        await go(other, link)
        assert (await other.post(form.action, data=data)).status_code == 403
        crossed = {"sec-fetch-site": "cross-site"}
        assert (await theirs.post(form.action, data=data, headers=crossed)).status_code == 403
        assert (await accept(theirs, link)).path[-1] == "account"


async def test_staff_who_are_signed_in_stay_so_when_they_try_a_link(world: World) -> None:
    """The person is signed in beside them, and the console is still theirs."""
    async with at_desk(world) as desk:
        arrived = await accept(desk.http, link_on(await invite(desk)))
        assert "Bo Li" in arrived.page.text
        assert (await desk.open("")).response.status_code == 200


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"email": ""}, "Write their email address"),
        ({"email": "not an address"}, "e-mail address"),
        ({"email": "anna@example.org"}, "already in use"),
        ({"given_name": "x" * 201}, "200 characters"),
        ({"email": "two words@example.org"}, "e-mail address"),
        ({"email": "x" * 200 + "@example.org"}, "e-mail address"),
    ],
)
async def test_what_cannot_be_invited_is_said_beside_its_field(
    world: World, typed: dict[str, str], said: str
) -> None:
    """And what was typed stays."""
    async with at_desk(world) as desk:
        visit = await invite(desk, **typed)
        assert visit.response.status_code == 422
        assert said in visit.page.text
        assert "Li" in visit.response.text
        assert await world.services.accounts.count(world.org.org_id, AccountKind.CONSTITUENT) == 1


async def test_who_has_a_password_gets_no_link(world: World) -> None:
    """Neither by the page nor by a form that is made up."""
    path = f"constituents/account?id={world.person.subject}"
    async with at_desk(world) as desk:
        assert "invitation" not in (await desk.open(path)).response.text
        data = {"csrf": await desk.csrf(), "id": world.person.subject, "decision": "renew"}
        address = f"{world.issuer}/admin/constituents/invitation"
        answer = await desk.http.post(address, data=data)
        assert answer.status_code == 422
        assert "dw_iv_" not in answer.text


async def test_who_may_only_look_invites_nobody(world: World) -> None:
    """The permission is that of changing accounts."""
    async with at_desk(world, await hire(world, EVERY - {"accounts.write"})) as desk:
        data = {"csrf": await desk.csrf(), **BO}
        for action in ("invite", "invitation"):
            address = f"{world.issuer}/admin/constituents/{action}"
            assert (await desk.http.post(address, data=data)).status_code == 403
        assert (await desk.open("constituents/invite")).response.status_code == 403

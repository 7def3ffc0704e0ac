"""A person's pages about projects, organizations and API keys."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from doorward.accounts import Account, AccountKind
from doorward.audit import SYSTEM
from doorward.projects import KEPT_AFTER_DELETION, MAX_PERSONAL_KEYS, Role, Steward
from tests.projects.people import make_group, make_project, neighbour, steward
from tests.support.browser_forms import Form
from tests.support.factories import PASSWORD
from tests.support.house import House, house, world
from tests.support.neon import ApiProgram
from tests.support.platforms import speak
from tests.support.visits import Visit, go, post
from tests.support.world import World

__all__ = ["house", "world"]

pytestmark = pytest.mark.anyio

PAGES = ("keys", "projects", "organizations", "organization")
KEY = re.compile(r"dw_pk_[A-Za-z0-9_-]+")


@asynccontextmanager
async def signed_in(world: World, username: str = "anna") -> AsyncIterator[httpx2.AsyncClient]:
    """A browser in which somebody is signed in."""
    async with world.http() as browser:
        visit = await go(browser, "signin")
        form = visit.page.form_with("password")
        assert form is not None
        await post(browser, form, username=username, password=PASSWORD.reveal())
        yield browser


def form_to(visit: Visit, **wanted: str) -> Form:
    """The form of the page that holds these values, in fields or buttons."""
    for form in visit.page.forms:
        if all(form.fields.get(n) == v or form.button(n, v) for n, v in wanted.items()):
            return form
    raise AssertionError(f"no form with {wanted} at {visit.page.url}: {visit.page.text[:400]}")


async def test_the_pages_are_for_constituents_where_projects_are(world: World) -> None:
    """Elsewhere, for staff, and without a sign-in there are none."""
    await neighbour(world, "clerk", kind=AccountKind.SYSTEM)
    async with signed_in(world) as browser:
        for page in PAGES:
            assert (await browser.get(f"account/neon/{page}")).status_code == 404
        await speak(world, "neon")
        assert "Your API keys" in (await go(browser, "account")).page.text
        for page in PAGES[:3]:
            assert (await browser.get(f"account/neon/{page}")).status_code == 200
    async with world.http() as browser:
        assert (await go(browser, "account/neon/keys")).path[-1] == "signin"
        form = (await go(browser, "admin")).page.form_with("password")
        assert form is not None
        await post(browser, form, username="clerk", password=PASSWORD.reveal())
        for page in PAGES:
            assert (await browser.get(f"account/neon/{page}")).status_code == 404
        assert "Your API keys" not in (await go(browser, "account")).page.text


async def test_a_key_is_made_shown_once_and_revoked(world: World) -> None:
    """It does everything that the person may, until it is revoked, after asking."""
    await speak(world, "neon")
    project = await make_project(world, world.person, name="Mine")
    async with signed_in(world) as browser:
        form = form_to(await go(browser, "account/neon/keys"), part="create")
        wrong = await post(browser, form, key_name=" ")
        assert wrong.response.status_code == 422
        assert "A key's name is one line" in wrong.page.text
        made = await post(browser, form, key_name="Laptop")
        (value,) = set(KEY.findall(made.response.text))
        program = ApiProgram(world, value)
        projects = (await program.get("/projects")).json()["projects"]
        assert [each["id"] for each in projects] == [project.project_id]
        assert (await program.get("/users/me/organizations")).status_code == 200
        assert (await program.get("/users/me")).json()["email"] == world.person.email
        listed = await go(browser, "account/neon/keys")
        assert value not in listed.response.text
        assert "Laptop" in listed.page.text
        assert "192.0.2.1" in listed.page.text
        asked = await post(browser, form_to(listed, part="revoke"))
        assert "Revoke the key “Laptop”?" in asked.page.text
        assert (await program.get("/auth")).status_code == 200
        done = await post(browser, form_to(asked, part="revoke"), decision="confirm")
        assert "The API key is revoked." in done.page.text
        assert (await program.get("/auth")).status_code == 401
        again = await post(browser, form_to(asked, part="revoke"), decision="confirm")
        assert again.response.status_code == 404


async def test_a_person_with_as_many_keys_as_may_be_is_told(world: World) -> None:
    """The form is gone; one from before says why."""
    await speak(world, "neon")
    async with signed_in(world) as browser:
        form = form_to(await go(browser, "account/neon/keys"), part="create")
        for number in range(MAX_PERSONAL_KEYS):
            await post(browser, form, key_name=f"Key {number}")
        full = await post(browser, form, key_name="One more")
        assert full.response.status_code == 422
        assert "A person has at most 25 API keys." in full.page.text
        assert full.page.form_with("key_name") is None


async def test_an_organization_is_made_filled_and_deleted(world: World) -> None:
    """From its name to its end, by two people in two browsers."""
    await speak(world, "neon")
    ben = await neighbour(world)
    async with signed_in(world) as anna, signed_in(world, "ben") as bens:
        form = form_to(await go(anna, "account/neon/organizations"), part="create")
        assert (await post(anna, form, name="")).response.status_code == 422
        mine = await post(anna, form, name="灯の会")
        assert "灯の会" in mine.page.title
        group = mine.page.url.partition("id=")[2].partition("&")[0]
        here = f"account/neon/organization?id={group}"
        renamed = await post(anna, form_to(mine, part="rename"), name="Lanterns")
        assert "The new name is saved." in renamed.page.text
        for address in ("nobody@example.org", "ben"):
            invited = await post(anna, form_to(renamed, part="invite"), address=address)
            assert "The invitation waits for whoever has this address." in invited.page.text
        bad = await post(anna, form_to(renamed, part="invite"), address="a b")
        assert bad.response.status_code == 422
        assert 'value="a b"' in bad.response.text
        assert (await bens.get(here)).status_code == 404
        waiting = await go(bens, "account/neon/organizations")
        assert "Lanterns" in waiting.page.text
        assert "Asked by Anna Example" in waiting.page.text
        joined = await post(bens, form_to(waiting, part="accept"), part="accept")
        assert "You are in the organization now." in joined.page.text
        assert joined.page.form_with("address") is None
        people = await go(anna, here)
        assert "Ben Example" in people.page.text
        risen = await post(anna, form_to(people, member=ben.subject), part="role")
        assert "The role is saved." in risen.page.text
        left = await post(bens, form_to(await go(bens, here), part="leave"), part="leave")
        gone = await post(bens, form_to(left, part="leave"), decision="confirm")
        assert "You left the organization." in gone.page.text
        asked = await post(anna, form_to(await go(anna, here), part="delete"), part="delete")
        deleted = await post(anna, form_to(asked, part="delete"), decision="confirm")
        assert "The organization is deleted." in deleted.page.text
        assert (await anna.get(here)).status_code == 404


async def test_an_invitation_is_declined_or_withdrawn(world: World) -> None:
    """Either way it is gone; who comes too late is told."""
    await speak(world, "neon")
    await neighbour(world)
    use, anna = world.services, steward(world, world.person)
    group_id = (await make_group(world, world.person)).group_id
    await use.group_invitations.invite(anna, group_id, "ben", Role.MEMBER)
    async with signed_in(world) as browser, signed_in(world, "ben") as bens:
        waiting = await go(bens, "account/neon/organizations")
        declined = await post(bens, form_to(waiting, part="decline"), part="decline")
        assert "You declined the invitation." in declined.page.text
        late = await post(bens, form_to(waiting, part="accept"), part="accept")
        assert late.response.status_code == 422
        assert "There is no such invitation." in late.page.text
        await use.group_invitations.invite(anna, group_id, "ben", Role.MEMBER)
        here = await go(browser, f"account/neon/organization?id={group_id}")
        done = await post(browser, form_to(here, part="withdraw"))
        assert "The invitation is withdrawn." in done.page.text
    assert await use.group_invitations.list(anna, group_id) == []


async def test_a_member_is_removed_after_asking_and_the_last_administrator_stays(
    world: World,
) -> None:
    """What cannot be done is said, and nothing is done."""
    await speak(world, "neon")
    ben = await neighbour(world)
    group_id = (await make_group(world, world.person, ben)).group_id
    await make_project(world, ben, group_id=group_id)
    here = f"account/neon/organization?id={group_id}"
    async with signed_in(world) as browser:
        page = await go(browser, here)
        of_ben, me = form_to(page, member=ben.subject), world.person.subject
        demoted = await post(browser, of_ben, member=me, role="member", part="role")
        assert "keeps at least one administrator" in demoted.page.text
        asked = await post(browser, form_to(page, member=ben.subject), part="remove")
        assert "Remove Ben Example from the organization?" in asked.page.text
        assert len(await members_of(world, group_id)) == 2
        done = await post(browser, form_to(asked, part="remove"), decision="confirm")
        assert "The member is removed." in done.page.text
        asked = await post(browser, form_to(done, part="delete"), part="delete")
        full = await post(browser, form_to(asked, part="delete"), decision="confirm")
        assert full.response.status_code == 422
        assert "There are projects in this organization" in full.page.text
        again = await post(browser, form_to(page, member=ben.subject), part="remove")
        assert "There is no such member." in again.page.text
    assert await members_of(world, group_id) == [world.person.account_id]


async def members_of(world: World, group_id: str) -> list[int]:
    """Who is in the group."""
    staff = Steward(world.org.org_id, None, SYSTEM)
    found = await world.services.project_members.list(staff, group_id)
    return [each.account_id for each in found]


async def test_projects_are_listed_page_by_page_and_brought_back(world: World) -> None:
    """The person's own, those of others, and the deleted ones, while they can come back."""
    await speak(world, "neon")
    use, org_id, ben = world.services, world.org.org_id, await neighbour(world)
    group_id = (await make_group(world, world.person, ben)).group_id
    await make_project(world, ben, group_id=group_id, name="Theirs")
    made = [await make_project(world, world.person, name=f"Number {n:02}") for n in range(27)]
    for each in made[:2]:
        await use.projects.delete(org_id, each.owner_id, each.project_id, SYSTEM)
    await make_project(world, world.person, name="Last")
    async with signed_in(world) as browser:
        first = await go(browser, "account/neon/projects")
        assert "Last" in first.page.text
        assert "Number 02" not in first.page.text
        (older,) = [link for link in first.page.links if "before=" in link]
        second = await go(browser, older)
        assert "Number 02" in second.page.text
        assert "Number 26" not in second.page.text
        shared = await go(browser, "account/neon/projects?list=shared")
        assert "Theirs" in shared.page.text
        gone = await go(browser, "account/neon/projects?list=deleted")
        assert "Number 00" in gone.page.text
        form = form_to(gone, project=made[0].project_id)
        back = await post(browser, form)
        assert "The project is back." in back.page.text
        again = await post(browser, form)
        assert again.response.status_code == 422
        assert "This project is not deleted." in again.page.text
        late = form_to(gone, project=made[1].project_id)
        world.clock.advance(seconds=KEPT_AFTER_DELETION // 1_000_000)
        assert (await post(browser, late)).response.status_code == 422


async def test_nobody_acts_on_the_things_of_others(world: World, house: House) -> None:
    """Of the organization and of another one, by every form."""
    await speak(world, "neon")
    ben, other = await neighbour(world), await house.new_world()
    await speak(other, "neon")
    targets = [(world, ben), (other, other.person)]
    async with signed_in(world) as browser:
        token = form_to(await go(browser, "account/neon/keys"), part="create").fields["csrf"]
        for where, who in targets:
            await refuse_everything(browser, token, where, who)


async def refuse_everything(
    browser: httpx2.AsyncClient, token: str, where: World, who: Account
) -> None:
    """Every form about what ``who`` has is refused, and changes nothing."""
    use, mine = where.services, steward(where, who)
    group_id = (await make_group(where, who)).group_id
    asked = await use.group_invitations.invite(mine, group_id, "dora", Role.MEMBER)
    project = await make_project(where, who)
    await use.projects.delete(who.org_id, who.account_id, project.project_id, SYSTEM)
    for part in ("rename", "invite", "withdraw", "role", "remove", "leave", "delete", "x", ""):
        data = {
            "csrf": token,
            "part": part,
            "id": group_id,
            "member": who.subject,
            "invitation": str(asked.id),
            "name": "Mine",
            "address": "anna",
            "decision": "confirm",
        }
        answer = await browser.post("account/neon/organization", data=data)
        assert answer.status_code == 404, part
    for part in ("accept", "decline"):
        data = {"csrf": token, "part": part, "invitation": str(asked.id)}
        answer = await browser.post("account/neon/organizations", data=data)
        assert answer.status_code == 422
    data = {"csrf": token, "project": project.project_id}
    assert (await browser.post("account/neon/projects", data=data)).status_code == 422
    assert (await browser.get(f"account/neon/organization?id={group_id}")).status_code == 404
    assert await use.group_invitations.list(mine, group_id) == [asked]
    assert (await use.project_groups.get(mine, group_id)).group.name == "Lanterns"


async def test_forged_and_senseless_forms_change_nothing(world: World) -> None:
    """Without the page's own token, and with values that nothing has."""
    await speak(world, "neon")
    async with signed_in(world) as browser:
        token = form_to(await go(browser, "account/neon/keys"), part="create").fields["csrf"]
        for page in PAGES:
            for data in (
                {"part": "create"},
                {"csrf": "A" * 43, "part": "create", "key_name": "x", "name": "x"},
            ):
                answer = await browser.post(f"account/neon/{page}", data=data)
                assert answer.status_code == 403
        for odd in ("\x00", "x" * 2000, "日本", "-1", "9" * 30, "\u202e", "1" * 19):
            for page in PAGES:
                for part in ("create", "accept", "revoke", "rename", "role", odd):
                    data = {"csrf": token, "part": part, "decision": "confirm"}
                    names = ("id", "key", "member", "invitation", "project", "name", "key_name")
                    data |= dict.fromkeys(names, odd)
                    answer = await browser.post(f"account/neon/{page}", data=data)
                    assert answer.status_code in {200, 303, 400, 404, 422}, (page, part, odd)
            for query in ("id", "before", "list", "done"):
                answer = await browser.get("account/neon/projects", params={query: odd})
                assert answer.status_code in {200, 400}
            answer = await browser.get("account/neon/organization", params={"id": odd})
            assert answer.status_code in {400, 404}

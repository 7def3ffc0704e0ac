"""Tags and the Patreon account of a constituent, as staff set and confirm them."""

from __future__ import annotations

import pytest

from doorward.accounts import AccountKind, PatreonLink
from doorward.audit import SYSTEM
from tests.console.admin.desk import EVERY, at_desk, hire
from tests.support.factories import make_account
from tests.support.house import House
from tests.support.platforms import speak
from tests.support.world import World

pytestmark = pytest.mark.anyio

LINK = PatreonLink(user_id="4711", tier="Lantern", pledge_cents=550)


def page_of(world: World) -> str:
    """Anna's page in the console."""
    return f"constituents/account?id={world.person.subject}"


async def actions(world: World) -> list[str]:
    """What was recorded about Anna, the latest first."""
    found = await world.services.audit.list(world.org.org_id, None, 50)
    about = [each.event for each in found if each.event.target_id == world.person.subject]
    return [each.action for each in about if each.actor_kind == "account"]


async def test_tags_are_set_one_in_a_line(world: World) -> None:
    """Each once; what cannot be kept is said, and stays typed."""
    await speak(world, "neos")
    whose, profiles = (world.org.org_id, world.person.account_id), world.services.platform_profiles
    async with at_desk(world) as desk:
        done = await desk.send(
            page_of(world), "constituents/tags", tags="mentor\n\n 世界制作者 \nmentor"
        )
        assert "The tags are saved." in done.page.text
        assert (await profiles.get(*whose)).tags == ("mentor", "世界制作者")
        for bad in ("x" * 51, "\n".join(f"tag {n}" for n in range(51)), "a\u202eb"):
            refused = await desk.send(page_of(world), "constituents/tags", tags=bad)
            assert refused.response.status_code == 422
            assert "There are up to 50 tags of up to 50 characters." in refused.page.text
            assert bad.splitlines()[0] in refused.response.text
        assert (await profiles.get(*whose)).tags == ("mentor", "世界制作者")
        await desk.send(page_of(world), "constituents/tags", tags="")
    assert (await profiles.get(*whose)).tags == ()
    assert await actions(world) == ["account.tagged", "account.tagged"]


async def test_a_patreon_account_is_confirmed_unconfirmed_and_removed(world: World) -> None:
    """Each is recorded; removing is asked about first."""
    await speak(world, "neos")
    whose, profiles = (world.org.org_id, world.person.account_id), world.services.platform_profiles
    await profiles.link_patreon(*whose, LINK, SYSTEM)
    path, action = page_of(world), "constituents/patreon"
    async with at_desk(world) as desk:
        for decision, verified in (("verify", True), ("unverify", False), ("verify", True)):
            done = await desk.send(path, action, decision=decision)
            assert done.response.status_code == 200
            link = (await profiles.get(*whose)).patreon
            assert link is not None
            assert link.verified is verified
        asked = await desk.send(path, action, decision="ask")
        assert "Remove the Patreon account of Anna Example?" in asked.page.text
        assert (await profiles.get(*whose)).patreon is not None
        await desk.send(path, action, decision="remove")
        assert (await profiles.get(*whose)).patreon is None
        assert "This person has named none." in (await desk.open(path)).page.text
    assert await actions(world) == [
        "account.patreon_unlinked",
        "account.patreon_verified",
        "account.patreon_unverified",
        "account.patreon_verified",
    ]


@pytest.mark.parametrize(
    "other",
    [
        PatreonLink(user_id="4712", tier="Lantern", pledge_cents=550),
        PatreonLink(user_id="4711", tier="Sun", pledge_cents=550),
        PatreonLink(user_id="4711", tier="Lantern", pledge_cents=100_000),
        None,
    ],
)
async def test_what_changed_since_it_was_looked_at_is_not_confirmed(
    world: World, other: PatreonLink | None
) -> None:
    """Otherwise a person could swap it under the hand that confirms it."""
    await speak(world, "neos")
    whose, profiles = (world.org.org_id, world.person.account_id), world.services.platform_profiles
    await profiles.link_patreon(*whose, LINK, SYSTEM)
    async with at_desk(world) as desk:
        form = await desk.form(page_of(world), "constituents/patreon")
        if other is None:
            await profiles.unlink_patreon(*whose, SYSTEM)
        else:
            await profiles.link_patreon(*whose, other, SYSTEM)
        data = {**form.fields, "decision": "verify"}
        answer = await desk.http.post(form.action, data=data)
        assert answer.status_code == 422
        assert "has been changed" in answer.text
    assert (await profiles.get(*whose)).patreon == other


async def test_staff_who_only_read_see_and_change_nothing(world: World) -> None:
    """No forms, and 403 for one that was made up."""
    await speak(world, "neos")
    profiles = world.services.platform_profiles
    await profiles.link_patreon(world.org.org_id, world.person.account_id, LINK, SYSTEM)
    async with at_desk(world, await hire(world, EVERY - {"accounts.write"})) as desk:
        visit = await desk.open(page_of(world))
        assert "4711" in visit.page.text
        assert not [form for form in visit.page.forms if "/constituents/" in form.action]
        csrf = await desk.csrf()
        for action in ("tags", "patreon"):
            data = {"csrf": csrf, "id": world.person.subject, "decision": "remove", "tags": "x"}
            url = f"{world.issuer}/admin/constituents/{action}"
            assert (await desk.http.post(url, data=data)).status_code == 403


async def test_elsewhere_and_about_others_there_is_nothing(world: World, house: House) -> None:
    """Where Neos is not spoken, for staff accounts, and for people of other organizations."""
    await speak(world, "neos")
    other = await house.new_world()
    theirs = [
        await make_account(other.services.db, f"other{n}", org_id=other.org.org_id)
        for n in range(3)
    ]
    clerk = await make_account(
        world.services.db, "clerk", org_id=world.org.org_id, kind=AccountKind.SYSTEM
    )
    async with at_desk(world) as desk:
        csrf = await desk.csrf()
        strangers = (theirs[-1].subject, clerk.subject, "0", "-1", "\u0663", "9" * 30, "")
        for about in strangers:
            for action in ("tags", "patreon"):
                for decision in ("verify", "remove", "ask", "x"):
                    data = {"csrf": csrf, "id": about, "decision": decision, "tags": "x"}
                    url = f"{world.issuer}/admin/constituents/{action}"
                    assert (await desk.http.post(url, data=data)).status_code == 404
        await speak(world, "neon_crm")
        assert "Patreon" not in (await desk.open(page_of(world))).page.text
        for action in ("tags", "patreon"):
            data = {"csrf": csrf, "id": world.person.subject, "decision": "remove", "tags": "x"}
            url = f"{world.issuer}/admin/constituents/{action}"
            assert (await desk.http.post(url, data=data)).status_code == 404
    profile = await other.services.platform_profiles.get(other.org.org_id, theirs[-1].account_id)
    assert (profile.tags, profile.patreon) == ((), None)

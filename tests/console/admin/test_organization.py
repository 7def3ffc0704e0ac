"""Organization Profile: where the Organization ID stands, and what staff change there."""

from __future__ import annotations

import pytest

from tests.console.admin.desk import at_desk, hire
from tests.support.visits import Visit
from tests.support.world import World

pytestmark = pytest.mark.anyio

PAGE = "organization"


def is_wrong(visit: Visit) -> bool:
    """The page is shown again, with its problem in the title and in a summary."""
    assert visit.response.status_code == 422, visit.page.text[:300]
    assert visit.page.title.startswith("Error: ")
    return "There is a problem" in visit.page.text


async def test_the_organization_id_is_in_account_information(world: World) -> None:
    """As the platform's documentation says, with the issuer and the address to use."""
    async with at_desk(world) as desk:
        text = (await desk.open(PAGE)).page.text
    information = text.partition("Account Information")[2]
    assert information.index("Organization ID") < information.index(world.org.org_id)
    assert world.issuer in information


async def test_the_profile_is_changed_and_recorded(world: World) -> None:
    """Name, language, colour, links and lifetimes; a colour may come without its number sign."""
    typed = {
        "name": "River & Sons",
        "default_locale": "ja",
        "accent": "1F6F5C",
        "support_url": "https://river.example/help",
        "session_idle_s": "７",
        "access_token_s": "1.5",
    }
    async with at_desk(world) as desk:
        saved = await desk.send(PAGE, PAGE, **typed)
        assert saved.path == ["admin/organization", "admin/organization"]
        assert "River & Sons" in saved.page.text
    org = await world.services.organizations.get(world.org.org_id)
    assert (org.name, org.default_locale, org.accent) == ("River & Sons", "ja", "#1f6f5c")
    assert org.support_url == "https://river.example/help"
    assert (org.policy.session_idle_s, org.policy.access_token_s) == (7 * 86_400, 90)
    assert org.policy.code_s == world.org.policy.code_s
    newest = (await world.services.audit.list(world.org.org_id, None, 500))[0].event
    assert newest.action == "organization.updated"
    assert newest.actor_id == desk.staff.subject


async def test_a_colour_that_cannot_be_read_is_said_to_be_adjusted(world: World) -> None:
    """Both adjusted colours are named."""
    async with at_desk(world) as desk:
        saved = await desk.send(PAGE, PAGE, accent="#ffee00")
        assert "#ffee00" in saved.page.text
        assert "it is adjusted" in saved.page.text
        fine = await desk.send(PAGE, PAGE, accent="#767676")
        assert ("it is adjusted" in fine.page.text) != ("as it is" in fine.page.text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a\tb"),
        ("name", "n" * 101),
        ("name", ""),
        ("accent", "red"),
        ("support_url", "javascript:alert(1)"),
        ("terms_url", "ftp://x"),
        ("default_locale", "xx"),
        ("session_idle_s", "many"),
        ("session_idle_s", "NaN"),
        ("session_idle_s", "-1"),
        ("session_idle_s", "31"),
        ("access_token_s", "0"),
        ("access_token_s", "99999"),
        ("refresh_idle_s", ""),
        ("refresh_absolute_s", "1e9"),
    ],
)
async def test_what_cannot_be_kept_is_said_beside_its_field(
    world: World, field: str, value: str
) -> None:
    """Nothing is changed, and what was typed stays."""
    async with at_desk(world) as desk:
        before = await world.services.organizations.get(world.org.org_id)
        shown = await desk.send(PAGE, PAGE, **{field: value})
        assert is_wrong(shown)
        assert f'href="#{field}"' in shown.response.text or field == "default_locale"
        form = next(each for each in shown.page.forms if each.action.endswith(PAGE))
        if field != "default_locale":
            assert form.fields[field] == value
    assert await world.services.organizations.get(world.org.org_id) == before


async def test_who_may_only_read_sees_no_button(world: World) -> None:
    """And a form that is sent nevertheless is refused."""
    async with at_desk(world, await hire(world, {"organizations.read"})) as desk:
        visit = await desk.open(PAGE)
        assert visit.response.status_code == 200
        form = next(each for each in visit.page.forms if each.action.endswith(PAGE))
        assert form.buttons == []
        answer = await desk.http.post(form.action, data={**form.fields, "name": "Mine"})
        assert answer.status_code == 403

"""Registration: who may register applications, and what the others read."""

from __future__ import annotations

import pytest

from doorward.orgs import Registration
from tests.console.admin.desk import at_desk, hire
from tests.console.developer.bench import at_bench
from tests.support.world import World

pytestmark = pytest.mark.anyio

PAGE = "registration"


async def rules_of(world: World) -> Registration:
    """What holds now."""
    return (await world.services.organizations.get(world.org.org_id)).registration


async def test_the_rules_are_changed_and_recorded(world: World) -> None:
    """And the developer portal says so, in the reader's language and as text."""
    async with at_desk(world) as desk, at_bench(world) as bench:
        form = await desk.form(PAGE, PAGE)
        assert form.fields["mode"] == "closed"
        saved = await desk.send(
            PAGE,
            PAGE,
            mode="by_request",
            message_en="Write to <b>us</b>.\r\nWe answer.",
            message_ja="ご連絡ください。",
        )
        assert saved.path == ["admin/registration", "admin/registration"]
        assert (await rules_of(world)).mode == "by_request"
        assert (await rules_of(world)).message_en == "Write to <b>us</b>.\nWe answer."
        newest = (await world.services.audit.list(world.org.org_id, None, 500))[0].event
        assert (newest.action, newest.actor_id) == ("organization.updated", desk.staff.subject)
        assert newest.detail["fields"] == "registration"
        told = await bench.open("new")
        assert "Applications are registered on request" in told.page.text
        assert "Write to &lt;b&gt;us&lt;/b&gt;." in told.response.text
        bench.http.headers["accept-language"] = "ja"
        assert "ご連絡ください。" in (await bench.open("new")).response.text


async def test_it_is_opened_to_those_who_are_ticked(world: World) -> None:
    """Constituents alone; and nobody at all is not open."""
    async with at_desk(world) as desk, at_bench(world) as bench:
        form = await desk.form(PAGE, PAGE)
        for name in ("who.constituent", "who.system"):
            form.fields.pop(name, None)
        data = form.fields | {"mode": "open"}
        answer = await desk.http.post(form.action, data=data)
        assert answer.status_code == 422
        assert 'id="who-error"' in answer.text
        answer = await desk.http.post(form.action, data=data | {"who.constituent": "on"})
        assert answer.status_code == 303
        assert (await rules_of(world)).who == ("constituent",)
        assert (await bench.open("new")).page.form_with("redirect_uris") is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [("mode", "ajar"), ("mode", ""), ("message_en", "x" * 501), ("message_ja", "a\u202eb")],
)
async def test_what_cannot_be_kept_is_said_beside_its_field(
    world: World, field: str, value: str
) -> None:
    """Nothing is changed, and what was typed stays."""
    before = await rules_of(world)
    async with at_desk(world) as desk:
        typed = {"mode": "closed", "message_en": "Kept.", field: value}
        visit = await desk.send(PAGE, PAGE, **typed)
        assert visit.response.status_code == 422
        assert f'id="{field}-error"' in visit.response.text
        assert "Kept." in visit.response.text or field == "message_en"
    assert await rules_of(world) == before


async def test_whoever_may_only_look_changes_nothing(world: World) -> None:
    """The page has no button, and a form is refused; without the permission there is no page."""
    reader = await hire(world, ("organizations.read",))
    async with at_desk(world, reader) as desk:
        visit = await desk.open(PAGE)
        assert visit.response.status_code == 200
        assert "You can see this, but not change it." in visit.page.text
        data = {"csrf": await desk.csrf(), "mode": "open", "who.system": "on"}
        assert (await desk.http.post(f"{world.issuer}/admin/{PAGE}", data=data)).status_code == 403
    assert (await rules_of(world)).mode == "closed"
    async with at_desk(world, await hire(world, ("accounts.read",))) as desk:
        assert (await desk.open(PAGE)).response.status_code == 403

"""The catalogue of scopes: what can be asked for, in both languages."""

from __future__ import annotations

import pytest

from tests.console.admin.desk import at_desk
from tests.support.world import World

pytestmark = pytest.mark.anyio

NEW = {
    "name": "urn:example:gifts:read",
    "title_en": "Gifts",
    "title_ja": "寄付",
    "sentence_en": "See your gifts to {org}",
    "sentence_ja": "{org} への寄付を見る",
    "sensitivity": "personal",
}


async def test_a_scope_is_created_changed_and_deleted(world: World) -> None:
    """With a name of any scheme, and the sentences as they were typed."""
    async with at_desk(world) as desk:
        await desk.send("scopes/new", "scopes/new", **NEW)
        page = "scopes/scope?scope=urn:example:gifts:read"
        await desk.send(page, "scopes/scope", sensitivity="sensitive")
        (scope,) = [
            each
            for each in await world.services.scopes.list_scopes(world.org.org_id)
            if each.name == NEW["name"]
        ]
        assert scope.sensitivity == "sensitive"
        assert scope.sentence_ja == NEW["sentence_ja"]
        done = await desk.send(page, "scopes/scope/delete")
        assert done.path[-1] == "admin/scopes"
        assert (await desk.open(page)).response.status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "two words"), ("name", "email"), ("title_en", ""), ("sentence_ja", "x" * 301),
     ("sensitivity", "mild"), ("claims", "<b>"), ("api", "https://nobody.example")],
)  # fmt: skip
async def test_what_cannot_be_kept_is_said_beside_its_field(
    world: World, field: str, value: str
) -> None:
    """And what was typed stays."""
    async with at_desk(world) as desk:
        visit = await desk.send("scopes/new", "scopes/new", **{**NEW, field: value})
    assert visit.response.status_code == 422
    assert f'href="#{field}"' in visit.response.text
    assert NEW["sentence_en"] in visit.response.text or field == "sentence_en"


async def test_a_scope_in_use_stays(world: World) -> None:
    """The page names who asks for it, and has no button; nor does a form help."""
    await world.register("Gift Reports", scopes=("openid", "management"))
    async with at_desk(world) as desk:
        visit = await desk.open("scopes/scope?scope=management")
        assert "Gift Reports" in visit.page.text
        data = {"csrf": await desk.csrf(), "scope": "management"}
        answer = await desk.http.post(f"{world.issuer}/admin/scopes/scope/delete", data=data)
        assert answer.status_code == 422
        assert "One application uses this scope" in answer.text
        await world.register("Gift Letters", scopes=("management",))
        answer = await desk.http.post(f"{world.issuer}/admin/scopes/scope/delete", data=data)
        assert "2 applications use this scope" in answer.text
    catalogue = await world.services.scopes.catalogue(world.org.org_id)
    assert "management" in catalogue.scopes


async def test_the_words_of_a_standard_scope_can_be_changed(world: World) -> None:
    """What it opens cannot."""
    async with at_desk(world) as desk:
        page = "scopes/scope?scope=email"
        await desk.send(page, "scopes/scope", title_en="Your address", claims="sub")
        catalogue = await world.services.scopes.catalogue(world.org.org_id)
    assert catalogue.scopes["email"].title_en == "Your address"
    assert catalogue.scopes["email"].claims == ("email", "email_verified")

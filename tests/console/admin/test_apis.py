"""APIs: their audience, the form of their tokens, and the scopes that belong to them."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from doorward.scopes import Api
from tests.console.admin.desk import at_desk, hire
from tests.console.admin.test_scopes import NEW as SCOPE
from tests.support.world import World

pytestmark = pytest.mark.anyio

AUDIENCE = "https://gifts.example/api?v=1"
NEW = {
    "identifier": AUDIENCE,
    "name": "Gifts & more",
    "token_format": "jwt",
    "signing_alg": "RS256",
    "access_token_s": "1.5",
    "resource_client_ids": "gift-api\r\ngift-api\r\nother-api",
}
PAGE = f"apis/api?api={quote(AUDIENCE, safe='')}"


async def apis_of(world: World) -> dict[str, Api]:
    """Every API by its identifier."""
    return dict((await world.services.scopes.catalogue(world.org.org_id)).apis)


async def test_an_api_is_created_changed_and_deleted(world: World) -> None:
    """Each step is recorded; the identifier stays as it was."""
    async with at_desk(world) as desk:
        made = await desk.send("apis/new", "apis/new", **NEW)
        assert made.path == ["admin/apis/new", "admin/apis/api"]
        api = (await apis_of(world))[AUDIENCE]
        assert (api.token_format, api.signing_alg, api.access_token_s) == ("jwt", "RS256", 90)
        assert api.resource_client_ids == ("gift-api", "other-api")
        typed = {"name": "Gifts", "access_token_s": "", "token_format": "opaque"}
        await desk.send(PAGE, "apis/api", identifier="https://other.example", **typed)
        api = (await apis_of(world))[AUDIENCE]
        assert (api.name, api.token_format, api.access_token_s) == ("Gifts", "opaque", None)
        assert "Gifts" in (await desk.open("apis")).page.text
        done = await desk.send(PAGE, "apis/api/delete")
        assert done.path[-1] == "admin/apis"
        assert (await desk.open(PAGE)).response.status_code == 404
    recorded = await world.services.audit.list(world.org.org_id, None, 500)
    actions = [each.event.action for each in recorded if each.event.action.startswith("api.")]
    assert actions == ["api.deleted", "api.updated", "api.created"]


async def test_its_scopes_stand_on_its_page(world: World) -> None:
    """A new one is begun there; while it has any, it is not deleted."""
    async with at_desk(world) as desk:
        await desk.send("apis/new", "apis/new", **NEW)
        (link,) = [
            each for each in (await desk.open(PAGE)).page.links if "/admin/scopes/new" in each
        ]
        begun = link.partition("/admin/")[2]
        assert (await desk.form(begun, "scopes/new")).fields["api"] == AUDIENCE
        await desk.send(begun, "scopes/new", **SCOPE)
        shown = await desk.open(PAGE)
        assert SCOPE["name"] in shown.page.text
        assert not [each for each in shown.page.forms if each.action.endswith("/delete")]
        data = {"csrf": await desk.csrf(), "api": AUDIENCE}
        answer = await desk.http.post(f"{world.issuer}/admin/apis/api/delete", data=data)
        assert answer.status_code == 422
        assert "Scopes still belong to this API." in answer.text
    assert AUDIENCE in await apis_of(world)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("identifier", ""),
        ("identifier", "gifts"),
        ("identifier", "https://x.example/#part"),
        ("identifier", "https://taken.example"),
        ("name", ""),
        ("name", "x" * 81),
        ("token_format", "paper"),
        ("access_token_s", "many"),
        ("access_token_s", "0"),
        ("access_token_s", "1441"),
        ("resource_client_ids", "a\u202eb"),
        ("resource_client_ids", "\r\n".join(f"client-{n}" for n in range(51))),
    ],
)
async def test_what_cannot_be_kept_is_said_beside_its_field(
    world: World, field: str, value: str
) -> None:
    """Nothing is created, and what was typed stays."""
    async with at_desk(world) as desk:
        taken = {**NEW, "identifier": "https://taken.example"}
        await desk.send("apis/new", "apis/new", **taken)
        before = await apis_of(world)
        typed = {**NEW, "identifier": "https://new.example", field: value}
        visit = await desk.send("apis/new", "apis/new", **typed)
    assert visit.response.status_code == 422
    assert f'id="{field}-error"' in visit.response.text
    assert "gift-api" in visit.response.text or field == "resource_client_ids"
    assert await apis_of(world) == before


async def test_an_api_of_nobody_here_does_not_exist(world: World) -> None:
    """Neither its page nor its forms; and who may only look changes nothing."""
    async with at_desk(world) as desk:
        await desk.send("apis/new", "apis/new", **NEW)
        csrf = await desk.csrf()
        for odd in ("", "https://nobody.example", "x" * 9000, "'\"><svg>"):
            assert (await desk.http.get("admin/apis/api", params={"api": odd})).status_code in {
                400, 404,
            }  # fmt: skip
            for action in ("apis/api", "apis/api/delete"):
                answer = await desk.http.post(
                    f"{world.issuer}/admin/{action}", data={"csrf": csrf, "api": odd, "name": "x"}
                )
                assert answer.status_code in {400, 404}
    async with at_desk(world, await hire(world, ("scopes.read",))) as desk:
        assert (await desk.open(PAGE)).response.status_code == 200
        data = {"csrf": await desk.csrf(), "api": AUDIENCE}
        for action in ("apis/new", "apis/api", "apis/api/delete"):
            answer = await desk.http.post(f"{world.issuer}/admin/{action}", data=data)
            assert answer.status_code == 403
    assert AUDIENCE in await apis_of(world)

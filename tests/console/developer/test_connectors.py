"""Connectors in the portal: registered by a form or a manifest, changed, switched, removed."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from doorward.audit import SYSTEM
from doorward.connectors import Connector
from tests.connectors import app_connect as shapes
from tests.connectors.manifests import plain, with_field
from tests.console.admin.desk import EVERY, at_desk, hire
from tests.console.developer.bench import Bench, at_bench, open_registration
from tests.support.house import House
from tests.support.visits import Visit, go
from tests.support.world import World

pytestmark = pytest.mark.anyio

FORM = {
    "name": "Acme CRM",
    "slug": "acme-crm",
    "auth": "oauth",
    "authorize_url": "https://acme.example/oauth/authorize",
    "token_url": "https://acme.example/oauth/token",
    "scopes": "contacts deals",
    "action": "register",
}


def theirs() -> dict[str, Any]:
    """A document of App Connect, whose platforms have names that the catalogue has not."""
    document: dict[str, Any] = json.loads(json.dumps(shapes.whole()))
    document["platforms"] = {f"our-{key}": each for key, each in document["platforms"].items()}
    return document


async def find(world: World, slug: str = "acme-crm") -> Connector | None:
    """The connector as it is kept."""
    return await world.services.connectors.find(world.org.org_id, slug)


async def get(world: World, slug: str = "acme-crm") -> Connector:
    """The same, which is there."""
    return await world.services.connectors.get(world.org.org_id, slug)


async def send_manifest(
    bench: Bench, path: str, text: str, file: str | None = None, **fields: str
) -> Visit:
    """Send a manifest by the form on ``path``, as a browser does: one with files."""
    form = await bench.form(path, path.partition("?")[0])
    sent = {name: (None, value) for name, value in {**form.fields, **fields}.items()}
    files: dict[str, Any] = {**sent, "manifest": (None, text.replace("\n", "\r\n"))}
    chosen = ("", b"") if file is None else ("manifest.json", file.encode())
    files["manifest-file"] = (*chosen, "application/json")
    return await go_on(bench, await bench.http.post(form.action, files=files))


async def go_on(bench: Bench, answer: Any) -> Visit:
    """Follow one redirect of ours."""
    if answer.status_code == 303:
        return await go(bench.http, answer.headers["location"])
    return Visit(answer, [])


async def test_a_form_makes_a_connector_that_is_off(world: World) -> None:
    """It is its author's, in the format that everybody reads."""
    await open_registration(world)
    async with at_bench(world) as bench:
        visit = await bench.send("connectors/new", "connectors/new", **FORM)
        assert visit.path[-1] == "developer/connectors/connector", visit.page.text[:400]
        made = await get(world)
        assert (made.enabled, made.version) == (False, 1)
        assert made.owner_account_id == bench.account.account_id
        (option,) = made.manifest.auth_options
        assert option.authorize is not None
        assert option.authorize.scope.default == ("contacts", "deals")
        listed = await bench.open("connectors")
    assert "Acme CRM" in listed.page.text


async def test_admin_managed_credentials_come_with_instructions(world: World) -> None:
    """They are asked for, shown as they will look, and kept in both languages."""
    await open_registration(world)
    text = "# Get it\n\n1. Open the [portal](https://acme.example)\n<script>alert(1)</script>"
    managed = {**FORM, "admin_managed": "on", "client_id": "ignored"}
    async with at_bench(world) as bench:
        refused = await bench.send("connectors/new", "connectors/new", **managed)
        assert refused.response.status_code == 422
        assert 'id="instructions_en-error"' in refused.response.text
        shown = await bench.send(
            "connectors/new", "connectors/new",
            **{**managed, "instructions_en": text, "action": "preview"},
        )  # fmt: skip
        assert "<h3>Get it</h3>" in shown.response.text
        assert 'href="https://acme.example" rel="noopener noreferrer"' in shown.response.text
        assert "<script>alert" not in shown.response.text
        assert await find(world) is None
        await bench.send(
            "connectors/new", "connectors/new",
            **{**managed, "instructions_en": text, "instructions_ja": "手順"},
        )  # fmt: skip
    (option,) = (await get(world)).manifest.auth_options
    assert option.admin_managed
    assert option.client_id == ""
    assert option.admin_instructions == {"en": text, "ja": "手順"}


async def test_an_api_key_is_described_by_its_header(world: World) -> None:
    """And by the address that proves it."""
    await open_registration(world)
    typed = {
        "name": "Keys", "slug": "keys", "auth": "api_key", "key_header": "X-Key",
        "key_value": "{api_key}", "verify_url": "https://keys.example/me", "action": "register",
        "api_url": "https://keys.example",
    }  # fmt: skip
    async with at_bench(world) as bench:
        visit = await bench.send("connectors/new", "connectors/new", **typed)
        assert visit.response.status_code == 200, visit.page.text[:600]
    manifest = (await get(world, "keys")).manifest
    assert manifest.auth_options[0].delivery.name == "X-Key"
    assert manifest.proxy.base_url == "https://keys.example"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"slug": "Acme CRM"}, "slug"),
        ({"slug": "close-key"}, "slug"),
        ({"auth": ""}, "auth"),
        ({"authorize_url": "ftp://x"}, "authorize_url"),
        ({"token_url": ""}, "token_url"),
        ({"token_url": "http://acme.example/token"}, "token_url"),
        ({"identity_url": "nothing"}, "identity_url"),
        ({"api_url": "javascript:alert(1)"}, "api_url"),
        ({"auth": "api_key", "key_header": "X Key"}, "key_header"),
        ({"auth": "api_key", "key_value": "{nothing}"}, "key_value"),
    ],
)
async def test_what_is_wrong_with_the_form_stands_beside_its_field(
    world: World, typed: dict[str, str], field: str
) -> None:
    """And nothing is kept; what was typed stands there again."""
    await open_registration(world)
    async with at_bench(world) as bench:
        visit = await bench.send("connectors/new", "connectors/new", **{**FORM, **typed})
        assert visit.response.status_code == 422
        assert f'id="{field}-error"' in visit.response.text, visit.page.text[:500]
        found = await world.services.connectors.list_for(world.org.org_id)
    assert found == []


@pytest.mark.parametrize("by_file", [False, True])
async def test_a_manifest_is_pasted_or_sent(world: World, *, by_file: bool) -> None:
    """A file takes the place of the text."""
    await open_registration(world)
    text = json.dumps(plain(), indent=2)
    async with at_bench(world) as bench:
        visit = await send_manifest(
            bench,
            "connectors/import",
            "nonsense" if by_file else text,
            text if by_file else None,
        )
        assert "Acme CRM" in visit.page.text
    assert (await get(world)).version == 1


async def test_every_fault_of_a_manifest_is_told_at_its_line(world: World) -> None:
    """With the field, the line, and what stands there; nothing is kept."""
    await open_registration(world)
    document = with_field("auth_options.0.token.url", "http://acme.example/token")
    document["auth_options"][1]["name"] = "oauth"
    text = json.dumps(document, indent=2)
    line = next(i for i, each in enumerate(text.split("\n"), 1) if "http://acme" in each)
    async with at_bench(world) as bench:
        visit = await send_manifest(bench, "connectors/import", text)
        assert visit.response.status_code == 422
        assert f"Line {line}" in visit.page.text
        assert "auth_options.0.token.url" in visit.page.text
        assert "stands there twice" in visit.page.text
        assert "http://acme.example/token" in visit.page.text
        bench.http.headers["accept-language"] = "ja"
        japanese = await send_manifest(bench, "connectors/import", text)
        assert f"{line} 行" in japanese.page.text or f"{line}行" in japanese.page.text
        assert "アドレスは https:// で始まります。" in japanese.page.text
        assert "stands there twice" not in japanese.page.text
    assert await find(world) is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a": 1, "a": 2}', "\x00", '{"slug": ' * 5000, "NaN", "{}" * 200_000]
)
async def test_what_is_no_manifest_is_told(world: World, text: str) -> None:
    """Never a failure."""
    await open_registration(world)
    async with at_bench(world) as bench:
        visit = await send_manifest(bench, "connectors/import", text)
        assert visit.response.status_code == 422


async def test_a_manifest_of_app_connect_is_taken_as_it_is(world: World) -> None:
    """Of several platforms one is chosen; each is registered in our format."""
    await open_registration(world)
    text = json.dumps(theirs(), indent=2)
    async with at_bench(world) as bench:
        asked = await send_manifest(bench, "connectors/import", text)
        assert asked.response.status_code == 422
        assert 'id="platform"' in asked.response.text
        for slug in ("our-pipedrive", "our-insightly"):
            made = await send_manifest(bench, "connectors/import", text, platform=slug)
            assert made.response.status_code == 200, made.page.text[:500]
    assert (await get(world, "our-pipedrive")).manifest.auth_options[0].type == "oauth2_code"
    assert (await get(world, "our-insightly")).manifest.auth_options[0].type == "api_key"


async def test_a_fault_in_app_connect_s_manifest_stands_in_its_own_words(world: World) -> None:
    """The path is theirs, and so is the line."""
    await open_registration(world)
    broken = theirs()
    broken["platforms"]["our-clio"]["auth"]["type"] = "magic"
    async with at_bench(world) as bench:
        visit = await send_manifest(bench, "connectors/import", json.dumps(broken, indent=2))
    assert "platforms.our-clio.auth.type" in visit.page.text
    assert '"type": "magic"' in visit.page.text


async def test_an_owner_s_change_is_a_version_and_switches_it_off(world: World) -> None:
    """What staff looked at is not what is there; a stale editor is told so."""
    await open_registration(world)
    async with at_bench(world) as bench:
        await send_manifest(bench, "connectors/import", json.dumps(plain()))
        await world.services.connectors.enable(world.org.org_id, "acme-crm", SYSTEM, version=1)
        path = "connectors/connector/manifest?connector=acme-crm"
        changed = await send_manifest(bench, path, json.dumps(plain(name="Acme")))
        assert changed.response.status_code == 200
        after = await get(world)
        assert (after.version, after.enabled, after.manifest.name) == (2, False, "Acme")
        stale = await send_manifest(bench, path, json.dumps(plain(name="Old")), version="1")
        assert stale.response.status_code == 422
        renamed = await send_manifest(bench, path, json.dumps(plain(slug="other")))
        assert "slug" in renamed.page.text
        assert renamed.response.status_code == 422
    assert (await get(world)).manifest.name == "Acme"


async def test_the_switch_and_the_instructions_change_one_way_to_connect(world: World) -> None:
    """Everything else in the manifest stays."""
    await open_registration(world)
    page = "connectors/connector/auth"
    async with at_bench(world) as bench:
        await send_manifest(bench, "connectors/import", json.dumps(plain()))
        about = f"{page}?connector=acme-crm"
        shown = await bench.send(about, page, admin_managed="on", instructions_en="# Do",
                                 action="preview")  # fmt: skip
        assert "<h3>Do</h3>" in shown.response.text
        empty = await bench.send(about, page, admin_managed="on", action="save")
        assert empty.response.status_code == 422
        await bench.send(about, page, admin_managed="on", instructions_en="Do", action="save")
        foreign = await bench.send(about, page, option="nothing", action="save")
        assert foreign.response.status_code == 404
    before = json.loads(json.dumps(plain()))
    made = await get(world)
    assert made.version == 2
    oauth, key = made.manifest.auth_options
    assert (oauth.admin_managed, oauth.admin_instructions) == (True, {"en": "Do"})
    assert oauth.token is not None
    assert oauth.token.url == before["auth_options"][0]["token"]["url"]
    assert key.delivery.name == "X-Api-Key"


async def test_only_keepers_switch_and_only_what_they_saw(world: World) -> None:
    """An owner who keeps connectors may; another owner is refused."""
    await open_registration(world)
    page = "connectors/connector/switch"
    async with at_bench(world) as bench:
        await send_manifest(bench, "connectors/import", json.dumps(plain()))
        csrf = (await bench.form("connectors/new", "connectors/new")).fields["csrf"]
        data = {"csrf": csrf, "connector": "acme-crm", "enabled": "on", "version": "1"}
        answer = await bench.http.post(f"{world.issuer}/developer/{page}", data=data)
        assert answer.status_code == 422
    assert not (await get(world)).enabled
    staff = await hire(world, EVERY)
    async with at_desk(world, staff) as desk:
        keeper = Bench(world, desk.http, staff)
        await send_manifest(keeper, "connectors/import", json.dumps(plain(slug="ours")))
        about = "connectors/connector?connector=ours"
        for enabled in (True, False):
            state = "on" if enabled else "off"
            await keeper.send(about, f"{page}", enabled=state)
            assert (await get(world, "ours")).enabled == enabled
        stale = await keeper.send(about, page, enabled="on", version="9")
        assert stale.response.status_code == 422


async def test_removing_asks_first(world: World) -> None:
    """And then it is gone."""
    await open_registration(world)
    async with at_bench(world) as bench:
        await send_manifest(bench, "connectors/import", json.dumps(plain()))
        page = "connectors/connector/remove"
        gone = await bench.send(f"{page}?connector=acme-crm", page)
        assert gone.path[-1] == "developer/connectors"
    assert await find(world) is None


async def test_whom_the_organization_does_not_welcome_registers_nothing(world: World) -> None:
    """The pages say so, and a form that is sent all the same is refused."""
    async with at_bench(world) as bench:
        listed = await bench.open("connectors")
        assert not [each for each in listed.page.links if each.endswith("/connectors/new")]
        csrf = (await bench.open("")).page.forms
        assert csrf == () or "csrf" not in csrf[0].fields
        shown = await bench.open("connectors/new")
        assert not [each for each in shown.page.forms if each.action.endswith("/new")]


async def test_a_connector_of_somebody_else_does_not_exist(house: House) -> None:
    """Nor one of the catalogue, nor another organization's: each page and each form is 404."""
    ours, theirs = await house.new_world(), await house.new_world()
    for world in (ours, theirs):
        await open_registration(world)
    pages = ("", "/auth", "/manifest", "/remove")
    async with at_bench(ours) as bench, at_bench(ours) as neighbour, at_bench(theirs) as stranger:
        await send_manifest(neighbour, "connectors/import", json.dumps(plain(slug="neighbours")))
        await send_manifest(stranger, "connectors/import", json.dumps(plain(slug="strangers")))
        csrf = (await bench.form("connectors/new", "connectors/new")).fields["csrf"]
        for slug in ("neighbours", "strangers", "close-key", "nothing", "\x00", "x" * 900, ""):
            for page in pages:
                url = f"{ours.issuer}/developer/connectors/connector{page}"
                got = await bench.http.get(url, params={"connector": slug})
                assert got.status_code in ({400, 404} if slug == "\x00" else {404}), (slug, page)
            for page in ("/switch", "/auth", "/remove"):
                url = f"{ours.issuer}/developer/connectors/connector{page}"
                data = {"csrf": csrf, "connector": slug, "option": "oauth", "enabled": "on"}
                sent = await bench.http.post(url, data=data)
                assert sent.status_code in ({400, 404} if slug == "\x00" else {404}), (slug, page)
    assert await ours.services.connectors.find(ours.org.org_id, "neighbours") is not None


async def test_nothing_that_is_typed_is_a_failure(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Odd values in every field of every form: never a 500, and nothing is markup."""
    await open_registration(world)
    names = ("name", "slug", "summary", "auth", "authorize_url", "token_url", "scopes",
             "identity_url", "client_id", "instructions_en", "instructions_ja", "key_header",
             "key_value", "verify_url", "api_url", "action", "enabled", "version",
             "admin_managed", "option")  # fmt: skip
    nasty = ("'\"><svg onload=alert(1)>", "９" * 40, "{x|y}{", "%", "\u202e", "x" * 5000, "-1")
    with caplog.at_level(logging.ERROR):
        async with at_bench(world) as bench:
            await send_manifest(bench, "connectors/import", json.dumps(plain()))
            csrf = (await bench.form("connectors/new", "connectors/new")).fields["csrf"]
            for page in ("new", "connector/auth", "connector/switch"):
                for value in nasty:
                    for fixed in ({}, {"auth": "oauth", "option": "oauth"}, {"auth": "api_key"}):
                        data = {**dict.fromkeys(names, value), "connector": "acme-crm", **fixed}
                        url = f"{world.issuer}/developer/connectors/{page}"
                        answer = await bench.http.post(url, data={**data, "csrf": csrf})
                        assert answer.status_code < 500
                        assert "<svg onload" not in answer.text
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


async def test_what_is_asked_of_the_room_is_asked_as_oneself(world: World) -> None:
    """The record names the person, and nobody else's permissions are borrowed."""
    await open_registration(world)
    async with at_bench(world) as bench:
        await bench.send("connectors/new", "connectors/new", **FORM)
        events = await world.services.audit.list(world.org.org_id, None, 5, "connector.registered")
    assert [each.event.actor_id for each in events] == [str(bench.account.account_id)]

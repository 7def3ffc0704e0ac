"""The form for a new application: everything on one page, and nothing lost when it fails."""

from __future__ import annotations

import httpx2
import pytest

from doorward.clients import Application
from doorward.orgs import Registration
from tests.console.developer.bench import DETAILS, Bench, at_bench, open_registration
from tests.support.browser_forms import Page, read_page
from tests.support.pictures import SVG, picture
from tests.support.world import World

pytestmark = pytest.mark.anyio

SCOPES = {
    "scope.openid": "on",
    "scope.email": "on",
    "purpose.email": "To send receipts.",
}


async def sent(
    bench: Bench, typed: dict[str, str], logo: tuple[str, bytes] = ("", b""), **changes: str
) -> httpx2.Response:
    """Send the form as a browser does: with a part for the picture, chosen or not."""
    form = await bench.form("new", "new")
    fields = {**form.fields, **typed, **changes}
    fields.pop("logo", None)
    return await bench.http.post(
        form.action, data=fields, files={"logo": (*logo, "application/octet-stream")}
    )


async def made(bench: Bench) -> list[Application]:
    """What the developer owns."""
    org_id = bench.world.org.org_id
    return await bench.world.services.ownership.list_of(org_id, bench.account.account_id)


def fields_of(page: Page) -> dict[str, str]:
    """The fields of the form that is shown."""
    form = page.form_with("redirect_uris")
    assert form is not None
    return form.fields


async def test_everything_is_said_on_one_form(world: World) -> None:
    """Scopes with their reasons, the logo and the links make a draft that lacks nothing."""
    await open_registration(world)
    async with at_bench(world) as bench:
        answer = await sent(bench, DETAILS | SCOPES, ("logo.png", picture()))
        assert answer.status_code == 200
        assert "dw_cs_" in answer.text
        (app,) = await made(bench)
        assert (app.status, app.scopes) == ("draft", ("openid", "email"))
        assert dict(app.purposes) == {"email": "To send receipts."}
        assert (app.privacy_url, app.terms_url) == (DETAILS["privacy_url"], DETAILS["terms_url"])
        assert app.logo is not None
        await world.services.logos.get(world.org.org_id, app.logo)


async def test_the_logo_and_the_scopes_may_be_left_out(world: World) -> None:
    """A browser sends an empty part where no picture was chosen."""
    await open_registration(world)
    async with at_bench(world) as bench:
        assert (await sent(bench, DETAILS)).status_code == 200
        (app,) = await made(bench)
        assert (app.logo, app.scopes) == (None, ())


async def test_a_form_that_fails_says_at_each_field_what_is_wrong(world: World) -> None:
    """All at once, and everything that was typed stands there again."""
    await open_registration(world)
    wrong = {
        "name": "A\u202ebc",
        "redirect_uris": "http://localhost/cb\nhttps://good.example/cb\njavascript:alert(1)",
        "post_logout_redirect_uris": "ftp://x.example",
        "contact_email": "nobody",
        "privacy_url": "javascript:alert(1)",
        "company": "x" * 81,
    }
    async with at_bench(world) as bench:
        typed = DETAILS | SCOPES | wrong | {"purpose.email": ""}
        answer = await sent(bench, typed, calls_from_backend="on")
        assert answer.status_code == 422
        for field in wrong:
            assert f'id="{field}-error"' in answer.text, field
        assert answer.text.count("Say why you need this scope, in one line.") == 2
        for address in ("http://localhost/cb", "javascript:alert(1)"):
            assert f"<code>{address}</code>" in answer.text
        again = fields_of(read_page(answer))
        assert again["scope.email"] == again["calls_from_backend"] == "on"
        assert again["company"] == "x" * 81
        assert await made(bench) == []


async def test_the_pages_of_a_draft_say_everything_as_well(world: World) -> None:
    """Its details and its addresses, each problem at its field."""
    await open_registration(world)
    async with at_bench(world) as bench:
        client_id = (await bench.register()).client_id
        wrong = {"name": "", "company": "x" * 81, "terms_url": "data:x", "contact_email": "x"}
        shown = await bench.send(f"app/details?app={client_id}", "app/details", **wrong)
        assert shown.response.status_code == 422
        for field in wrong:
            assert f'id="{field}-error"' in shown.response.text, field
        bad = {"redirect_uris": "ftp://a.example", "post_logout_redirect_uris": "javascript:x"}
        shown = await bench.send(f"app/addresses?app={client_id}", "app/addresses", **bad)
        for field in bad:
            assert f'id="{field}-error"' in shown.response.text, field
        assert (await bench.read(client_id)).revision == 1


async def test_nothing_chosen_is_said_as_well(world: World) -> None:
    """No type is not the first of the types."""
    await open_registration(world)
    async with at_bench(world) as bench:
        answer = await sent(bench, DETAILS, kind="mainframe")
        assert 'id="kind-error"' in answer.text
        assert "kind" not in fields_of(read_page(answer))
        assert await made(bench) == []


async def test_a_picture_outlives_a_form_that_fails(world: World) -> None:
    """A file cannot be put into a form again: it is kept by its key, which names no other file."""
    await open_registration(world)
    async with at_bench(world) as bench:
        answer = await sent(bench, DETAILS, ("logo.png", picture()), name="")
        assert answer.status_code == 422
        again = fields_of(read_page(answer))
        key = again["kept_logo"]
        assert f"/logos/{key}.png" in answer.text
        for odd in ("../../etc", "a" * 64, "\x7f"):
            assert (await sent(bench, DETAILS, name="", kept_logo=odd)).status_code in {400, 422}
        done = await sent(bench, DETAILS, kept_logo=key)
        assert done.status_code == 200
        (app,) = await made(bench)
        assert app.logo == key


@pytest.mark.parametrize("data", [SVG, b"x" * 10_000_000, picture("GIF")])
async def test_a_bad_picture_costs_nothing_that_was_typed(world: World, data: bytes) -> None:
    """Also one of ten megabytes: the fields stand before it."""
    await open_registration(world)
    async with at_bench(world) as bench:
        answer = await sent(bench, DETAILS | SCOPES, ("logo.png", data))
        assert answer.status_code == 422
        assert 'id="logo-error"' in answer.text
        again = fields_of(read_page(answer))
        assert again["name"] == DETAILS["name"]
        assert again["purpose.email"] == "To send receipts."
        assert await made(bench) == []


async def test_a_form_of_another_site_registers_nothing(world: World) -> None:
    """With and without a picture, and where the part for it is missing."""
    await open_registration(world)
    async with at_bench(world) as bench:
        address = f"{world.issuer}/developer/new"
        forged = DETAILS | {"csrf": "A" * 43}
        for files in ({"logo": ("a.png", picture())}, {"logo": ("", b"")}, {"other": ("a", b"x")}):
            answer = await bench.http.post(address, data=forged, files=files)
            assert answer.status_code == 403
        cut = {"content-type": "multipart/form-data; boundary=x"}
        answer = await bench.http.post(address, content=b"--x\r\n", headers=cut)
        assert answer.status_code == 422
        assert await made(bench) == []


async def test_a_closed_organization_keeps_no_pictures(world: World) -> None:
    """It says why in the reader's language, and nothing else."""
    await open_registration(world)
    async with at_bench(world) as bench:
        form = await bench.form("new", "new")
        closed = Registration(mode="closed", message_en="In May.", message_ja="5月に再開します。")
        await open_registration(world, closed)
        files = {"logo": ("a.png", picture())}
        answer = await bench.http.post(
            form.action,
            data=form.fields | DETAILS,
            files=files,
            headers={"accept-language": "ja"},
        )
        assert answer.status_code == 422
        assert "5月に再開します。" in answer.text
        assert "In May." not in answer.text
        assert await made(bench) == []


async def test_addresses_are_checked_while_the_form_is_filled_in(world: World) -> None:
    """By the rules of the form itself, for the type that is chosen, in the reader's language."""
    await open_registration(world)
    async with at_bench(world) as bench:
        csrf = (await bench.form("new", "new")).fields["csrf"]

        async def found(**typed: str) -> list[dict[str, str | None]]:
            answer = await bench.http.post(
                f"{world.issuer}/developer/addresses", data={"csrf": csrf, **typed}
            )
            assert answer.status_code == 200
            problems: list[dict[str, str | None]] = answer.json()["problems"]
            return problems

        assert await found(kind="web", redirect_uris="https://a.example/cb") == []
        (wrong,) = await found(kind="web", redirect_uris="https://a.example/cb\ncom.example:/cb")
        assert (wrong["field"], wrong["about"]) == ("redirect_uris", "com.example:/cb")
        assert await found(kind="native", redirect_uris="com.example:/cb") == []
        (local,) = await found(post_logout_redirect_uris="http://localhost/")
        assert local["sentence"] == "Write 127.0.0.1 instead of localhost."
        answer = await bench.http.post(
            f"{world.issuer}/developer/addresses", data={"redirect_uris": "x"}
        )
        assert answer.status_code == 403

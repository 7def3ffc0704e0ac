"""The developer portal: from a draft to an approval, and everything that is the owner's own."""

from __future__ import annotations

import logging
import re
from urllib.parse import urlencode

import pytest

from doorward.clients import ApplicationStatus
from doorward.orgs import Registration
from doorward.protocol import AuthMethod, PresentedClient
from tests.console.admin.desk import at_desk, hire
from tests.console.developer.bench import (
    DETAILS,
    Bench,
    at_bench,
    open_registration,
    routes,
)
from tests.support.pictures import SVG, picture
from tests.support.visits import go, post
from tests.support.world import World

pytestmark = pytest.mark.anyio

PAGES = (
    "app", "app/details", "app/addresses", "app/scopes", "app/secrets", "app/preview",
    "app/review", "app/testers", "app/usage", "app/settings",
)  # fmt: skip


async def submitted(bench: Bench, **changes: str) -> str:
    """A draft with scopes and a logo, submitted. Answers its client id."""
    client_id = (await bench.register(**changes)).client_id
    page = f"app/scopes?app={client_id}"
    form = await bench.form(page, "app/scopes")
    form.fields |= {"scope.openid": "on", "scope.email": "on", "purpose.email": "Receipts."}
    await post(bench.http, form)
    assert (await bench.upload(client_id, picture())).status_code == 303
    await bench.send(f"app/review?app={client_id}", "app/review", action="submit", message="Hello")
    return client_id


async def test_a_draft_is_registered_with_a_secret_that_is_shown_once(world: World) -> None:
    """It is the developer's own, and of constituents."""
    await open_registration(world)
    async with at_bench(world) as bench:
        visit = await bench.send("new", "new", **DETAILS)
        secret = re.search(r"dw_cs_[\w-]+", visit.response.text)
        assert secret is not None
        (app,) = await world.services.ownership.list_of(world.org.org_id, bench.account.account_id)
        assert (app.status, app.owner_account_id) == ("draft", bench.account.account_id)
        assert (app.company, app.publisher, app.reason) == ("Polaris", "Polaris", DETAILS["reason"])
        again = await bench.open(f"app/secrets?app={app.client_id}")
        assert secret[0] not in again.response.text
        assert secret[0][-4:] in again.page.text


async def test_every_page_of_an_application_opens(world: World) -> None:
    """For each kind, at each of its stages."""
    await open_registration(world)
    async with at_bench(world) as bench:
        for kind in ("web", "spa", "native", "service"):
            app = await bench.register(name=f"App {kind}", kind=kind)
            for page in PAGES:
                visit = await bench.open(f"{page}?app={app.client_id}")
                assert visit.response.status_code == 200, (kind, page)


async def test_what_is_typed_wrong_is_said_and_kept(world: World) -> None:
    """Each beside its field."""
    await open_registration(world)
    async with at_bench(world) as bench:
        for field, value in (
            ("name", ""),
            ("name", "A\u202ebc"),
            ("name", "River Trust"),
            ("redirect_uris", "http://localhost/cb"),
            ("redirect_uris", "http://polaris.example/cb"),
            ("redirect_uris", "javascript:alert(1)"),
            ("privacy_url", "javascript:alert(1)"),
            ("homepage_url", "data:text/html,x"),
            ("contact_email", "nobody"),
            ("description", "x" * 2001),
        ):
            visit = await bench.send("new", "new", **{**DETAILS, field: value})
            assert visit.response.status_code == 422, (field, value)
            assert f'id="{field}-error"' in visit.response.text, (field, value)
            assert DETAILS["reason"] in visit.response.text
        assert (
            await world.services.ownership.list_of(world.org.org_id, bench.account.account_id) == []
        )


async def test_closed_registration_says_why(world: World) -> None:
    """In the organization's own words, as text; and no form is taken."""
    words = "We open <b>in May</b>."
    await open_registration(world, Registration(mode="open"))
    async with at_bench(world) as bench:
        form = await bench.form("new", "new")
        for mode in ("closed", "by_request"):
            await open_registration(world, Registration(mode=mode, message_en=words))
            visit = await bench.open("")
            assert "We open &lt;b&gt;in May&lt;/b&gt;." in visit.response.text
            assert not [each for each in visit.page.links if each.endswith("/developer/new")]
            form.fields |= DETAILS
            visit = await post(bench.http, form)
            assert visit.response.status_code == 422


async def test_the_story_of_a_review(world: World) -> None:
    """Submitted, sent back, changed, approved; each sees what the other said."""
    await open_registration(world)
    async with at_bench(world) as bench, at_desk(world) as desk:
        client_id = await submitted(bench)
        queue = await desk.open("review")
        assert "Gift Reports" in queue.page.text
        page = f"review/app?client_id={client_id}"
        shown = await desk.open(page)
        for said in ("https://polaris.example/cb", "email: Receipts.", "Hello", "Polaris"):
            assert said in shown.page.text
        empty = await desk.send(page, "review/app", action="request_changes")
        assert empty.response.status_code == 422
        await desk.send(page, "review/app", action="request_changes", message="Say <i>more</i>.")
        told = await bench.open(f"app/review?app={client_id}")
        assert "Say &lt;i&gt;more&lt;/i&gt;." in told.response.text
        details = f"app/details?app={client_id}"
        await bench.send(details, "app/details", description="Reports on gifts, by month.")
        await bench.send(f"app/review?app={client_id}", "app/review", action="submit")
        await desk.send(page, "review/app", action="approve")
        assert (await bench.read(client_id)).status is ApplicationStatus.APPROVED


async def test_a_decision_is_about_what_was_seen(world: World) -> None:
    """A later edit makes it stale, and the page shows the new difference."""
    await open_registration(world)
    async with at_bench(world) as bench, at_desk(world) as desk:
        client_id = await submitted(bench)
        page = f"review/app?client_id={client_id}"
        form = await desk.form(page, "review/app")
        await bench.send(f"app/details?app={client_id}", "app/details", description="Now this.")
        for action in ("approve", "decline", "take"):
            visit = await post(desk.http, form, action=action, message="x")
            assert visit.response.status_code == 422
            assert "Now this." in visit.page.text
        assert (await bench.read(client_id)).status is ApplicationStatus.SUBMITTED


async def test_a_change_of_a_live_application_waits(world: World) -> None:
    """People see what was approved; the reviewer sees what was added and what was removed."""
    await open_registration(world)
    async with at_bench(world) as bench, at_desk(world) as desk:
        client_id = await submitted(bench)
        page = f"review/app?client_id={client_id}"
        await desk.send(page, "review/app", action="approve")
        addresses = "https://polaris.example/new"
        where = f"app/addresses?app={client_id}"
        await bench.send(where, "app/addresses", redirect_uris=addresses)
        assert (await bench.read(client_id)).redirect_uris == ("https://polaris.example/cb",)
        assert addresses in (await bench.open(where)).response.text
        shown = (await desk.open(page)).response.text
        assert re.search(r"<ins>.*https://polaris.example/new", shown)
        assert re.search(r"<del>.*https://polaris.example/cb", shown)
        await desk.send(page, "review/app", action="request_changes", message="Why there?")
        assert (await bench.read(client_id)).redirect_uris == ("https://polaris.example/cb",)
        assert "Why there?" in (await bench.open(f"app?app={client_id}")).page.text
        answer = {"action": "submit", "message": "It moved."}
        await bench.send(f"app/review?app={client_id}", "app/review", **answer)
        assert "It moved." in (await desk.open(page)).page.text
        await desk.send(page, "review/app", action="approve")
        assert (await bench.read(client_id)).redirect_uris == (addresses,)


async def test_nobody_decides_about_their_own(world: World) -> None:
    """The page offers nothing, and a form that is sent all the same is refused."""
    await open_registration(world)
    staff = await hire(world)
    async with at_desk(world, staff) as desk:
        bench = Bench(world, desk.http, staff)
        client_id = await submitted(bench)
        shown = await desk.open(f"review/app?client_id={client_id}")
        assert not [each for each in shown.page.forms if each.action.endswith("/review/app")]
        revision = str((await bench.read(client_id)).revision)
        data = {"csrf": await desk.csrf(), "client_id": client_id, "revision": revision}
        answer = await desk.http.post(
            f"{world.issuer}/admin/review/app", data={**data, "action": "approve"}
        )
        assert answer.status_code == 422
        assert (await bench.read(client_id)).status is ApplicationStatus.SUBMITTED


async def test_an_application_of_somebody_else_does_not_exist(world: World) -> None:
    """Neither its pages nor its forms, for every route of the portal."""
    await open_registration(world)
    async with at_bench(world) as bench, at_bench(world) as other:
        client_id = (await bench.register()).client_id
        own = (await other.register(name="Another One")).client_id
        for page in PAGES:
            visit = await other.open(f"{page}?app={client_id}")
            assert visit.response.status_code == 404, page
        for page, action in (
            ("app/details", "app/details"), ("app/addresses", "app/addresses"),
            ("app/scopes", "app/scopes"), ("app/secrets", "app/secrets/add"),
            ("app/review", "app/review"), ("app/testers", "app/testers"),
            ("app/settings", "app/settings/transfer"), ("app/settings", "app/settings/delete"),
        ):  # fmt: skip
            form = await other.form(f"{page}?app={own}", action)
            form.fields["app"] = client_id
            answer = await other.http.post(form.action, data={**form.fields, "action": "submit"})
            assert answer.status_code == 404, action
        form = await other.form(f"app/details?app={own}", "app/logo")
        stolen = form.action.replace(own, client_id)
        answer = await other.http.post(
            stolen, data={"csrf": form.fields["csrf"]}, files={"logo": ("a.png", picture())}
        )
        assert answer.status_code == 404


async def test_every_form_needs_the_token_of_its_session(world: World) -> None:
    """A form from elsewhere changes nothing; nobody is let in without a session."""
    await open_registration(world)
    async with at_bench(world) as bench, world.http() as stranger:
        client_id = (await bench.register()).client_id
        for action in ("new", "app/details", "app/secrets/add", "app/settings/delete", "offer"):
            address = f"{world.issuer}/developer/{action}"
            answer = await bench.http.post(address, data={"app": client_id, "csrf": "A" * 43})
            assert answer.status_code == 403, action
            answer = await stranger.post(address, data={"app": client_id})
            assert answer.status_code == 303
            assert "/signin?flow=" in answer.headers["location"]
        address = f"{world.issuer}/developer/app/logo?app={client_id}"
        answer = await bench.http.post(
            address, data={"csrf": "x"}, files={"logo": ("a.png", picture())}
        )
        assert answer.status_code == 403
        assert (await bench.read(client_id)).logo is None


async def test_a_logo_is_taken_shown_and_removed(world: World) -> None:
    """What is no picture, or too large, is refused with a sentence."""
    await open_registration(world)
    async with at_bench(world) as bench:
        client_id = (await bench.register()).client_id
        for data in (SVG, b"x" * 10_000_000, b"", picture("GIF")):
            answer = await bench.upload(client_id, data, "logo.png" if data else "")
            assert answer.status_code == 422
            assert 'id="logo-error"' in answer.text
        assert (await bench.read(client_id)).logo is None
        await bench.upload(client_id, picture("JPEG"), "<script>.svg")
        key = (await bench.read(client_id)).logo
        assert key is not None
        shown = await bench.open(f"app/preview?app={client_id}")
        assert shown.response.text.count(f"/logos/{key}-small.png") == 5
        await bench.send(f"app/details?app={client_id}", "app/logo/remove")
        assert (await bench.read(client_id)).logo is None


async def test_a_scope_needs_a_reason(world: World) -> None:
    """What says itself does not; what was typed stays on the page."""
    await open_registration(world)
    async with at_bench(world) as bench:
        client_id = (await bench.register()).client_id
        page = f"app/scopes?app={client_id}"
        form = await bench.form(page, "app/scopes")
        assert not [name for name in form.fields if name.endswith(".management")]
        form.fields |= {"scope.openid": "on", "scope.email": "on", "scope.management": "on"}
        visit = await post(bench.http, form)
        assert visit.response.status_code == 422
        form.fields |= {"purpose.email": "Receipts.", "optional.email": "on"}
        assert (await post(bench.http, form)).response.status_code == 200
        app = await bench.read(client_id)
        assert set(app.scopes) == {"email", "openid"}
        assert dict(app.purposes) == {"email": "Receipts."}
        assert app.optional_scopes == ("email",)


async def test_secrets_are_switched_without_a_gap(world: World) -> None:
    """A second one, then the first is revoked; the last one stays."""
    await open_registration(world)
    async with at_bench(world) as bench:
        app = await bench.register()
        page = f"app/secrets?app={app.client_id}"
        shown = await bench.send(page, "app/secrets/add")
        assert re.search(r"dw_cs_[\w-]+", shown.response.text)
        first = str(app.secrets[0].secret_id)
        asked = await bench.send(page, "app/secrets/revoke", secret=first)
        assert len((await bench.read(app.client_id)).secrets) == 2
        await post(bench.http, asked.page.forms[0], decision="confirm")
        (left,) = (await bench.read(app.client_id)).secrets
        assert str(left.secret_id) != first


async def test_the_page_of_secrets_says_when_each_was_used_last(world: World) -> None:
    """Beside its end and the day on which it was made; the API says the same."""
    await open_registration(world)
    use, org_id = world.services, world.org.org_id
    async with at_bench(world) as bench:
        app = await bench.register()
        page = f"app/secrets?app={app.client_id}"
        added = await bench.send(page, "app/secrets/add")
        secret = re.search(r"dw_cs_[\w-]+", added.response.text)
        assert secret is not None
        assert (await bench.open(page)).page.text.count("not used yet") == 2
        presented = PresentedClient(app.client_id, secret[0], AuthMethod.BASIC)
        await use.applications.authenticate(org_id, presented)
        await use.secret_uses.flush()
        told = (await bench.open(page)).page.text
        assert (told.count("not used yet"), told.count("last used")) == (1, 1)


async def test_an_application_is_handed_on_by_name(world: World) -> None:
    """The new owner accepts; until then it stays where it is."""
    await open_registration(world)
    async with at_bench(world) as bench, at_bench(world) as other:
        client_id = (await bench.register()).client_id
        page, action = f"app/settings?app={client_id}", "app/settings/transfer"
        to = str(other.account.account_id)
        wrong = await bench.send(page, action, account_id=to, transfer_name="gift reports")
        assert wrong.response.status_code == 422
        await bench.send(page, action, account_id=to, transfer_name="Gift Reports")
        assert (await bench.read(client_id)).owner_account_id == bench.account.account_id
        await other.send("", "offer", decision="accept")
        assert (await bench.read(client_id)).owner_account_id == other.account.account_id
        assert (await bench.open(f"app?app={client_id}")).response.status_code == 404


async def test_a_draft_is_deleted_by_its_name(world: World) -> None:
    """Typed, to be sure."""
    await open_registration(world)
    async with at_bench(world) as bench:
        client_id = (await bench.register()).client_id
        page, action = f"app/settings?app={client_id}", "app/settings/delete"
        assert (await bench.send(page, action, delete_name="x")).response.status_code == 422
        done = await bench.send(page, action, delete_name="Gift Reports")
        assert done.path[-1] == "developer"
        assert await world.services.applications.find(world.org.org_id, client_id) is None


async def test_test_users_are_account_numbers(world: World) -> None:
    """Nothing says whether an account exists."""
    await open_registration(world)
    async with at_bench(world) as bench:
        client_id = (await bench.register()).client_id
        page = f"app/testers?app={client_id}"
        for wrong in ("anna", "-1", "0", "9" * 40, "\n".join(map(str, range(1, 30)))):
            visit = await bench.send(page, "app/testers", testers=wrong)
            assert visit.response.status_code == 422, wrong
        await bench.send(page, "app/testers", testers="77\n 78 \n77")
        assert (await bench.read(client_id)).testers == (77, 78)


async def test_sign_in_leads_back_to_the_page_that_was_asked_for(world: World) -> None:
    """With its query."""
    async with world.http() as http:
        visit = await go(http, f"{world.issuer}/developer/new?from=docs")
        assert visit.path == ["developer/new", "signin"]
        form = visit.page.forms[0]
        shown = await post(http, form, username="anna", password="correct horse battery")
    assert str(shown.response.url).endswith("/developer/new?from=docs")


NASTY = ("\x00", "\ud800", "９" * 40, "9" * 400, "-1", "'\"><svg onload=alert(1)>", "\u202e", "%")


async def test_nothing_that_is_typed_is_a_failure(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """On every route of the portal, in each of its fields."""
    await open_registration(world)
    async with at_bench(world) as bench:
        client_id = (await bench.register()).client_id
        page = await bench.open(f"app/settings?app={client_id}")
        csrf = page.page.forms[0].fields["csrf"]
        for route in routes(world):
            for nasty in NASTY:
                text = nasty.encode("utf-8", "surrogatepass")
                fields: dict[str, str | bytes] = dict.fromkeys(
                    ("name", "kind", "redirect_uris", "testers", "account_id", "secret", "action",
                     "message", "scope.openid", "purpose.openid", "after"),
                    text,
                )  # fmt: skip
                for app in (client_id.encode(), text):
                    given = {**fields, "app": app}
                    answer = await bench.http.request(
                        route.method,
                        f"{world.issuer}{route.path}?{urlencode(given)}",
                        data={**given, "csrf": csrf} if route.method == "POST" else None,
                    )
                    assert answer.status_code < 500, (route.path, nasty)
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []

"""OAuth Configuration: credentials, addresses, the code to paste."""

from __future__ import annotations

import re
from html import unescape

import pytest

from doorward.audit import SYSTEM
from doorward.clients import Application
from doorward.console import MANAGEMENT
from doorward.http import SIGN_IN_WIDGET
from doorward.protocol import AuthMethod, PresentedClient
from tests.console.admin.desk import EVERY, Desk, at_desk, hire
from tests.support.browser_forms import Form
from tests.support.visits import Visit, arrive, go
from tests.support.world import CALLBACK, World

pytestmark = pytest.mark.anyio

SHOWN = re.compile(r'id="client-secret">(dw_cs_[^<]+)<')
SNIPPET = re.compile(r'<pre id="snippet"[^>]*>(.*?)</pre>', re.DOTALL)
PLACEHOLDER = "your redirect_uri here"


def snippet_of(visit: Visit) -> str:
    """The code to paste, as it is copied."""
    found = SNIPPET.search(visit.response.text)
    assert found is not None
    return unescape(found[1])


async def read(world: World, client_id: str) -> Application:
    """The application as it is now."""
    return await world.services.applications.get(world.org.org_id, client_id)


async def form_of_app(desk: Desk, client_id: str, action: str) -> Form:
    """A form on the page of an application."""
    return await desk.form(f"oauth?client_id={client_id}", f"oauth/{action}")


async def save(desk: Desk, client_id: str, **typed: str) -> Visit:
    """Type addresses, and save them."""
    form = await form_of_app(desk, client_id, "addresses")
    return Visit(await desk.http.post(form.action, data={**form.fields, **typed}), [])


async def test_the_page_shows_what_a_developer_needs(world: World) -> None:
    """The client id, the endpoints of this issuer, and the snippet with its placeholder."""
    async with at_desk(world) as desk:
        visit = await desk.open("oauth")
    text, issuer = visit.page.text, world.issuer
    assert world.web.client_id in text
    login = f"{issuer}/np/oauth/auth?response_type=code&client_id={world.web.client_id}"
    assert f"{login}&redirect_uri={PLACEHOLDER}" in text
    for address in ("/np/oauth/token", "/np/logout.do?targetUrl="):
        assert issuer + address in text
    code = snippet_of(visit)
    assert code.count(PLACEHOLDER) == 1
    assert f'src="{issuer}{SIGN_IN_WIDGET.path}"' in code
    assert f'integrity="{SIGN_IN_WIDGET.integrity}"' in code
    assert "Sign in with River Trust</a>" in code


async def test_the_link_of_the_snippet_signs_people_in(world: World) -> None:
    """Once the placeholder is replaced by hand, as the documentation says."""
    async with at_desk(world) as desk:
        code = snippet_of(await desk.open("oauth")).replace(PLACEHOLDER, CALLBACK)
    href = unescape(code.partition('href="')[2].partition('"')[0])
    async with world.http() as http:
        assert (await go(http, href)).path == ["np/oauth/auth", "signin"]


async def test_the_snippet_is_as_it_was_ordered(world: World) -> None:
    """Address, language, look and size; nothing else is taken over."""
    wanted = f"redirect_uri={CALLBACK}&words=ja&look=outline&size=large"
    async with at_desk(world) as desk:
        visit = await desk.open(f"oauth?client_id={world.web.client_id}&{wanted}")
        code = snippet_of(visit)
        assert PLACEHOLDER not in code
        assert "redirect_uri=http%3A%2F%2F127.0.0.1%3A8765%2Fcallback" in code
        assert "River Trust でログイン" in code
        assert 'data-look="outline" data-size="large" lang="ja"' in code
        hostile = 'redirect_uri=https://evil.example/&words="><script>&look=x&size=y'
        visit = await desk.open(f"oauth?client_id={world.web.client_id}&{hostile}")
        assert "evil" not in snippet_of(visit)
        assert 'data-look="filled" data-size="medium" lang="en"' in snippet_of(visit)


async def test_a_name_with_markup_stays_text_in_the_snippet(world: World) -> None:
    """What is pasted into somebody's page is escaped for it, and once more for ours."""
    async with at_desk(world) as desk:
        await desk.send("organization", "organization", name='R<script>"&')
        code = snippet_of(await desk.open("oauth"))
    assert "Sign in with R&lt;script&gt;&quot;&amp;</a>" in code


async def test_an_application_is_created_and_its_secret_shown_once(world: World) -> None:
    """It serves the sign-in of constituents at once."""
    typed = {
        "name": "Donor Site",
        "redirect_uris": f" {CALLBACK} \r\n\r\nhttps://site.example/cb",
        "kind": "web",
    }
    async with at_desk(world) as desk:
        form = await desk.form("oauth/new", "oauth/new")
        answer = await desk.http.post(form.action, data={**form.fields, **typed})
        found = SHOWN.search(answer.text)
        assert found is not None
        assert answer.headers["cache-control"] == "no-store"
        all_apps = await world.services.applications.list(world.org.org_id, None, 10)
        made = next(each for each in all_apps if each.name == "Donor Site")
        assert made.redirect_uris == (CALLBACK, "https://site.example/cb")
        assert (made.is_live, made.scopes, made.is_public) == (True, (), False)
        assert found[1] not in (await desk.open(f"oauth?client_id={made.client_id}")).response.text
    params = {"response_type": "code", "client_id": made.client_id, "redirect_uri": CALLBACK}
    async with world.http() as http:
        answer = await http.get("np/oauth/auth", params=params)
        assert answer.status_code == 303
        assert "/signin" in answer.headers["location"]


async def test_an_application_may_understand_openid_connect(world: World) -> None:
    """Then it may ask who people are, and consent is asked for."""
    async with at_desk(world) as desk:
        form = await desk.form("oauth/new", "oauth/new")
        typed = {"name": "Native", "redirect_uris": CALLBACK, "kind": "native", "openid": "on"}
        answer = await desk.http.post(form.action, data={**form.fields, **typed})
        assert answer.status_code == 303
        client_id = answer.headers["location"].partition("client_id=")[2].partition("&")[0]
    made = await read(world, client_id)
    assert (made.scopes, made.is_public) == (("openid", "profile", "email"), True)
    wanted = world.request(client_id=client_id, scope="openid email")
    async with world.http() as http:
        assert (await arrive(http, wanted)).path[-1] == "signin"


async def test_addresses_are_edited_one_in_a_line(world: World) -> None:
    """Both lists at once, without the empty lines."""
    async with at_desk(world) as desk:
        typed = {
            "redirect_uris": "https://a.example/cb\r\n\r\n  https://b.example/cb  ",
            "post_logout_redirect_uris": "https://a.example/bye",
        }
        assert (await save(desk, world.web.client_id, **typed)).response.status_code == 303
    now = await read(world, world.web.client_id)
    assert now.redirect_uris == ("https://a.example/cb", "https://b.example/cb")
    assert now.post_logout_redirect_uris == ("https://a.example/bye",)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("http://localhost:3000/cb", "Write 127.0.0.1 instead of localhost."),
        ("http://site.example/cb", "Use https://."),
        ("javascript:alert(1)", "must start with https://"),
        ("https://site.example/cb#here", "must not have a fragment"),
        ("org.example.app:/cb", "Only a native application"),
        ("https://site.example/cb?code=1", "parameters of an answer"),
        ("https://[", "not a valid URI"),
    ],
)
async def test_a_wrong_address_is_named_beside_its_field(
    world: World, line: str, sentence: str
) -> None:
    """The sentence, the very line, what was typed, and nothing changed."""
    typed = {"redirect_uris": f"https://good.example/cb\r\n{line}"}
    async with at_desk(world) as desk:
        shown = await save(desk, world.web.client_id, **typed)
    assert shown.response.status_code == 422
    assert sentence in shown.page.text
    text = unescape(shown.response.text)
    assert f"<code>{line}</code>" in text
    assert f"https://good.example/cb\r\n{line}</textarea>" in text
    assert (await read(world, world.web.client_id)).redirect_uris == (CALLBACK,)


async def test_secrets_come_and_go_but_one_stays(world: World) -> None:
    """Add a second, switch over, revoke the first; the last one cannot go."""
    client_id = world.web.client_id
    first = str((await read(world, client_id)).secrets[0].secret_id)
    async with at_desk(world) as desk:
        page = await desk.open(f"oauth?client_id={client_id}")
        assert page.page.form_with_button("secret") is None
        csrf = await desk.csrf()
        url = f"{world.issuer}/admin/oauth/secrets/revoke"
        data = {"csrf": csrf, "client_id": client_id, "secret": first}
        last = await desk.http.post(url, data={**data, "decision": "confirm"})
        assert last.status_code == 422
        add = await form_of_app(desk, client_id, "secrets")
        shown = await desk.http.post(add.action, data=add.fields)
        assert SHOWN.search(shown.text) is not None
        asked = await desk.http.post(url, data=data)
        assert asked.status_code == 200
        assert len((await read(world, client_id)).secrets) == 2
        assert (await desk.http.post(url, data={**data, "decision": "confirm"})).status_code == 303
        assert len((await read(world, client_id)).secrets) == 1
        assert (await desk.http.post(url, data={**data, "decision": "confirm"})).status_code == 404
        for _ in range(4):
            await desk.http.post(add.action, data=add.fields)
        full = await desk.http.post(add.action, data=add.fields)
        assert full.status_code == 422


async def test_an_application_that_staff_allowed_needs_every_permission(world: World) -> None:
    """V-MT: a new address or secret of it would be a way to their permissions."""
    known = await world.register("Office", scopes=(MANAGEMENT,), account_kind="system")
    limited = await hire(world, {"applications.read", "applications.write"})
    async with at_desk(world, limited) as desk:
        typed = {"redirect_uris": "https://mine.example/cb"}
        assert (await save(desk, known.client_id, **typed)).response.status_code == 422
        csrf = await desk.csrf()
        data = {"csrf": csrf, "client_id": known.client_id}
        url = f"{world.issuer}/admin/oauth/secrets"
        assert (await desk.http.post(url, data=data)).status_code == 422
        secret = str(known.application.secrets[0].secret_id) if known.application.secrets else "0"
        revoke = {**data, "secret": secret, "decision": "confirm"}
        assert (await desk.http.post(f"{url}/revoke", data=revoke)).status_code in {404, 422}
    assert (await read(world, known.client_id)).redirect_uris == (CALLBACK,)
    async with at_desk(world, await hire(world, EVERY)) as desk:
        assert (await save(desk, known.client_id, **typed)).response.status_code == 303


async def test_an_organization_without_applications_is_told_so(world: World) -> None:
    """And a public application, and a service, show what they have."""
    org_id = world.org.org_id
    service = await world.register(
        "Night Job", kind="service", grant_types=None, redirect_uris=(), scopes=()
    )
    async with at_desk(world) as desk:
        visit = await desk.open(f"oauth?client_id={service.client_id}")
        assert SNIPPET.search(visit.response.text) is None
        for client_id in (service.client_id, world.web.client_id):
            await world.services.ownership.delete(org_id, client_id, SYSTEM)
        assert "There is no application yet" in (await desk.open("oauth")).page.text
        assert (await desk.open(f"oauth?client_id={service.client_id}")).response.status_code == 404


async def test_a_change_of_ones_own_live_application_is_said_to_wait(world: World) -> None:
    """With the way to its review; what holds meanwhile stays on the page."""
    staff = await hire(world, EVERY - {"applications.review"})
    known = await world.register("Gift Letters", owner_account_id=staff.account_id)
    use, org_id = world.services, world.org.org_id
    async with at_desk(world, staff) as desk:
        kept = await save(desk, known.client_id, redirect_uris="https://new.example/cb")
        assert kept.response.status_code == 303
        shown = await go(desk.http, kept.location)
        assert "waits for a review" in shown.page.text
        assert "The addresses are saved." not in shown.page.text
        assert (await read(world, known.client_id)).redirect_uris == (CALLBACK,)
        (link,) = [each for each in shown.page.links if "/developer/app/review" in each]
        assert (await go(desk.http, link)).response.status_code == 200
    async with at_desk(world) as other:
        page = await other.open(f"oauth?client_id={known.client_id}")
        assert "under review" in page.page.text
        (link,) = [each for each in page.page.links if "/admin/review/app" in each]
        assert "https://new.example/cb" in (await go(other.http, link)).page.text
        waiting = await use.applications.get(org_id, known.client_id)
        await other.send(f"review/app?client_id={known.client_id}", "review/app", action="approve")
        assert (await read(world, known.client_id)).revision == waiting.revision
        page = await other.open(f"oauth?client_id={known.client_id}")
        assert "under review" not in page.page.text


async def test_addresses_that_stand_as_they_were_change_nothing(world: World) -> None:
    """Nothing waits, nothing is recorded, and the page says so."""
    staff = await hire(world)
    known = await world.register("Gift Letters", owner_account_id=staff.account_id)
    before = await read(world, known.client_id)
    async with at_desk(world, staff) as desk:
        kept = await save(desk, known.client_id, redirect_uris=f"{CALLBACK}\r\n{CALLBACK}")
        assert "Nothing has changed." in (await go(desk.http, kept.location)).page.text
    assert await read(world, known.client_id) == before


async def test_the_page_says_when_each_secret_was_used_last(world: World) -> None:
    """As the developer portal does."""
    assert world.web.secret is not None
    presented = PresentedClient(world.web.client_id, world.web.secret.reveal(), AuthMethod.BASIC)
    async with at_desk(world) as desk:
        page = f"oauth?client_id={world.web.client_id}"
        assert "not used yet" in (await desk.open(page)).page.text
        await world.services.applications.authenticate(world.org.org_id, presented)
        await world.services.secret_uses.flush()
        assert "last used" in (await desk.open(page)).page.text


async def test_staff_give_an_application_a_quota(world: World) -> None:
    """What they typed holds, in either width, until the field is emptied."""
    client_id = world.web.client_id
    path = f"oauth?client_id={client_id}"
    async with at_desk(world) as desk:
        for typed, quota, said in (
            (" ６００ ", 600, "The quota is saved."),
            ("", None, "The application has no quota."),
            ("1000000", 1_000_000, "The quota is saved."),
        ):
            visit = await desk.send(path, "oauth/quota", quota_a_minute=typed)
            assert said in visit.page.text
            assert (await read(world, client_id)).quota_a_minute == quota
        for wrong in ("0", "1000001", "-1", "1.5", "many", "9" * 40, "1e3"):
            visit = await desk.send(path, "oauth/quota", quota_a_minute=wrong)
            assert visit.response.status_code == 422, wrong
            assert "A quota is a whole number from 1 to 1,000,000." in visit.page.text
            assert f'value="{wrong}"' in visit.response.text
    assert (await read(world, client_id)).quota_a_minute == 1_000_000


async def test_a_quota_is_not_for_its_owner_nor_for_a_public_application(world: World) -> None:
    """Neither has the form, and who sends it all the same is refused."""
    ada = await hire(world)
    mine = await world.register("Mine", owner_account_id=ada.account_id)
    public = await world.register("Public", auth_method=AuthMethod.NONE)
    async with at_desk(world, ada) as desk:
        csrf = await desk.csrf()
        for known in (mine, public):
            page = await desk.open(f"oauth?client_id={known.client_id}")
            actions = [each.action for each in page.page.forms]
            fields = {"csrf": csrf, "client_id": known.client_id, "quota_a_minute": "5"}
            answer = await desk.http.post(f"{world.issuer}/admin/oauth/quota", data=fields)
            assert answer.status_code == 422
            assert (await read(world, known.client_id)).quota_a_minute is None
            if known is public:
                assert not any(each.endswith("oauth/quota") for each in actions)

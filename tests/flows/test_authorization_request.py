"""What an authorization request may say, and where its errors go."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.support.attacks import attack
from tests.support.browser_forms import read_page
from tests.support.programs import Program
from tests.support.spec import spec
from tests.support.visits import Visit, arrive, authorize, go
from tests.support.world import CALLBACK, World

pytestmark = pytest.mark.anyio


def is_page(visit: Visit, status: int = 400) -> bool:
    """Whether the person sees an error page, and nothing leads anywhere else."""
    assert "location" not in visit.response.headers
    assert visit.page.refresh is None
    assert all(urlsplit(link).netloc == "127.0.0.1:8400" for link in visit.page.links)
    return visit.response.status_code == status


@attack("CVE-2026-41479")
@spec("RFC 6749", "4.1.2.1", "an unknown client or redirect URI is never redirected to")
@pytest.mark.parametrize("also", [{}, {"prompt": "none"}, {"response_type": "token"}])
async def test_without_a_proved_return_address_there_is_only_a_page(
    world: World, also: dict[str, str]
) -> None:
    """Whatever else is wrong with the request, and however silent it wants to be."""
    table: tuple[tuple[str, str | None], ...] = (
        ("client_id", None),
        ("client_id", "app_unknown"),
        ("client_id", "' OR 1=1 --"),
        ("redirect_uri", None),
        ("redirect_uri", "https://evil.example/cb"),
        ("redirect_uri", f"{CALLBACK}/"),
        ("redirect_uri", f"{CALLBACK}#fragment"),
        ("redirect_uri", "javascript:alert(1)"),
    )
    for name, value in table:
        async with world.http() as browser:
            assert is_page(await arrive(browser, world.request(**{name: value, **also})))


SENT_BACK: tuple[tuple[str, str | None, str], ...] = (
    ("response_type", None, "invalid_request"),
    ("response_type", "token", "unsupported_response_type"),
    ("response_type", "code id_token", "unsupported_response_type"),
    ("scope", "openid donations.read", "invalid_scope"),
    ("scope", 'op"enid', "invalid_scope"),
    ("response_mode", "fragment", "invalid_request"),
    ("response_mode", "form_post.jwt", "invalid_request"),
    ("prompt", "none login", "invalid_request"),
    ("prompt", "create", "invalid_request"),
    ("max_age", "-1", "invalid_request"),
    ("max_age", "a day", "invalid_request"),
    ("max_age", "9" * 40, "invalid_request"),
    ("id_token_hint", "not.a.token", "invalid_request"),
    ("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
    ("request_uri", "https://rp.example/request", "request_uri_not_supported"),
    ("registration", "{}", "registration_not_supported"),
    ("resource", "https://unknown.example/", "invalid_target"),
    ("resource", "not-absolute", "invalid_target"),
    ("prompt", "none", "login_required"),
)


@spec("RFC 6749", "4.1.2.1", "other errors go back to the client with its state")
@spec("RFC 9207", "2", "an error names its issuer too")
async def test_an_error_is_sent_to_the_proved_address(world: World) -> None:
    """With state and issuer, before anybody is asked anything."""
    for name, value, error in SENT_BACK:
        async with world.http() as browser:
            visit = await arrive(browser, world.request(**{name: value}))
        assert visit.location.startswith(f"{CALLBACK}?")
        assert visit.parameters["error"] == error, (name, value)
        assert visit.parameters["state"] == "the state"
        assert visit.parameters["iss"] == world.issuer


async def test_an_application_without_the_code_grant_is_told_so(world: World) -> None:
    """unauthorized_client, at its own address."""
    known = await world.register("No codes", grant_types=frozenset({"client_credentials"}))
    async with world.http() as browser:
        visit = await arrive(browser, world.request(client_id=known.client_id))
    assert visit.parameters["error"] == "unauthorized_client"


@spec("RFC 6749", "3.1", "unknown parameters are ignored")
async def test_unknown_parameters_are_ignored(world: World) -> None:
    """Also ones that look like markup, and ones without a value."""
    odd = {"foo": "bar", "<b>": "</script>", "display": "touch", "claims": "{}", "acr_values": ""}
    async with world.http() as browser:
        visit = await authorize(browser, {**world.request(), **odd})
    assert "code" in visit.parameters


@attack("CVE-2026-9689")
@spec("RFC 6749", "3.1", "parameters must not be given more than once")
async def test_a_repeated_parameter_is_refused_on_a_page(world: World) -> None:
    """Nothing of such a request is believed, so it is sent nowhere."""
    async with world.http() as browser:
        for name in ("client_id", "redirect_uri", "state", "scope", "prompt", "foo"):
            query = urlencode([*world.request().items(), (name, "one"), (name, "two")])
            assert is_page(await go(browser, f"oauth2/auth?{query}"))


@spec("RFC 6749", "3.1", "a parameter without a value counts as left out")
async def test_an_empty_parameter_counts_as_left_out(world: World) -> None:
    """An empty state does not come back."""
    async with world.http() as browser:
        visit = await authorize(browser, world.request(state="", nonce="", login_hint=""))
    assert "code" in visit.parameters
    assert "state" not in visit.parameters


@spec("OpenID Connect Core", "3.1.2.1", "the request may come by POST")
async def test_a_request_may_be_posted(world: World) -> None:
    """The person ends at the same pages."""
    async with world.http() as browser:
        answer = await browser.post("oauth2/auth", data=world.request())
        assert answer.status_code == 303
        visit = await go(browser, answer.headers["location"])
        assert "signin" in visit.path
        visit = await authorize(browser, world.request())
        answer = await browser.post("oauth2/auth", data=world.request())
        again = await go(browser, answer.headers["location"])
    assert "code" in visit.parameters
    assert "code" in again.parameters


async def test_a_post_of_another_type_is_refused_on_a_page(world: World) -> None:
    """Only form bodies are read."""
    body = urlencode(world.request()).encode()
    async with world.http() as browser:
        for kind in ("application/json", "multipart/form-data; boundary=x", ""):
            headers = {"content-type": kind}
            answer = await browser.post("oauth2/auth", content=body, headers=headers)
            assert is_page(Visit(answer, []))


@attack("CVE-2023-6134")
@spec("OAuth 2.0 Form Post Response Mode", "2", "the answer is posted by a form")
@pytest.mark.parametrize("decision", ["allow", "deny"])
async def test_form_post_carries_the_answer_in_a_form(world: World, decision: str) -> None:
    """Never in an address; the code is as good as any, and values are escaped."""
    wanted = world.request(response_mode="form_post", state='"><script>alert(1)</script>')
    async with world.http() as browser:
        with pytest.raises(AssertionError, match="stuck at"):
            await authorize(browser, wanted, decision="neither")
        consent = read_page(await browser.get((await arrive(browser, wanted)).page.url))
        form = consent.form_with_button("decision")
        assert form is not None
        answer = await browser.post(form.action, data={**form.fields, "decision": decision})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "form-action 'self' http://127.0.0.1:8765" in policy
    assert "unsafe-inline" not in policy
    sent = read_page(answer).forms[0]
    assert (sent.action, sent.method) == (CALLBACK, "post")
    assert sent.fields["state"] == '"><script>alert(1)</script>'
    assert sent.fields["iss"] == world.issuer
    if decision == "deny":
        assert sent.fields["error"] == "access_denied"
    else:
        bought = await Program(world, world.web).redeem(sent.fields["code"])
        assert bought.status_code == 200


@spec("RFC 9700", "4.12", "the answer redirects by 303")
async def test_every_redirect_is_a_303_that_tells_no_referrer(world: World) -> None:
    """Nothing that was posted is posted on, and the address is not passed on."""
    async with world.http() as browser:
        visit = await authorize(browser, world.request())
    assert visit.response.status_code == 303
    assert visit.response.headers["referrer-policy"] == "no-referrer"
    assert visit.response.headers["cache-control"] == "no-store"


async def test_two_tabs_at_once_both_arrive(world: World) -> None:
    """Each tab has a flow of its own; the second goes on as the person who signed in first."""
    async with world.http() as browser:
        first = await arrive(browser, world.request(state="first"))
        second = await arrive(browser, world.request(state="second"))
        done = await authorize(browser, world.request(state="third"))
        assert done.parameters["state"] == "third"
        for tab, state in ((second, "second"), (first, "first")):
            flow = dict(parse_qsl(urlsplit(tab.page.url).query))["flow"]
            visit = await go(browser, f"oauth2/auth/continue?flow={flow}")
            assert visit.parameters["state"] == state
            assert "code" in visit.parameters


async def test_a_finished_page_says_so_and_offers_to_start_again(world: World) -> None:
    """The consent page of a flow works once; starting again is one click."""
    async with world.http() as browser:
        await authorize(browser, world.request(scope="openid"))
        visit = await arrive(browser, world.request())
        form = visit.page.form_with_button("decision")
        assert form is not None
        data = {**form.fields, "decision": "allow"}
        assert (await browser.post(form.action, data=data)).status_code == 303
        again = await browser.post(form.action, data=data)
        assert again.status_code == 410
        restart = next(link for link in read_page(again).links if "/oauth2/auth?" in link)
        assert "code" in (await go(browser, restart)).parameters


async def test_an_old_page_has_expired(world: World) -> None:
    """After an hour the flow is over, and starts again where it began."""
    async with world.http() as browser:
        visit = await arrive(browser, world.request())
        world.clock.advance(seconds=3601)
        late = await browser.get(visit.page.url)
    assert late.status_code == 410
    assert any("/oauth2/auth?" in link for link in read_page(late).links)

"""Sign-out that an application asks for (OpenID Connect RP-Initiated Logout)."""

from __future__ import annotations

import httpx2
import pytest

from tests.support.attacks import asvs, attack
from tests.support.factories import PASSWORD, make_account
from tests.support.programs import Program
from tests.support.spec import spec
from tests.support.visits import Visit, arrive, authorize, form_of, go, post
from tests.support.world import Known, World

pytestmark = pytest.mark.anyio

HOME = "https://portal.example/bye?from=doorward"


async def portal(world: World) -> Known:
    """An application that people come back to after sign-out."""
    return await world.register("Portal", post_logout_redirect_uris=(HOME,))


async def sign_in(
    world: World, browser: httpx2.AsyncClient, known: Known, username: str = "anna"
) -> str:
    """Sign in through ``known``; answers the ID token."""
    visit = await authorize(browser, world.request(client_id=known.client_id), username=username)
    answer = await Program(world, known).redeem(visit.parameters["code"])
    return str(answer.json()["id_token"])


async def ask(browser: httpx2.AsyncClient, **params: str) -> Visit:
    """Ask for sign-out by GET."""
    return await go(browser, "oauth2/sessions/logout?" + str(httpx2.QueryParams(params)))


async def is_signed_in(world: World, browser: httpx2.AsyncClient) -> bool:
    """Whether a silent request finds anybody."""
    visit = await arrive(browser, world.request(prompt="none"))
    return visit.parameters["error"] != "login_required"


@spec("OpenID Connect RP-Initiated Logout", "2", "an ID token of the session signs out at once")
@spec("OpenID Connect RP-Initiated Logout", "3", "the registered target gets the state")
async def test_a_hint_signs_out_and_goes_back(world: World) -> None:
    """Without a question, to the registered address, with state."""
    known = await portal(world)
    async with world.http() as browser:
        hint = await sign_in(world, browser, known)
        assert await is_signed_in(world, browser)
        visit = await ask(browser, id_token_hint=hint, post_logout_redirect_uri=HOME, state="x y")
        assert visit.location == f"{HOME}&state=x+y"
        assert not await is_signed_in(world, browser)


@spec("OpenID Connect RP-Initiated Logout", "2", "the request may come by POST")
async def test_sign_out_may_be_posted(world: World) -> None:
    """From the application's own page."""
    known = await portal(world)
    async with world.http() as browser:
        hint = await sign_in(world, browser, known)
        answer = await browser.post(
            "oauth2/sessions/logout",
            data={"id_token_hint": hint, "post_logout_redirect_uri": HOME},
        )
        visit = await go(browser, answer.headers["location"])
        assert visit.location == HOME
        assert not await is_signed_in(world, browser)


@attack("MITREid 856")
@asvs("10.6.2")
@pytest.mark.parametrize("decision", ["allow", "deny"])
async def test_without_a_hint_the_person_decides(world: World, decision: str) -> None:
    """A link on any page could not sign them out by itself."""
    known = await portal(world)
    async with world.http() as browser:
        await sign_in(world, browser, known)
        visit = await ask(
            browser, client_id=known.client_id, post_logout_redirect_uri=HOME, state="s"
        )
        assert "Anna" in visit.page.text
        assert "Portal" in visit.page.text
        assert await is_signed_in(world, browser)
        form = form_of(visit, "decision")
        forged = {**form.fields, "csrf": "x", "decision": "allow"}
        assert (await browser.post(form.action, data=forged)).status_code == 403
        visit = await post(browser, form, decision=decision)
        if decision == "allow":
            assert visit.location == f"{HOME}&state=s"
        else:
            assert visit.path[-1] == "account"
        assert await is_signed_in(world, browser) == (decision == "deny")


@spec("OpenID Connect RP-Initiated Logout", "3", "an unregistered target is not redirected to")
async def test_an_unregistered_target_is_not_redirected_to(world: World) -> None:
    """The person is signed out all the same, and stays here."""
    known = await portal(world)
    other = await world.register("Other", post_logout_redirect_uris=("https://other.example/",))
    for target in (
        "https://evil.example/", f"{HOME}&more=1", "javascript:alert(1)", "//evil.example",
        "https://other.example/",
    ):  # fmt: skip
        async with world.http() as browser:
            hint = await sign_in(world, browser, known)
            visit = await ask(browser, id_token_hint=hint, post_logout_redirect_uri=target)
            assert visit.response.status_code == 200
            assert "signed out" in visit.page.text
            assert "evil" not in visit.response.text
            assert not await is_signed_in(world, browser)
    assert other.client_id != known.client_id


async def test_a_hint_for_another_application_does_not_count(world: World) -> None:
    """client_id and the hint's audience must agree; if not, the person is asked."""
    known = await portal(world)
    async with world.http() as browser:
        hint = await sign_in(world, browser, known)
        visit = await ask(browser, id_token_hint=hint, client_id=world.web.client_id)
        assert visit.page.form_with_button("decision") is not None
        assert await is_signed_in(world, browser)


async def test_a_hint_that_is_not_ours_does_not_count(world: World) -> None:
    """Changed, unsigned, or an access token: the person is asked."""
    known = await portal(world)
    async with world.http() as browser:
        hint = await sign_in(world, browser, known)
        head, body, signature = hint.split(".")
        for forged in (f"{head}.{body}.{signature[:-4]}AAAA", f"eyJhbGciOiJub25lIn0.{body}.", "x"):
            visit = await ask(browser, id_token_hint=forged)
            assert visit.page.form_with_button("decision") is not None
        assert await is_signed_in(world, browser)


@spec("OpenID Connect RP-Initiated Logout", "4", "an expired ID token is still a hint")
async def test_an_old_hint_still_signs_out(world: World) -> None:
    """Its signature is what counts."""
    known = await portal(world)
    async with world.http() as browser:
        hint = await sign_in(world, browser, known)
        world.clock.advance(seconds=86_400)
        await ask(browser, id_token_hint=hint)
        assert not await is_signed_in(world, browser)


@attack("MITREid 856")
@asvs("10.6.2")
async def test_somebody_elses_hint_signs_nobody_out(world: World) -> None:
    """An attacker's own ID token in a link does nothing to the victim."""
    await make_account(world.services.db, "mallory", org_id=world.org.org_id)
    known = await portal(world)
    async with world.http() as hers, world.http() as his:
        await sign_in(world, hers, known)
        hint = await sign_in(world, his, known, "mallory")
        await ask(hers, id_token_hint=hint)
        assert await is_signed_in(world, hers)


async def test_without_a_session_there_is_nothing_to_ask(world: World) -> None:
    """The registered target is gone to; anything else ends on our page."""
    known = await portal(world)
    async with world.http() as browser:
        visit = await ask(
            browser, client_id=known.client_id, post_logout_redirect_uri=HOME, state="s"
        )
        assert visit.location == f"{HOME}&state=s"
        assert (await ask(browser)).response.status_code == 200


async def test_one_of_two_people_signs_out(world: World) -> None:
    """The hint's person; the other stays."""
    await make_account(world.services.db, "ben", org_id=world.org.org_id)
    known = await portal(world)
    async with world.http() as browser:
        hint = await sign_in(world, browser, known)
        visit = await arrive(browser, world.request(prompt="select_account"))
        visit = await post(browser, form_of(visit, "session"), session="new")
        form = form_of(visit, "password")
        await post(browser, form, username="ben", password=PASSWORD.reveal())
        await ask(browser, id_token_hint=hint)
        visit = await arrive(browser, world.request())
    assert "ben@example.org" in visit.page.text
    assert visit.path[-1] == "consent"


async def test_the_cookie_of_a_signed_out_browser_is_worth_nothing(world: World) -> None:
    """Removed in the browser, and refused if it was copied before."""
    known = await portal(world)
    async with world.http() as browser:
        hint = await sign_in(world, browser, known)
        copied = dict(browser.cookies)
        visit = await ask(browser, id_token_hint=hint)
        assert "Max-Age=0" in visit.response.headers["set-cookie"]
    async with world.http(cookies=copied) as thief:
        assert not await is_signed_in(world, thief)

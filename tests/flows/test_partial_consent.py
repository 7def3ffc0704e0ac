"""People allow a part: optional scopes that they leave out, and what they take away later."""

from __future__ import annotations

import httpx2
import pytest

from tests.support.attacks import asvs, attack
from tests.support.programs import Program, error_of
from tests.support.visits import Visit, arrive, authorize, form_of, go
from tests.support.world import CALLBACK, VERIFIER, Known, World

pytestmark = pytest.mark.anyio


async def choosy(world: World) -> Known:
    """An application that can do without a profile and without an e-mail address."""
    return await world.register("Choosy", optional_scopes=("profile", "email"))


async def allow(browser: httpx2.AsyncClient, visit: Visit, *ticked: str) -> httpx2.Response:
    """Press Allow with these boxes ticked."""
    form = form_of(visit, "decision")
    data = {**form.fields, "decision": "allow", "scope": list(ticked)}
    return await browser.post(form.action, data=data)


async def asked(world: World, browser: httpx2.AsyncClient, known: Known, **more: str) -> Visit:
    """The consent page of ``known``, with Anna signed in."""
    await authorize(browser, world.request())
    return await arrive(browser, world.request(client_id=known.client_id, **more))


async def scope_of(world: World, known: Known, answer: httpx2.Response) -> str:
    """The scopes of the tokens that an answer's code buys."""
    code = httpx2.URL(answer.headers["location"]).params["code"]
    tokens = (await Program(world, known).redeem(code, code_verifier=VERIFIER)).json()
    return str(tokens["scope"])


@asvs("10.7.3")
async def test_a_person_allows_two_of_three(world: World) -> None:
    """The token has what was ticked and what is needed, and nobody is asked again."""
    known = await choosy(world)
    async with world.http() as browser:
        visit = await asked(world, browser, known)
        answer = await allow(browser, visit, "email")
        assert await scope_of(world, known, answer) == "openid email offline_access"
        again = await browser.get("oauth2/auth", params=world.request(client_id=known.client_id))
        assert again.headers["location"].startswith(CALLBACK)
        assert await scope_of(world, known, again) == "openid email offline_access"
    kept = await world.services.consents.find(
        world.org.org_id, world.person.account_id, known.client_id
    )
    assert kept is not None
    assert kept.declined == {"profile"}


async def test_what_was_left_out_can_be_allowed_later(world: World) -> None:
    """When the application asks for consent by name."""
    known = await choosy(world)
    async with world.http() as browser:
        await allow(browser, await asked(world, browser, known), "email")
        request = world.request(client_id=known.client_id, prompt="consent")
        answer = await allow(browser, await arrive(browser, request), "profile")
        assert await scope_of(world, known, answer) == "openid profile email offline_access"
    kept = await world.services.consents.find(
        world.org.org_id, world.person.account_id, known.client_id
    )
    assert kept is not None
    assert kept.declined == frozenset()


async def test_ticks_cannot_add_or_take_away_what_was_not_offered(world: World) -> None:
    """A forged form gets no scope that was not asked for, and needed ones cannot be left out."""
    known = await choosy(world)
    async with world.http() as browser:
        visit = await asked(world, browser, known, scope="openid email")
        answer = await allow(browser, visit, "profile", "offline_access", "nonsense", "")
        assert await scope_of(world, known, answer) == "openid"


async def test_what_is_not_optional_is_asked_as_a_whole(world: World) -> None:
    """An application that needs everything gets everything or nothing."""
    async with world.http() as browser:
        await authorize(browser, world.request(scope="openid"))
        visit = await arrive(browser, world.request())
        assert "scope" not in form_of(visit, "decision").fields
        answer = await allow(browser, visit)
        assert await scope_of(world, world.web, answer) == "openid profile email offline_access"


@attack("GHSA-895x-rfqp-jh5c")
@asvs("10.7.3")
async def test_a_scope_taken_away_ends_what_was_issued(world: World) -> None:
    """Its tokens die at once; the application is asked about what it wants beyond the rest."""
    program = Program(world, world.web)
    async with world.http() as browser:
        visit = await authorize(browser, world.request())
        tokens = (await program.redeem(visit.parameters["code"])).json()
        page = await go(browser, "account/apps")
        form = form_of(page, "decision")
        change = await browser.post(form.action, data={**form.fields, "decision": "change"})
        assert change.status_code == 200
        assert "profile" in change.text
        saved = await browser.post(
            form.action, data={**form.fields, "decision": "narrow", "scope": ["email", "extra"]}
        )
        assert saved.headers["location"].endswith("/account/apps?done=app_changed")
        assert not await program.is_active(tokens["access_token"])
        assert error_of(await program.refresh(tokens["refresh_token"])) == "invalid_grant"
        kept = await world.services.consents.find(
            world.org.org_id, world.person.account_id, world.web.client_id
        )
        assert kept is not None
        assert kept.scopes == ("openid", "email")
        silent = await arrive(browser, world.request(scope="openid email"))
        assert "code" in silent.parameters
        assert (await arrive(browser, world.request())).path[-1] == "consent"


async def test_nothing_taken_away_changes_nothing(world: World) -> None:
    """Saving the page as it was leaves the tokens alone."""
    program = Program(world, world.web)
    async with world.http() as browser:
        visit = await authorize(browser, world.request())
        tokens = (await program.redeem(visit.parameters["code"])).json()
        form = form_of(await go(browser, "account/apps"), "decision")
        everything = ["openid", "profile", "email", "offline_access"]
        saved = await browser.post(
            form.action, data={**form.fields, "decision": "narrow", "scope": everything}
        )
        assert saved.headers["location"].endswith("/account/apps")
    assert await program.is_active(tokens["access_token"])

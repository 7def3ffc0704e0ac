"""prompt, max_age, hints and languages: what the application may ask of the person."""

from __future__ import annotations

import pytest

from doorward.protocol import ONE_FACTOR
from tests.support.factories import PASSWORD, make_account
from tests.support.programs import Program, verified
from tests.support.spec import spec
from tests.support.visits import Visit, arrive, authorize, form_of, go, post
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def claims_of(world: World, visit: Visit) -> dict[str, object]:
    """The ID token that the code of ``visit`` buys."""
    answer = await Program(world, world.web).redeem(visit.parameters["code"])
    assert answer.status_code == 200, answer.text
    return await verified(world, answer.json()["id_token"])


async def two_people(world: World) -> str:
    """Ben joins Anna; answers his account's number."""
    ben = await make_account(world.services.db, "ben", org_id=world.org.org_id)
    return str(ben.account_id)


@spec("OpenID Connect Core", "3.1.2.1", "prompt=none never shows a page")
async def test_a_silent_request_answers_or_refuses_but_never_asks(world: World) -> None:
    """Nobody here, not allowed yet, allowed."""
    silent = world.request(prompt="none")
    async with world.http() as browser:
        assert (await arrive(browser, silent)).parameters["error"] == "login_required"
        await authorize(browser, world.request(scope="openid"))
        assert (await arrive(browser, silent)).parameters["error"] == "consent_required"
        await authorize(browser, world.request())
        visit = await arrive(browser, silent)
    assert visit.path == ["oauth2/auth"]
    assert "code" in visit.parameters


@spec("OpenID Connect Core", "3.1.2.1", "prompt=login asks for the password again")
@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "0"}, {"max_age": "60"}])
async def test_a_person_proves_again_who_they_are(world: World, changes: dict[str, str]) -> None:
    """auth_time is the new one. The name is shown, not asked."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        world.clock.advance(seconds=90)
        visit = await arrive(browser, world.request(**changes))
        assert "signin" in visit.path
        assert "again" in visit.page.title.lower()
        wrong = await post(browser, form_of(visit, "password"), password="not it")
        assert wrong.response.status_code == 400
        done = await post(browser, form_of(wrong, "password"), password=PASSWORD.reveal())
    claims = await claims_of(world, done)
    assert claims["auth_time"] == world.clock.now // 1_000_000


@spec("OpenID Connect Core", "3.1.2.1", "max_age lets a recent sign-in through")
async def test_a_recent_sign_in_is_enough_for_max_age(world: World) -> None:
    """And the ID token says when it was."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        signed_in = world.clock.now // 1_000_000
        world.clock.advance(seconds=90)
        visit = await arrive(browser, world.request(max_age="100"))
        silent = await arrive(browser, world.request(max_age="10", prompt="none"))
    assert (await claims_of(world, visit))["auth_time"] == signed_in
    assert silent.parameters["error"] == "login_required"


@spec("OpenID Connect Core 1.0", "2", "the ID token says how the person signed in")
async def test_the_id_token_says_how_the_person_signed_in(world: World) -> None:
    """As well as the one that a refresh brings."""
    program = Program(world, world.web)
    async with world.http() as browser:
        visit = await authorize(browser, world.request())
    bought = (await program.redeem(visit.parameters["code"])).json()
    again = (await program.refresh(bought["refresh_token"])).json()
    for token in (bought["id_token"], again["id_token"]):
        claims = await verified(world, token)
        assert (claims["acr"], claims["amr"]) == (ONE_FACTOR, ["pwd"])


async def test_a_sign_in_cannot_be_skipped_by_going_on(world: World) -> None:
    """The address that follows the sign-in page asks again while nothing was proved."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        world.clock.advance(seconds=1)
        visit = await arrive(browser, world.request(prompt="login"))
        onward = visit.page.url.replace("/signin?", "/oauth2/auth/continue?")
        assert onward != visit.page.url
        for address in (onward, visit.page.url.replace("/signin?", "/consent?")):
            assert (await go(browser, address)).path[-1] == "signin"


@spec("OpenID Connect Core", "3.1.2.1", "prompt=consent asks even what was allowed")
async def test_consent_is_asked_again_on_demand(world: World) -> None:
    """What was allowed before is listed as such."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        visit = await arrive(browser, world.request(prompt="consent"))
        assert "consent" in visit.path
        assert "Already allowed" in visit.page.text
        done = await post(browser, form_of(visit, "decision"), decision="allow")
    assert "code" in done.parameters


@spec("OpenID Connect Core", "3.1.2.1", "prompt=select_account lets the person choose")
async def test_the_account_picker_goes_on_as_who_was_picked(world: World) -> None:
    """With one person it offers another account; with two, each of them."""
    ben = await two_people(world)
    async with world.http() as browser:
        await authorize(browser, world.request())
        visit = await arrive(browser, world.request(prompt="select_account"))
        assert "signin/accounts" in visit.path
        visit = await post(browser, form_of(visit, "session"), session="new")
        assert visit.path[-1] == "signin"
        visit = await post(
            browser, form_of(visit, "password"), username="ben", password=PASSWORD.reveal()
        )
        done = await post(browser, form_of(visit, "decision"), decision="allow")
        assert (await claims_of(world, done))["sub"] == ben
        # Now there are two, and the picker comes by itself.
        visit = await arrive(browser, world.request())
        assert visit.path[-1] == "signin/accounts"
        silent = await arrive(browser, world.request(prompt="none"))
        assert silent.parameters["error"] == "account_selection_required"
        anna = next(b for b in form_of(visit, "session").buttons if "Anna" in b.text)
        done = await post(browser, form_of(visit, "session"), session=anna.value)
    assert (await claims_of(world, done))["sub"] == str(world.person.account_id)


async def test_a_session_of_another_browser_cannot_be_picked(world: World) -> None:
    """The number of somebody's session is worth nothing elsewhere."""
    await two_people(world)
    async with world.http() as hers, world.http() as his:
        await authorize(hers, world.request())
        live = await world.services.sessions.list_live(world.org, world.person.account_id)
        await authorize(his, world.request(), username="ben")
        visit = await arrive(his, world.request(prompt="select_account"))
        form = form_of(visit, "session")
        visit = await post(his, form, session=str(live[0].session_id))
    assert visit.path[-1] == "signin"


@spec("OpenID Connect Core", "3.1.2.1", "login_hint fills in who signs in")
async def test_a_login_hint_is_filled_in_and_chooses(world: World) -> None:
    """On the sign-in page it is a suggestion; among people signed in here it chooses."""
    ben = await two_people(world)
    async with world.http() as browser:
        visit = await arrive(browser, world.request(login_hint='ben"><b>'))
        assert form_of(visit, "password").fields["username"] == 'ben"><b>'
        await authorize(browser, world.request())
        visit = await arrive(browser, world.request(prompt="select_account"))
        visit = await post(browser, form_of(visit, "session"), session="new")
        visit = await post(
            browser, form_of(visit, "password"), username="ben", password=PASSWORD.reveal()
        )
        await post(browser, form_of(visit, "decision"), decision="allow")
        done = await arrive(browser, world.request(login_hint="BEN@example.org"))
    assert (await claims_of(world, done))["sub"] == ben


@spec("OpenID Connect Core", "3.1.2.1", "id_token_hint binds the answer to a person")
async def test_an_id_token_hint_admits_nobody_else(world: World) -> None:
    """Signed in as her: silently. As somebody else: refused, also after a sign-in."""
    ben = await two_people(world)
    async with world.http() as hers, world.http() as his:
        done = await authorize(hers, world.request())
        answer = await Program(world, world.web).redeem(done.parameters["code"])
        hint = answer.json()["id_token"]
        silent = await arrive(hers, world.request(prompt="none", id_token_hint=hint))
        assert "code" in silent.parameters
        visit = await arrive(his, world.request(id_token_hint=hint))
        visit = await post(
            his, form_of(visit, "password"), username="ben", password=PASSWORD.reveal()
        )
        assert visit.parameters["error"] == "login_required"
        silent = await arrive(his, world.request(prompt="none", id_token_hint=hint))
        assert silent.parameters["error"] == "login_required"
    assert ben != str(world.person.account_id)


@spec("OpenID Connect Core", "3.1.2.1", "ui_locales chooses the language of the pages")
@pytest.mark.parametrize(
    ("asked", "language"), [("ja", "ja"), ("fr ja en", "ja"), ("xx", "en"), ("ja-JP", "ja")]
)
async def test_the_pages_speak_the_language_that_is_asked_for(
    world: World, asked: str, language: str
) -> None:
    """The first language that we speak; ours, when there is none."""
    async with world.http() as browser:
        visit = await arrive(browser, world.request(ui_locales=asked))
    assert visit.page.language == language
    assert visit.response.headers["content-language"] == language


@pytest.mark.parametrize("prompt", ["login consent", "select_account consent"])
async def test_prompts_add_up(world: World, prompt: str) -> None:
    """Each of them is asked, one after the other."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        world.clock.advance(seconds=5)
        visit = await arrive(browser, world.request(prompt=prompt))
        if "select_account" in prompt:
            form = form_of(visit, "session")
            visit = await post(browser, form, session=form.buttons[0].value)
        else:
            visit = await post(browser, form_of(visit, "password"), password=PASSWORD.reveal())
        assert visit.path[-1] == "consent"
        done = await post(browser, form_of(visit, "decision"), decision="allow")
    assert "code" in done.parameters


async def test_staff_do_not_sign_in_where_constituents_are_wanted(world: World) -> None:
    """An application for staff sees nothing of a constituent's sign-in."""
    known = await world.register("Back office", account_kind="system")
    async with world.http() as browser:
        await authorize(browser, world.request())
        visit = await arrive(browser, world.request(client_id=known.client_id))
        assert "signin" in visit.path
        refused = await post(
            browser, form_of(visit, "password"), username="anna", password=PASSWORD.reveal()
        )
    assert refused.response.status_code == 400

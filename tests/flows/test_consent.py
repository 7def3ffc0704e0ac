"""What people allow, how it is remembered, and how it ends."""

from __future__ import annotations

import pytest

from doorward.audit import SYSTEM
from doorward.clients import ApplicationChange
from tests.support.attacks import asvs, attack
from tests.support.factories import make_account
from tests.support.programs import Program, error_of, get_code, get_tokens
from tests.support.spec import spec
from tests.support.visits import arrive, authorize, form_of, go, post
from tests.support.world import World

pytestmark = pytest.mark.anyio


@asvs("10.7.2")
async def test_the_page_says_who_asks_for_what_and_where_it_leads(world: World) -> None:
    """Names, every scope in words, the destination, and both answers."""
    known = await world.register("Ledger & <b>Sons</b>", publisher="Ledger Ltd")
    async with world.http() as browser:
        with pytest.raises(AssertionError, match="stuck"):
            await authorize(browser, world.request(client_id=known.client_id), decision="neither")
        visit = await arrive(browser, world.request(client_id=known.client_id))
    page = visit.page
    for said in ("Ledger & <b>Sons</b>", "River Trust", "Anna Example", "anna@example.org"):
        assert said in page.text
    assert "127.0.0.1:8765" in page.text
    buttons = [(b.name, b.value) for b in form_of(visit, "decision").buttons]
    assert buttons == [("decision", "deny"), ("decision", "allow")]


@spec("RFC 6749", "10.12", "the decision is bound to the browser and to our own page")
async def test_a_decision_from_elsewhere_decides_nothing(world: World) -> None:
    """Without the page's token, from another site, or from another browser."""
    async with world.http() as browser, world.http() as other:
        await authorize(browser, world.request(scope="openid"))
        await authorize(other, world.request(scope="openid"))
        visit = await arrive(browser, world.request())
        form = form_of(visit, "decision")
        data = {**form.fields, "decision": "allow"}
        without = {name: value for name, value in data.items() if name != "csrf"}
        assert (await browser.post(form.action, data=without)).status_code == 403
        for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
            answer = await browser.post(form.action, data=data, headers=headers)
            assert answer.status_code == 403
        theirs = form_of(await arrive(other, world.request()), "decision").fields["csrf"]
        assert (await other.post(form.action, data=data)).status_code == 403
        assert (await other.post(form.action, data={**data, "csrf": theirs})).status_code == 410
        # None of that used the page up.
        assert "code" in (await post(browser, form, decision="allow")).parameters


async def test_what_was_allowed_is_the_persons_own(world: World) -> None:
    """Another person and another application are asked anew."""
    await make_account(world.services.db, "ben", org_id=world.org.org_id)
    other = await world.register("Other")
    async with world.http() as browser, world.http() as his:
        await authorize(browser, world.request())
        mine = await arrive(browser, world.request(client_id=other.client_id))
        assert mine.path[-1] == "consent"
        visit = await authorize(his, world.request(), username="ben")
    assert "consent" in visit.path


async def test_an_organizations_own_application_is_not_asked_about(world: World) -> None:
    """Trusted means that consent is not asked; it is on record all the same."""
    known = await world.register("Staff room", trusted=True)
    async with world.http() as browser:
        visit = await authorize(browser, world.request(client_id=known.client_id))
    assert "consent" not in visit.path
    ledger = await world.services.consents.list_of_account(
        world.org.org_id, world.person.account_id
    )
    assert [each.client_id for each in ledger] == [known.client_id]


async def test_a_scope_taken_from_the_application_meanwhile_is_not_granted(world: World) -> None:
    """Between the page and the answer the registration changed: the answer follows it."""
    async with world.http() as browser:
        await authorize(browser, world.request(scope="openid"))
        visit = await arrive(browser, world.request())
        await world.services.applications.update(
            world.org.org_id,
            world.web.client_id,
            ApplicationChange(scopes=("openid", "email")),
            SYSTEM,
        )
        done = await post(browser, form_of(visit, "decision"), decision="allow")
    assert done.parameters["error"] == "invalid_scope"


async def test_another_sign_in_meanwhile_asks_the_other_person(world: World) -> None:
    """The page named Anna. After Anna is signed out its button answers for nobody."""
    async with world.http() as browser:
        await authorize(browser, world.request(scope="openid"))
        visit = await arrive(browser, world.request())
        for each in await world.services.sessions.list_live(world.org, world.person.account_id):
            await world.services.sessions.end(world.org.org_id, each.session_id, SYSTEM)
        after = await post(browser, form_of(visit, "decision"), decision="allow")
    assert after.path[-1] == "signin"


async def test_cancel_on_the_sign_in_page_goes_back(world: World) -> None:
    """access_denied, although nobody signed in."""
    async with world.http() as browser:
        visit = await arrive(browser, world.request())
        back = next(link for link in visit.page.links if "/oauth2/auth/cancel" in link)
        done = await go(browser, back)
        again = await go(browser, back)
    assert done.parameters["error"] == "access_denied"
    assert done.parameters["state"] == "the state"
    assert again.response.status_code == 410


@attack("DOT 1510")
@asvs("10.7.3", "10.4.9")
async def test_removing_an_application_ends_its_tokens_at_once(world: World) -> None:
    """Access, refresh and a code that nobody redeemed yet; the next request is asked again."""
    tokens = await get_tokens(world)
    program = Program(world, world.web)
    async with world.http() as browser:
        visit = await authorize(browser, world.request())
        code = visit.parameters["code"]
        visit = await go(browser, "account/apps")
        assert "Donor Portal" in visit.page.text
        form = form_of(visit, "client_id")
        asked = await post(browser, form, client_id=world.web.client_id)
        assert await program.is_active(tokens["access_token"])
        done = await post(browser, form_of(asked, "decision"), decision="remove")
        assert "Donor Portal" not in done.page.text.replace("Donor Portal can no longer", "")
        again = await arrive(browser, world.request())
    assert again.path[-1] == "consent"
    assert not await program.is_active(tokens["access_token"])
    assert not await program.is_active(tokens["refresh_token"])
    assert error_of(await program.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert error_of(await program.redeem(code)) == "invalid_grant"
    assert error_of(await program.userinfo(tokens["access_token"]), 401) == "invalid_token"


async def test_one_persons_removal_leaves_the_others_alone(world: World) -> None:
    """Ben's tokens of the same application live on."""
    await make_account(world.services.db, "ben", org_id=world.org.org_id)
    hers = await get_tokens(world)
    his = await get_tokens(world, username="ben")
    consents = world.services.consents
    for each in await consents.list_of_account(world.org.org_id, world.person.account_id):
        await consents.withdraw(world.org.org_id, each.consent_id, SYSTEM)
    program = Program(world, world.web)
    assert not await program.is_active(hers["access_token"])
    assert await program.is_active(his["access_token"])


async def test_a_code_is_worth_nothing_after_a_withdrawal(world: World) -> None:
    """Even if it was fresh."""
    code = await get_code(world)
    consents = world.services.consents
    (mine,) = await consents.list_of_account(world.org.org_id, world.person.account_id)
    await consents.withdraw(world.org.org_id, mine.consent_id, SYSTEM)
    assert error_of(await Program(world, world.web).redeem(code)) == "invalid_grant"

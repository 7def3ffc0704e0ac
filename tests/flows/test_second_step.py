"""Two steps at the sign-in and on the account pages, over HTTP and without JavaScript."""

from __future__ import annotations

from dataclasses import dataclass, replace

import httpx2
import pytest

from doorward.accounts import Account, AccountKind
from doorward.audit import SYSTEM, Actor
from doorward.db import Transaction
from doorward.http import session_cookie_name
from doorward.orgs import OrganizationChange, SecondStepPolicy, Tenant
from doorward.protocol import ONE_FACTOR, TWO_FACTORS
from doorward.sessions import SecondSteps
from tests.support.factories import PASSWORD, make_account
from tests.support.programs import Program, verified
from tests.support.second_steps import Phone, codes_of, link_of, phone_of, read_key
from tests.support.spec import spec
from tests.support.visits import Visit, arrive, authorize, form_of, go, post
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def set_policy(world: World, second_step: SecondStepPolicy) -> None:
    """Change the organization's rule."""
    use, org_id = world.services, world.org.org_id
    org = await use.organizations.get(org_id)
    change = OrganizationChange(policy=replace(org.policy, second_step=second_step))
    await use.organizations.update(org_id, change, SYSTEM)


async def claims_of(world: World, visit: Visit) -> dict[str, object]:
    """The ID token that the code of ``visit`` buys."""
    answer = await Program(world, world.web).redeem(visit.parameters["code"])
    assert answer.status_code == 200, answer.text
    return await verified(world, answer.json()["id_token"])


async def give_password(browser: httpx2.AsyncClient, visit: Visit, username: str = "anna") -> Visit:
    """Fill the form of the first step."""
    form = form_of(visit, "password")
    return await post(browser, form, username=username, password=PASSWORD.reveal())


async def test_with_an_app_the_password_alone_opens_nothing(world: World) -> None:
    """The code does, and the ID token says so."""
    phone = await phone_of(world)
    async with world.http() as browser:
        visit = await give_password(browser, await arrive(browser, world.request()))
        assert visit.path == ["signin", "signin/second"]
        assert "code" in visit.page.text.lower()
        assert (await go(browser, "account")).path[-1] == "signin"
        wrong = await post(browser, form_of(visit, "code"), code="000000")
        assert wrong.response.status_code == 400
        done = await post(browser, form_of(wrong, "code"), code=phone.next_code())
        assert done.path[-1] == "consent"
        done = await post(browser, form_of(done, "decision"), decision="allow")
    claims = await claims_of(world, done)
    assert (claims["acr"], claims["amr"]) == (TWO_FACTORS, ["mfa", "otp", "pwd"])


async def test_a_recovery_code_comes_in_where_the_phone_is_lost(world: World) -> None:
    """Once; how many are left is shown before the person goes on."""
    phone = await phone_of(world)
    async with world.http() as browser:
        visit = await give_password(browser, await arrive(browser, world.request()))
        flow = form_of(visit, "code").fields["flow"]
        visit = await go(browser, f"{world.issuer}/signin/second?flow={flow}&way=code")
        shown = await post(browser, form_of(visit, "code"), code=phone.codes[3].upper())
        assert "left: 9" in shown.page.text
        onward = link_of(shown, "Continue")
        assert (await go(browser, onward)).path[-1] == "consent"
    async with world.http() as browser:
        visit = await give_password(browser, await arrive(browser, world.request()))
        flow = form_of(visit, "code").fields["flow"]
        visit = await go(browser, f"{world.issuer}/signin/second?flow={flow}&way=code")
        again = await post(browser, form_of(visit, "code"), code=phone.codes[3])
        assert again.response.status_code == 400


@pytest.mark.parametrize(
    ("policy", "kind", "asked"),
    [
        ("optional", AccountKind.CONSTITUENT, False),
        ("staff", AccountKind.CONSTITUENT, False),
        ("staff", AccountKind.SYSTEM, True),
        ("all", AccountKind.CONSTITUENT, True),
        ("off", AccountKind.SYSTEM, False),
    ],
)
async def test_the_policy_says_who_sets_one_up_on_the_way_in(
    world: World, policy: SecondStepPolicy, kind: AccountKind, asked: bool
) -> None:
    """It cannot be skipped, and ends at the page that was asked for."""
    account = await make_account(world.services.db, "kim", org_id=world.org.org_id, kind=kind)
    await set_policy(world, policy)
    start = "account/two-step"
    if kind is AccountKind.SYSTEM:
        start += "?sign_in=staff"
    async with world.http() as browser:
        visit = await give_password(browser, await go(browser, start), "kim")
        assert ("signin/second/setup" in visit.path) is asked
        if not asked:
            assert visit.path[-1] == "account/two-step"
            return
        assert (await go(browser, start)).path[-1] == "signin"
        phone = Phone(world, account, key=read_key(visit))
        wrong = await post(browser, form_of(visit, "code"), code="123456")
        assert read_key(wrong) == phone.key
        codes = await post(browser, form_of(wrong, "code"), code=phone.code())
        assert len(codes_of(codes)) == 10
        saved = await post(browser, form_of(codes, "codes"))
        assert saved.response.headers["content-disposition"].startswith("attachment")
        assert codes_of(codes)[0] in saved.response.text
        visit = await go(browser, link_of(codes, "I have kept them"))
        assert visit.path == ["account/two-step"]
        assert "Remove the app" not in visit.page.text


async def test_a_policy_counts_for_those_who_are_signed_in_already(world: World) -> None:
    """Their sign-in by a password counts no longer, and comes back with a second step."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        assert (await go(browser, "account")).path == ["account"]
        await set_policy(world, "all")
        assert (await go(browser, "account")).path[-1] == "signin"
        await set_policy(world, "optional")
        assert (await go(browser, "account")).path == ["account"]


@spec("RFC 9470", "4", "a request for two factors leads through the second step")
async def test_an_application_asks_for_two_factors(world: World) -> None:
    """A sign-in by a password is stepped up; the next request of the kind passes silently."""
    phone = await phone_of(world)
    two = world.request(acr_values=TWO_FACTORS)
    await set_policy(world, "off")
    async with world.http() as browser:
        visit = await authorize(browser, world.request())
        assert (await claims_of(world, visit))["acr"] == ONE_FACTOR
        refused = await arrive(browser, two)
        assert refused.parameters["error"] == "unmet_authentication_requirements"
        await set_policy(world, "optional")
        silent = await arrive(browser, world.request(acr_values=TWO_FACTORS, prompt="none"))
        assert silent.parameters["error"] == "login_required"
        visit = await arrive(browser, two)
        assert visit.path[-1] == "signin"
        visit = await give_password(browser, visit)
        done = await post(browser, form_of(visit, "code"), code=phone.next_code())
        assert (await claims_of(world, done))["acr"] == TWO_FACTORS
        silent = await arrive(browser, world.request(acr_values=TWO_FACTORS, prompt="none"))
        assert "code" in silent.parameters


async def test_an_application_that_asks_for_two_has_one_set_up(world: World) -> None:
    """Where the person has none, whatever the policy."""
    async with world.http() as browser:
        visit = await arrive(browser, world.request(acr_values=TWO_FACTORS))
        visit = await give_password(browser, visit)
        assert visit.path[-1] == "signin/second/setup"
        assert "Donor Portal" in visit.page.text
        phone = Phone(world, world.person, key=read_key(visit))
        codes = await post(browser, form_of(visit, "code"), code=phone.code())
        consent = await go(browser, link_of(codes, "I have kept them"))
        done = await post(browser, form_of(consent, "decision"), decision="allow")
    assert (await claims_of(world, done))["acr"] == TWO_FACTORS


@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "60"}])
async def test_proving_again_takes_both_steps(world: World, changes: dict[str, str]) -> None:
    """And renews the same session, with a new cookie at each step."""
    phone = await phone_of(world)
    async with world.http() as browser:
        visit = await give_password(browser, await arrive(browser, world.request()))
        visit = await post(browser, form_of(visit, "code"), code=phone.next_code())
        await post(browser, form_of(visit, "decision"), decision="allow")
        world.clock.advance(seconds=90)
        cookies = [dict(browser.cookies)]
        visit = await arrive(browser, world.request(**changes))
        assert visit.path[-1] == "signin"
        visit = await give_password(browser, visit)
        assert visit.path[-1] == "signin/second"
        cookies.append(dict(browser.cookies))
        done = await post(browser, form_of(visit, "code"), code=phone.next_code())
        cookies.append(dict(browser.cookies))
    claims = await claims_of(world, done)
    assert claims["auth_time"] == world.clock.now // 1_000_000
    name = session_cookie_name(world.org.org_id, https=False)
    assert len({each[name] for each in cookies}) == 3


async def test_people_set_it_up_replace_it_and_turn_it_off(world: World) -> None:
    """Each after a proof of the last ten minutes."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        world.clock.advance(seconds=601)
        visit = await go(browser, "account/two-step/app")
        assert visit.path[-1] == "signin"
        visit = await give_password(browser, visit)
        assert visit.path[-1] == "account/two-step/app"
        phone = Phone(world, world.person, key=read_key(visit))
        shown = await post(browser, form_of(visit, "code"), code=phone.code())
        first = codes_of(shown)
        assert len(first) == 10
        home = await go(browser, "account/two-step")
        assert "left: 10" in home.page.text
        shown = await post(browser, form_of(home, "part"), part="codes")
        assert len(set(codes_of(shown)) | set(first)) == 20
        world.clock.advance(seconds=601)
        again = await post(browser, form_of(home, "part"), part="off")
        assert again.path[-1] == "signin"
        visit = await give_password(browser, again)
        visit = await post(browser, form_of(visit, "code"), code=phone.next_code())
        question = await post(browser, form_of(visit, "part"), part="off")
        assert await phone.factors.is_set_up(*phone.whose)
        gone = await post(browser, form_of(question, "decision"), decision="off")
        assert "removed" in gone.page.text
    assert not await phone.factors.is_set_up(*phone.whose)


async def test_a_session_from_before_is_not_recent_once_there_is_an_app(world: World) -> None:
    """Set up elsewhere meanwhile, it is asked for here before anything is changed."""
    async with world.http() as browser:
        await authorize(browser, world.request())
        await phone_of(world)
        visit = await go(browser, "account/two-step/app")
        assert visit.path[-1] == "signin"


async def test_the_steps_of_an_account_are_asked_of_every_kind(world: World) -> None:
    """In the order in which they are to be offered."""

    @dataclass
    class Kind:
        name: str
        always: bool

        async def is_set_up(self, org_id: str, account_id: int) -> bool:
            return self.always

        async def reset(self, tx: Transaction, tenant: Tenant, account: Account, by: Actor) -> bool:
            return self.always

    phone, use = await phone_of(world), world.services
    kinds = (Kind("first", always=True), Kind("never", always=False), use.factors)
    steps = SecondSteps(kinds, db=use.db, clock=world.clock, accounts=use.accounts)
    assert await steps.list_of(*phone.whose) == ("first", "app")

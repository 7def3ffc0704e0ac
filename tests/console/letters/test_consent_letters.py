"""Letters to people about what they allowed: through the pages, once, and only with the change."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx2
import pytest

from doorward.accounts import AccountChange
from doorward.app import Services, build_app
from doorward.audit import SYSTEM, Actor
from doorward.consents import Consent, Consents, ConsentStep, Herald, UnknownConsent
from doorward.db import Database, Transaction
from doorward.mail import Inbox, Parcel
from tests.console.letters.office import short
from tests.mail.letters import rows, work_off
from tests.support.clock import ManualClock
from tests.support.visits import arrive, authorize, form_of, go, post
from tests.support.world import BASE_URL, World, make_services, make_world

pytestmark = pytest.mark.anyio

ANNA = "anna@example.org"
NARROW = {"decision": "narrow", "scope": ["openid", "profile"]}


@dataclass(frozen=True)
class Home:
    """Anna's organization with mail, and her inbox."""

    world: World
    inbox: Inbox

    @property
    def consents(self) -> Consents:
        """The ledger."""
        return self.world.services.consents

    async def letters(self) -> list[Parcel]:
        """What arrived since it was last asked."""
        use, known = self.world.services, len(self.inbox.newest())
        await work_off(use.outbox, self.inbox, use.db)
        found = self.inbox.newest()
        return [each.parcel for each in found[: len(found) - known]]

    async def speak(self, locale: str) -> None:
        """Anna reads this language."""
        change = AccountChange(locale=locale)
        use, person = self.world.services, self.world.person
        await use.accounts.update(person.org_id, person.account_id, change, SYSTEM)

    async def allowed(self) -> Consent:
        """Her consent to the Donor Portal."""
        found = await self.consents.find(
            self.world.org.org_id, self.world.person.account_id, self.world.web.client_id
        )
        assert found is not None
        return found

    async def fail_after(self, org_id: str, account_id: int, client_id: str) -> Herald | None:
        """A ``FindHerald`` whose letter is written, and then the disk is full."""
        wanted = (org_id, account_id, client_id)
        herald = await self.consents.find_herald(wanted)
        assert herald is not None

        async def tell(tx: Transaction, step: ConsentStep) -> None:
            await herald(tx, step)
            raise OSError

        return tell

    def breaking(self) -> Consents:
        """The ledger, in which every unit fails after its letter."""
        use = self.world.services
        return Consents(db=use.db, clock=use.clock, tokens=use.tokens, heralds=self.fail_after)


@pytest.fixture
async def home(db: Database, clock: ManualClock) -> Home:
    """Anna, the Donor Portal, and mail."""
    inbox = Inbox(clock=clock)
    services = make_services(db, clock, carrier=inbox)
    world = await make_world(db, clock, running=(services, build_app(services)))
    return Home(world, inbox)


async def decide_on_app(browser: httpx2.AsyncClient, **typed: object) -> httpx2.Response:
    """Press a button of the page of connected apps."""
    form = form_of(await go(browser, "account/apps"), "decision")
    return await browser.post(form.action, data={**form.fields, **typed})


@pytest.mark.parametrize("locale", ["en", "ja"])
async def test_the_first_consent_is_told_and_no_other_visit(home: Home, locale: str) -> None:
    """In the person's language, with the way to what they allowed; a wider one is told as well."""
    await home.speak(locale)
    async with home.world.http() as browser:
        await authorize(browser, home.world.request(scope="openid email"))
        (letter,) = await home.letters()
        assert (letter.address, letter.template) == (ANNA, "application_connected")
        assert letter.locale == locale
        assert "Donor Portal" in letter.subject
        assert letter.links == (f"{BASE_URL}/o/river/account/apps",)
        await authorize(browser, home.world.request(scope="openid email"))
        await authorize(browser, home.world.request(scope="openid email", prompt="consent"))
        assert await home.letters() == []
        await authorize(browser, home.world.request(scope="openid email profile"))
        assert short(await home.letters()) == [(ANNA, "access_changed")]


async def test_what_nobody_was_asked_about_is_not_told_as_allowed(home: Home) -> None:
    """The organization's own applications are trusted: they are no news to the person."""
    own = await home.world.register("Staff room", trusted=True)
    async with home.world.http() as browser:
        await authorize(browser, home.world.request(client_id=own.client_id))
        await authorize(browser, home.world.request(), decision="deny")
    assert await home.letters() == []


async def test_two_tabs_that_allow_at_once_are_one_letter(home: Home) -> None:
    """Of two browsers, too: one finds what the other allowed. That there are two is told."""
    async with home.world.http() as first, home.world.http() as second:
        forms = []
        for browser in (first, second):
            await authorize(browser, home.world.request(), decision="deny")
            for _ in range(2):
                page = await arrive(browser, home.world.request())
                forms.append((browser, form_of(page, "decision")))
        visits = await asyncio.gather(*(post(*each, decision="allow") for each in forms))
    assert all("code" in each.parameters for each in visits)
    assert sorted(short(await home.letters())) == [(ANNA, "connected"), (ANNA, "new_browser")]


async def test_the_person_reads_of_what_they_take_back(home: Home) -> None:
    """Some of it, then all of it; pressed twice at once, each is told once."""
    async with home.world.http() as browser:
        await authorize(browser, home.world.request())
        await home.letters()
        await asyncio.gather(*(decide_on_app(browser, **NARROW) for _ in range(2)))
        assert short(await home.letters()) == [(ANNA, "access_changed")]
        await asyncio.gather(*(decide_on_app(browser, decision="remove") for _ in range(2)))
        assert short(await home.letters()) == [(ANNA, "access_removed")]


@pytest.mark.parametrize("by", [SYSTEM, Actor("account", "77")], ids=["installation", "staff"])
async def test_what_others_end_is_told_as_theirs(home: Home, by: Actor) -> None:
    """Nobody is told to change a password for it."""
    async with home.world.http() as browser:
        await authorize(browser, home.world.request())
    await home.letters()
    consent = await home.allowed()
    await home.consents.withdraw(consent.org_id, consent.consent_id, by)
    with pytest.raises(UnknownConsent):
        await home.consents.withdraw(consent.org_id, consent.consent_id, by)
    (letter,) = await home.letters()
    assert letter.template == "access_ended"
    assert "password" not in letter.text
    assert "River Trust has ended the access of Donor Portal" in letter.text


async def test_without_an_address_access_is_given_and_taken_in_silence(home: Home) -> None:
    """There is nowhere to write to."""
    use, person = home.world.services, home.world.person
    change = AccountChange(email=None)
    await use.accounts.update(person.org_id, person.account_id, change, SYSTEM)
    async with home.world.http() as browser:
        await authorize(browser, home.world.request())
        await decide_on_app(browser, decision="remove")
    assert await rows(use.db) == []


async def test_a_step_that_fails_leaves_no_letter(home: Home) -> None:
    """Given, narrowed or withdrawn: the letter goes the way of its unit."""
    broken, world, anna = home.breaking(), home.world, Actor("account", "1")
    wanted = (world.org.org_id, world.person.account_id, world.web.client_id)
    herald = await broken.find_herald(wanted)
    with pytest.raises(OSError, match=r"^$"):
        await world.services.db.unit(
            lambda tx: broken.allow(tx, wanted, ("openid", "email"), anna, herald=herald)
        )
    await world.services.db.unit(lambda tx: broken.allow(tx, wanted, ("openid", "email"), anna))
    consent = await home.allowed()
    this = (consent.org_id, consent.consent_id)
    with pytest.raises(OSError, match=r"^$"):
        await broken.narrow(*this, frozenset({"openid"}), anna)
    with pytest.raises(OSError, match=r"^$"):
        await broken.withdraw(*this, anna)
    assert await home.allowed() == consent
    assert await rows(world.services.db) == []


async def allow(home: Home, services: Services) -> int:
    """What it costs in statements that Anna presses Allow."""
    world, before = home.world, services.db.statements_run
    wanted = (world.org.org_id, world.person.account_id, world.web.client_id)
    herald = await services.consents.find_herald(wanted)
    await services.db.unit(
        lambda tx: services.consents.allow(tx, wanted, ("openid",), SYSTEM, herald=herald)
    )
    return services.db.statements_run - before


async def test_a_letter_costs_the_code_flow_one_read_and_one_row(
    home: Home, database_url: str
) -> None:
    """The row on the first consent only; where mail is off, neither."""
    use = home.world.services
    quiet = make_services(use.db, home.world.clock)
    costs = []
    for services in (use, use, quiet):
        # The organization and the application are in memory from the first time on.
        costs.append((await allow(home, services), await allow(home, services)))
        consent = await home.allowed()
        await quiet.consents.withdraw(consent.org_id, consent.consent_id, SYSTEM)
    _, told, untold = costs
    # On SQLite a turn of the loop that uses caches looks at their version, as any request does.
    look = int(database_url.startswith("sqlite"))
    assert (told[0] - untold[0], told[1] - untold[1]) == (2 + look, 1 + look)

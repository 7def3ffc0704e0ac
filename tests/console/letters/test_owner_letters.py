"""Letters about offers and secrets: to whom, in which language, once, and only with the change."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from doorward.audit import SYSTEM, Actor
from doorward.clients import (
    MAX_LIVE_SECRETS,
    Applications,
    ApplicationStatus,
    Author,
    BadOffer,
    Mover,
    Notice,
    Ownership,
    TooManySecrets,
)
from doorward.console import ApplicationPost, LetterDesk
from doorward.db import Transaction
from doorward.http import translator
from doorward.mail import Parcel
from doorward.orgs import Permission, Site
from tests.console.letters.office import OWNER, REVIEWER, Office, short
from tests.mail.letters import rows
from tests.support.clock import ManualClock
from tests.support.world import BASE_URL

pytestmark = pytest.mark.anyio

DAY_S = 86_400
CLERK = Author(Actor("account", "9"), 9, "system", frozenset({Permission.APPLICATIONS_WRITE}))


def with_a_full_disk(office: Office) -> dict[str, Any]:
    """Rooms in which something fails after the letter was written."""

    async def fail(tx: Transaction, notice: Notice) -> None:
        del tx, notice
        raise OSError

    use = office.services
    post = ApplicationPost(LetterDesk(outbox=use.outbox, site=Site.of(BASE_URL)))
    mover = Mover(db=use.db, clock=use.clock, notify=(post.tell, fail))
    return {"db": use.db, "clock": use.clock, "mover": mover}


async def test_who_is_offered_an_application_reads_of_it(office: Office) -> None:
    """In their own language: who asks, until when, and where to answer."""
    made, hana = await office.register(), await office.hire("hana")
    offer = await office.services.ownership.offer(
        "river", made.client_id, hana.account_id, office.owner
    )
    (letter,) = await office.letters()
    assert (letter.address, letter.template) == ("hana@example.org", "ownership_offered")
    assert letter.locale == "ja"
    assert "Dev Example さんから" in letter.text
    assert translator("ja").moment(offer.expires_at) in letter.text
    assert letter.links == (f"{BASE_URL}/o/river/developer",)


@pytest.mark.parametrize("by", [SYSTEM, CLERK], ids=["installation", "staff"])
async def test_of_staff_no_letter_gives_a_name(office: Office, by: Any) -> None:
    """The organization asks, and the organization created the secret."""
    made, hana = await office.register(), await office.hire("hana", locale="en")
    await office.services.ownership.offer("river", made.client_id, hana.account_id, by)
    await office.services.applications.add_secret("river", made.client_id, by)
    secret, offered = await office.letters()
    assert "You are asked to take over Tally at " in offered.text
    assert "A secret for Tally was created at " in secret.text


async def test_an_offer_that_goes_on_is_told_once(office: Office) -> None:
    """Made again by two at the same time, and once more; another person is told as well."""
    made, hana, ken = await office.register(), await office.hire("hana"), await office.hire("ken")
    ownership, this = office.services.ownership, ("river", made.client_id)
    again = [ownership.offer(*this, hana.account_id, office.owner) for _ in range(2)]
    await asyncio.gather(*again)
    assert short(await office.letters()) == [("hana@example.org", "ownership_offered")]
    await ownership.offer(*this, hana.account_id, office.owner)
    assert await office.letters() == []
    await ownership.offer(*this, ken.account_id, office.owner)
    assert short(await office.letters()) == [("ken@example.org", "ownership_offered")]


async def test_nobody_is_pestered_with_offers(office: Office, clock: ManualClock) -> None:
    """Taken back and made again, of one application or several: three letters a day."""
    hana = await office.hire("hana")
    made = [await office.register(name=f"Tally {number}") for number in range(2)]
    ownership = office.services.ownership

    async def pester() -> None:
        for each in made * 3:
            await ownership.offer("river", each.client_id, hana.account_id, office.owner)
            await ownership.cancel_offer("river", each.client_id, office.owner)

    await pester()
    assert len(await office.letters()) == 3
    clock.advance(seconds=DAY_S + 1)
    await pester()
    assert len(await office.letters()) == 3


@pytest.mark.parametrize("name", ["win.example/prize", "See evil.example", "a@evil.example"])
async def test_a_strangers_draft_cannot_advertise(office: Office, name: str) -> None:
    """Neither by the name of the application, nor by the name of who offers it."""
    made, hana = await office.register(name=name), await office.hire("hana", locale="en")
    crook = await office.hire("crook", name=name)
    other = await office.register(owner_account_id=crook.account_id)
    ownership = office.services.ownership
    await ownership.offer("river", made.client_id, hana.account_id, office.owner)
    await ownership.offer("river", other.client_id, hana.account_id, crook)
    letters = await office.letters()
    assert len(letters) == 2
    for each in letters:
        assert "evil.example" not in each.subject + each.text + each.html
        assert "win.example" not in each.subject + each.text + each.html
    assert any(made.client_id in each.subject for each in letters)


async def test_reviewers_are_not_drowned(office: Office, clock: ManualClock) -> None:
    """Ten letters a day about what waits, whoever submits and withdraws; and no advertisement."""
    made = await office.register(name="win.example/prize")
    this, reviews = ("river", made.client_id), office.services.reviews

    async def drown() -> list[Parcel]:
        for _ in range(11):
            await reviews.submit(*this, office.owner)
            await reviews.withdraw(*this, office.owner)
            await reviews.reopen(*this, office.owner)
        return [each for each in await office.letters() if each.address == REVIEWER]

    letters = await drown()
    assert len(letters) == 10
    assert all(made.client_id in each.subject for each in letters)
    assert not any("win.example" in each.text + each.html for each in letters)
    clock.advance(seconds=DAY_S + 1)
    assert len(await drown()) == 10


async def test_staff_are_led_to_their_own_sign_in(office: Office) -> None:
    """Theirs is another form than the one of constituents."""
    made = await office.register(owner_account_id=office.reviewer.account_id)
    this = ("river", made.client_id)
    await office.services.applications.add_secret(*this, office.reviewer)
    await office.services.reviews.submit(*this, office.reviewer)
    mine = [each for each in await office.letters() if each.address == REVIEWER]
    assert {each.links[0] for each in mine} == {
        f"{BASE_URL}/o/river/developer/app/{page}?app={made.client_id}&sign_in=staff"
        for page in ("secrets", "review")
    }


async def test_without_an_address_nobody_is_written_to(office: Office) -> None:
    """The offer and the secret are there all the same; so for who is suspended."""
    services = office.services
    hana = await office.hire("hana", email=None)
    ken = await office.hire("ken")
    await services.accounts.disable("river", ken.account_id, SYSTEM)
    made = await office.register(owner_account_id=hana.account_id)
    this = ("river", made.client_id)
    for asked in (office.reviewer.account_id, ken.account_id, 4711):
        await services.ownership.offer(*this, asked, SYSTEM)
    assert short(await office.letters()) == [("rita@example.org", "ownership_offered")]
    back = await office.register(name="Back")
    await services.ownership.offer("river", back.client_id, hana.account_id, office.owner)
    await services.applications.add_secret(*this, hana)
    nobodys = await office.register(name="Nobody's", owner_account_id=None)
    await services.applications.add_secret("river", nobodys.client_id, SYSTEM)
    assert await rows(services.db) == [each for each in await rows(services.db) if each["sent_at"]]
    assert await office.letters() == []


async def test_the_owner_reads_of_a_new_secret_and_not_the_secret(office: Office) -> None:
    """Its last four characters, who made it, and where to revoke it."""
    hana = await office.hire("hana", name="佐藤 花")
    made = await office.register(owner_account_id=hana.account_id)
    _, secret = await office.services.applications.add_secret("river", made.client_id, hana)
    (waiting,) = await rows(office.services.db)
    (letter,) = await office.letters()
    assert (letter.address, letter.template, letter.locale) == (
        "hana@example.org",
        "secret_created",
        "ja",
    )
    text = secret.reveal()
    assert f"末尾は {text[-4:]} です" in letter.text
    assert "佐藤 花さんが" in letter.text
    assert letter.links == (f"{BASE_URL}/o/river/developer/app/secrets?app={made.client_id}",)
    assert text not in f"{waiting}{letter}"


async def test_two_secrets_at_once_are_one_secret_and_one_letter(office: Office) -> None:
    """Only one of them fits beside the others."""
    made, applications = await office.register(), office.services.applications
    for _ in range(MAX_LIVE_SECRETS - 2):
        await applications.add_secret("river", made.client_id, office.owner)
    await office.letters()
    both = (applications.add_secret("river", made.client_id, office.owner) for _ in range(2))
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert [type(each) for each in answers].count(TooManySecrets) == 1
    assert short(await office.letters()) == [(OWNER, "secret_created")]


async def test_a_change_that_fails_leaves_no_letter(office: Office) -> None:
    """Refused, or broken after the letter was written in its unit."""
    made, hana = await office.register(ApplicationStatus.APPROVED), await office.hire("hana")
    broken = with_a_full_disk(office)
    this = ("river", made.client_id)
    with pytest.raises(BadOffer):
        await office.services.ownership.offer(*this, office.owner.account_id, office.owner)
    with pytest.raises(OSError, match=r"^$"):
        await Ownership(**broken).offer(*this, hana.account_id, office.owner)
    with pytest.raises(OSError, match=r"^$"):
        await Applications(**broken, random=office.services.random).add_secret(*this, office.owner)
    assert await office.services.ownership.find_offer(*this) is None
    assert await rows(office.services.db) == []

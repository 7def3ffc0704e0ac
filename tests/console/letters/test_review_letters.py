"""Letters about applications: who is told of which step, in the unit of the step."""

from __future__ import annotations

import asyncio

import pytest

from doorward.audit import SYSTEM
from doorward.clients import ApplicationChange, ApplicationStatus, BadTransition
from doorward.db import Database
from doorward.mail import Inbox
from tests.console.letters.office import OWNER, REVIEWER, SECOND, Office, author, short
from tests.mail.letters import rows
from tests.support.clock import ManualClock
from tests.support.factories import make_account, make_org
from tests.support.world import BASE_URL, make_services

pytestmark = pytest.mark.anyio

S = ApplicationStatus


async def test_owner_and_reviewers_read_of_each_step(office: Office) -> None:
    """From the submission to the end; what reviewers wrote stands in the letters."""
    made, reviews = await office.register(), office.services.reviews
    this = ("river", made.client_id)
    assert await office.letters() == []
    await reviews.submit(*this, office.owner, "Please.")
    submitted = await office.letters()
    assert short(submitted) == [
        (OWNER, "submitted"),
        (REVIEWER, "waiting"),
        (SECOND, "waiting"),
    ]
    assert "Please." not in submitted[0].text
    issuer = f"{BASE_URL}/o/river"
    assert submitted[0].links == (f"{issuer}/developer/app/review?app={made.client_id}",)
    assert submitted[1].links == (f"{issuer}/admin/review/app?client_id={made.client_id}",)
    await reviews.take(*this, office.reviewer)
    assert short(await office.letters()) == [(OWNER, "in_review")]
    await reviews.take(*this, office.reviewer)
    assert await office.letters() == []
    await reviews.request_changes(*this, office.reviewer, "Say why.\nIn a line.")
    (changes,) = await office.letters()
    assert (changes.address, changes.template) == (OWNER, "application_changes_requested")
    assert "> Say why.\n> In a line.\n" in changes.text
    await reviews.submit(*this, office.owner)
    assert len(await office.letters()) == 3
    await reviews.approve(*this, office.reviewer, revision=1)
    assert short(await office.letters()) == [(OWNER, "approved")]
    await reviews.suspend(*this, office.reviewer, "It asks for too much.")
    (suspended,) = await office.letters()
    assert suspended.template == "application_suspended"
    assert "> It asks for too much." in suspended.text
    await reviews.reinstate(*this, office.reviewer)
    assert short(await office.letters()) == [(OWNER, "reinstated")]
    await reviews.withdraw(*this, office.owner)
    assert short(await office.letters()) == [(OWNER, "withdrawn")]
    await reviews.reopen(*this, office.owner)
    assert await office.letters() == []


@pytest.mark.parametrize("decision", ["approve", "decline", "request_changes"])
async def test_a_change_of_a_live_application_is_told_as_one(office: Office, decision: str) -> None:
    """Reviewers read that it waits; the owner, what became of it."""
    made = await office.register(S.APPROVED)
    applications, reviews = office.services.applications, office.services.reviews
    this = ("river", made.client_id)
    await applications.update(*this, ApplicationChange(name="Tally Two"), office.owner)
    assert short(await office.letters()) == [(REVIEWER, "waiting"), (SECOND, "waiting")]
    waiting = await applications.get(*this)
    if decision == "approve":
        await reviews.approve(*this, office.reviewer, revision=waiting.revision)
        assert short(await office.letters()) == [(OWNER, "change_approved")]
    elif decision == "request_changes":
        await reviews.request_changes(*this, office.reviewer, "Another name.")
        (returned,) = await office.letters()
        assert returned.template == "application_change_returned"
        assert "> Another name." in returned.text
        await reviews.submit(*this, office.owner)
        assert short(await office.letters()) == [(REVIEWER, "waiting"), (SECOND, "waiting")]
    else:
        await reviews.decline(*this, office.reviewer, "Keep the name.")
        assert short(await office.letters()) == [(OWNER, "change_declined")]


async def test_a_step_that_was_refused_writes_nothing(office: Office) -> None:
    """The letter goes the way of its unit."""
    made = await office.register()
    with pytest.raises(BadTransition):
        await office.services.reviews.reinstate("river", made.client_id, office.reviewer)
    assert await rows(office.services.db) == []


async def test_two_decisions_at_once_are_one_letter(office: Office) -> None:
    """One of them is made, and the letter tells of that one."""
    made, reviews = await office.register(), office.services.reviews
    this = ("river", made.client_id)
    await reviews.submit(*this, office.owner)
    await office.letters()
    await asyncio.gather(
        reviews.approve(*this, office.reviewer, revision=1),
        reviews.decline(*this, office.reviewer, "Not now."),
        reviews.decline(*this, office.reviewer, "Never."),
        return_exceptions=True,
    )
    decided = await office.services.applications.get(*this)
    assert short(await office.letters()) == [(OWNER, decided.status)]


async def test_the_installation_tells_the_owner_as_well(office: Office) -> None:
    """A status that was set on the command line is no secret."""
    made = await office.register(S.APPROVED)
    applications = office.services.applications
    for status, told in ((S.SUSPENDED, "suspended"), (S.APPROVED, "reinstated")):
        await applications.set_status("river", made.client_id, status, SYSTEM)
        assert short(await office.letters()) == [(OWNER, told)]


async def test_who_is_suspended_reads_nothing(office: Office) -> None:
    """Neither the owner nor a reviewer."""
    accounts = office.services.accounts
    made = await office.register()
    for each in (office.owner, office.reviewer):
        await accounts.disable("river", each.account_id, SYSTEM)
    await office.services.reviews.submit("river", made.client_id, office.owner)
    assert short(await office.letters()) == [(SECOND, "waiting")]


async def test_without_mail_a_review_goes_on_without_letters(
    db: Database, clock: ManualClock
) -> None:
    """Nothing is kept to be sent some day."""
    await make_org(db, with_keys=False)
    owner = author(await make_account(db, "dev"))
    quiet = Office(make_services(db, clock), Inbox(clock=clock), owner, owner)
    made = await quiet.register()
    await quiet.services.reviews.submit("river", made.client_id, owner)
    assert await rows(db) == []

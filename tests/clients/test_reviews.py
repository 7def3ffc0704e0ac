"""The workflow of reviews: who may take which step, and what a decision is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doorward.audit import SYSTEM, Actor, Audit
from doorward.clients import (
    Application,
    ApplicationChange,
    Applications,
    ApplicationStatus,
    BadApplication,
    BadMessage,
    BadTransition,
    By,
    ClosedApplication,
    MayNotReview,
    Mover,
    Notice,
    OwnApplication,
    ReviewNotice,
    Reviews,
    StaffDecide,
    StaleReview,
    UnknownApplication,
)
from doorward.db import Database, Transaction
from doorward.orgs import Permission
from tests.support.clock import ManualClock
from tests.support.randomness import SeededRandom
from tests.support.reviewing import (
    DRAFT,
    OWNER,
    REVIEWER,
    SECOND,
    STAFF,
    STRANGER,
    person,
    staff,
)

pytestmark = pytest.mark.anyio

S = ApplicationStatus


async def make(applications: Applications, **changes: Any) -> Application:
    """A draft of the owner's, made by whoever runs the installation."""
    return (await applications.create(replace(DRAFT, **changes), SYSTEM))[0]


async def approved(applications: Applications, **changes: Any) -> Application:
    """An approved application of the owner's."""
    return await make(applications, status=S.APPROVED, **changes)


async def test_an_application_goes_through_its_review(
    applications: Applications, reviews: Reviews, clock: ManualClock
) -> None:
    """Submitted, taken, given back, submitted again, approved; each step is kept with its words."""
    made = await make(applications)
    client_id = made.client_id
    clock.advance(seconds=5)
    submitted = await reviews.submit("river", client_id, OWNER, "Please.")
    assert (submitted.status, submitted.submitted_at) == (S.SUBMITTED, clock.now)
    taken = await reviews.take("river", client_id, REVIEWER)
    assert (taken.status, taken.reviewer_account_id) == (S.IN_REVIEW, REVIEWER.account_id)
    await reviews.request_changes("river", client_id, REVIEWER, "Say why.\nIn a line.")
    change = ApplicationChange(reason="To keep books.")
    edited = await applications.update("river", client_id, change, OWNER)
    assert (edited.reason, edited.revision) == ("To keep books.", 2)
    await reviews.submit("river", client_id, OWNER)
    live = await reviews.approve("river", client_id, REVIEWER, revision=2, message="Welcome.")
    assert (live.status, live.is_live) == (S.APPROVED, True)
    assert await applications.find("river", client_id) == live
    told = await reviews.history("river", client_id)
    assert [(e.action, e.author, e.message) for e in reversed(told)] == [
        ("register", "system doorward", None),
        ("submit", "account 101", "Please."),
        ("take", "account 2", None),
        ("request_changes", "account 2", "Say why.\nIn a line."),
        ("submit", "account 101", None),
        ("approve", "account 2", "Welcome."),
    ]
    assert (told[0].from_status, told[0].to_status) == (S.SUBMITTED, S.APPROVED)
    assert await reviews.history("river", client_id, before=told[0].event_id, limit=1) == [told[1]]
    assert await reviews.history("lake", client_id) == []


STEPS: dict[str, dict[str, Any]] = {
    "submit": {},
    "take": {},
    "request_changes": {"message": "No."},
    "approve": {"revision": 1},
    "decline": {"message": "No."},
    "withdraw": {},
    "suspend": {"message": "No."},
    "reinstate": {},
    "reopen": {},
}
OWNERS = {"submit", "withdraw", "reopen"}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("status", [S.DRAFT, S.SUBMITTED, S.APPROVED])
async def test_each_step_is_for_those_whose_it_is(
    applications: Applications, reviews: Reviews, status: ApplicationStatus, step: str
) -> None:
    """Owners and staff ask, reviewers decide; strangers do not even learn that it exists."""
    made = await make(applications, status=status)
    every = staff(OWNER.account_id, *Permission)
    refused: list[tuple[By, type[Exception]]]
    if step in OWNERS:
        refused = [(STRANGER, UnknownApplication), (REVIEWER, UnknownApplication)]
    else:
        refused = [
            (STRANGER, MayNotReview),
            (OWNER, MayNotReview),
            (STAFF, MayNotReview),
            (every, OwnApplication),
            (replace(STRANGER, permissions=frozenset({"applications.review"})), MayNotReview),
        ]
    refused.append((Actor("account", "2"), UnknownApplication if step in OWNERS else MayNotReview))
    for by, why in refused:
        with pytest.raises(why):
            await getattr(reviews, step)("river", made.client_id, by, **STEPS[step])
    assert await applications.get("river", made.client_id) == made


async def test_nobody_approves_what_they_submitted(
    applications: Applications, reviews: Reviews
) -> None:
    """Staff may submit for others; then other staff decide."""
    both = staff(9, Permission.APPLICATIONS_WRITE, Permission.APPLICATIONS_REVIEW)
    made = await make(applications)
    await reviews.submit("river", made.client_id, both)
    with pytest.raises(OwnApplication):
        await reviews.approve("river", made.client_id, both, revision=1)
    assert (await reviews.approve("river", made.client_id, REVIEWER, revision=1)).is_live


async def test_a_decision_is_about_what_was_seen(
    applications: Applications, reviews: Reviews
) -> None:
    """An edit after the reviewer's look makes the approval stale."""
    made = await make(applications)
    await reviews.submit("river", made.client_id, OWNER)
    await applications.update("river", made.client_id, ApplicationChange(name="Tilly"), OWNER)
    with pytest.raises(StaleReview):
        await reviews.approve("river", made.client_id, REVIEWER, revision=1)
    assert (await reviews.approve("river", made.client_id, REVIEWER, revision=2)).name == "Tilly"


async def test_a_live_application_goes_on_while_its_change_waits(
    applications: Applications, reviews: Reviews
) -> None:
    """What people rely on changes when it is approved, and all of it then."""
    made = await approved(applications)
    change = ApplicationChange(
        name="Tilly", redirect_uris=["https://new.example/cb"], contact_email="a@tally.example"
    )
    waiting = await applications.update("river", made.client_id, change, OWNER)
    assert (waiting.status, waiting.is_live) == (S.CHANGE_PENDING, True)
    assert (waiting.name, waiting.redirect_uris) == (made.name, made.redirect_uris)
    assert waiting.contact_email == "a@tally.example"
    more = ApplicationChange(scopes=["openid"])
    await applications.update("river", made.client_id, more, OWNER)
    found = await reviews.difference("river", made.client_id)
    assert {(d.field, str(d.approved), str(d.wanted)) for d in found} == {
        ("name", "Tally", "Tilly"),
        ("redirect_uris", "['https://tally.example/cb']", "['https://new.example/cb']"),
        ("scopes", "['openid', 'email']", "['openid']"),
        ("purposes", "{'email': 'To write to you.'}", "{}"),
    }
    with pytest.raises(StaleReview):
        await reviews.approve("river", made.client_id, REVIEWER, revision=2)
    after = await reviews.approve("river", made.client_id, REVIEWER, revision=3)
    assert (after.status, after.name, after.scopes) == (S.APPROVED, "Tilly", ("openid",))
    assert after.redirect_uris == ("https://new.example/cb",)
    assert await reviews.find_change("river", made.client_id) is None
    assert await reviews.difference("river", made.client_id) == ()


@pytest.mark.parametrize("step", ["decline", "withdraw", "suspend"])
@pytest.mark.parametrize("returned", [False, True])
async def test_a_change_that_is_not_approved_leaves_nothing(
    applications: Applications, reviews: Reviews, step: str, returned: bool
) -> None:
    """What is live stays as it was, and the dropped change does not come back."""
    made = await approved(applications)
    change = ApplicationChange(redirect_uris=["https://evil.example/cb"])
    await applications.update("river", made.client_id, change, OWNER)
    if returned:
        await reviews.request_changes("river", made.client_id, REVIEWER, "Not there.")
    by = OWNER if step == "withdraw" else REVIEWER
    after = await getattr(reviews, step)("river", made.client_id, by, message="Not this.")
    assert after.redirect_uris == made.redirect_uris
    assert await reviews.find_change("river", made.client_id) is None
    if step == "suspend":
        assert not after.is_usable
        after = await reviews.reinstate("river", made.client_id, REVIEWER)
    assert (after.status, after.redirect_uris) == (S.APPROVED, made.redirect_uris)
    waiting = await applications.update("river", made.client_id, change, OWNER)
    assert waiting.revision == 3


async def test_an_owner_leaves_to_staff_what_is_theirs(applications: Applications) -> None:
    """No consent page skipped, no owner changed, nothing edited while it is closed."""
    made = await make(applications)
    for change in (
        ApplicationChange(trusted=True),
        ApplicationChange(owner_account_id=None),
        ApplicationChange(owner_account_id=STRANGER.account_id, name="X"),
    ):
        with pytest.raises(StaffDecide):
            await applications.update("river", made.client_id, change, OWNER)
    for status in (S.WITHDRAWN,):
        await applications.set_status("river", made.client_id, status, SYSTEM)
        with pytest.raises(ClosedApplication):
            await applications.update("river", made.client_id, ApplicationChange(name="X"), OWNER)
    with pytest.raises(UnknownApplication):
        await applications.update("river", made.client_id, ApplicationChange(name="X"), STRANGER)


async def test_staff_keep_their_own_store_and_review_what_has_an_owner(
    applications: Applications, db: Database
) -> None:
    """Directly, on the record; what somebody else owns, only as its reviewer."""
    change = ApplicationChange(redirect_uris=["https://other.example/cb"])
    theirs, ours = (
        await approved(applications),
        await approved(applications, owner_account_id=None, name="Ours"),
    )
    assert (await applications.update("river", ours.client_id, change, STAFF)).is_live
    with pytest.raises(MayNotReview):
        await applications.update("river", theirs.client_id, change, STAFF)
    owner = ApplicationChange(owner_account_id=STAFF.account_id)
    with pytest.raises(MayNotReview):
        await applications.update("river", theirs.client_id, owner, STAFF)
    both = staff(9, Permission.APPLICATIONS_WRITE, Permission.APPLICATIONS_REVIEW)
    after = await applications.update("river", theirs.client_id, change, both)
    assert after.redirect_uris == ("https://other.example/cb",)
    mine = ApplicationChange(owner_account_id=both.account_id)
    with pytest.raises(OwnApplication):
        await applications.update("river", theirs.client_id, mine, both)
    (event, *_) = await Audit(db=db).list("river", None, 1, "application.updated")
    assert (event.event.actor_id, event.event.detail["fields"]) == ("9", "redirect_uris")


async def test_to_register_an_approved_application_is_to_approve_it(
    applications: Applications,
) -> None:
    """It takes the permission, and is for others or for the organization itself."""
    wanted = replace(DRAFT, status=S.APPROVED)
    both = staff(9, Permission.APPLICATIONS_WRITE, Permission.APPLICATIONS_REVIEW)
    for by, why in (
        (OWNER, MayNotReview),
        (STAFF, MayNotReview),
        (Actor("account", "9"), MayNotReview),
        (replace(both, account_id=OWNER.account_id), OwnApplication),
    ):
        with pytest.raises(why):
            await applications.create(wanted, by)
    assert (await applications.create(wanted, both))[0].is_live
    made = await make(applications, name="Other")
    actor = Actor("account", "9")
    with pytest.raises(MayNotReview):
        await applications.set_status("river", made.client_id, S.APPROVED, actor)


async def test_a_draft_with_an_owner_is_theirs_until_they_submit_it(
    applications: Applications, reviews: Reviews
) -> None:
    """Nobody goes live by surprise."""
    made = await make(applications)
    with pytest.raises(BadTransition):
        await reviews.approve("river", made.client_id, REVIEWER, revision=1)
    ours = await make(applications, owner_account_id=None, name="Ours")
    assert (await reviews.approve("river", ours.client_id, REVIEWER, revision=1)).is_live


@pytest.mark.parametrize("message", ["", "  ", "a\x00b", "\u202ea", "x" * 2001])
async def test_a_refusal_comes_with_words_that_can_be_shown(
    applications: Applications, reviews: Reviews, message: str
) -> None:
    """A message is asked for, and is plain text."""
    made = await make(applications, status=S.SUBMITTED)
    with pytest.raises(BadMessage):
        await reviews.decline("river", made.client_id, REVIEWER, message)
    assert (await applications.get("river", made.client_id)).status is S.SUBMITTED


async def test_the_queue_is_read_by_age_in_pages(
    applications: Applications, reviews: Reviews
) -> None:
    """The longest waiting first, whatever their states; each organization sees its own."""
    made = [await make(applications, name=f"App {n}") for n in range(4)]
    for each in (made[2], made[0], made[3]):
        await reviews.submit("river", each.client_id, OWNER)
    await reviews.take("river", made[0].client_id, REVIEWER)
    page = await reviews.queue("river", limit=2)
    rest = await reviews.queue("river", after=page[-1].queue_id, limit=2)
    assert [a.name for a in page + rest] == ["App 2", "App 0", "App 3"]
    assert [a.name for a in await reviews.queue("river", {S.DRAFT})] == ["App 1"]
    assert await reviews.queue("lake") == []


@pytest.mark.parametrize("name", ["River Trust", "R\u0456ver Trust", "river-trust", "RIVER  TRUST"])
async def test_a_name_that_passes_for_the_organization_is_refused(
    applications: Applications, reviews: Reviews, org: object, name: str
) -> None:
    """When it is registered, renamed, submitted or approved."""
    with pytest.raises(BadApplication) as refused:
        await applications.create(
            replace(DRAFT, name=name), staff(1, Permission.APPLICATIONS_WRITE)
        )
    assert refused.value.field == "name"
    made = await make(applications)
    with pytest.raises(BadApplication):
        await applications.update("river", made.client_id, ApplicationChange(name=name), OWNER)
    seeded = await make(applications, name=name)
    with pytest.raises(BadApplication):
        await reviews.submit("river", seeded.client_id, OWNER)


@pytest.mark.parametrize("name", ["Tally", "T\u0430lly", "TaIIy", "Ta11y", "T\u00e0lly"])
async def test_a_name_that_passes_for_a_live_application_is_refused(
    applications: Applications, reviews: Reviews, name: str
) -> None:
    """A draft may have the name of a draft; the second of them is never approved."""
    first, second = (
        await make(applications),
        await make(applications, name=name, owner_account_id=STRANGER.account_id),
    )
    await reviews.submit("river", first.client_id, OWNER)
    await reviews.submit("river", second.client_id, STRANGER)
    await reviews.approve("river", first.client_id, REVIEWER, revision=1)
    with pytest.raises(BadApplication):
        await reviews.approve("river", second.client_id, SECOND, revision=1)
    other = await approved(applications, name="Other", owner_account_id=104)
    change = ApplicationChange(name=name)
    with pytest.raises(BadApplication):
        await applications.update("river", other.client_id, change, person(104))


async def test_a_step_is_told_in_its_own_unit(
    db: Database, clock: ManualClock, random: SeededRandom
) -> None:
    """What hears of it fails: then the step was not taken."""
    heard: list[tuple[str, str]] = []

    async def hear(tx: Transaction, notice: Notice) -> None:
        del tx
        assert isinstance(notice, ReviewNotice)
        heard.append((notice.event.action, notice.application.status))
        if notice.event.action == "decline":
            raise RuntimeError("the outbox is full")

    mover = Mover(db=db, clock=clock, notify=(hear,))
    applications = Applications(db=db, clock=clock, random=random, mover=mover)
    reviews = Reviews(db=db, clock=clock, mover=mover)
    made = await make(applications)
    await reviews.submit("river", made.client_id, OWNER)
    with pytest.raises(RuntimeError):
        await reviews.decline("river", made.client_id, REVIEWER, "No.")
    assert (await applications.get("river", made.client_id)).status is S.SUBMITTED
    assert [e.action for e in await reviews.history("river", made.client_id)] == [
        "submit",
        "register",
    ]
    assert heard[:2] == [("register", "draft"), ("submit", "submitted")]

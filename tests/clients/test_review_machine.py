"""Whatever people do in whatever order: nothing goes live that its owner's reviewer did not see."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from doorward.audit import SYSTEM
from doorward.clients import (
    WITH_CHANGE,
    Application,
    ApplicationChange,
    Applications,
    ApplicationStatus,
    Author,
    ClientsRefusal,
    Mover,
    Ownership,
    Reviews,
)
from doorward.db import open_database
from doorward.orgs import Permission
from tests.support.clock import ManualClock
from tests.support.databases import SqliteTemplate
from tests.support.reviewing import DRAFT, OWNER, REVIEWER, SECOND, STAFF, STRANGER, staff

BOTH = staff(9, Permission.APPLICATIONS_WRITE, Permission.APPLICATIONS_REVIEW)
STAFF_OWNER = staff(OWNER.account_id, *Permission)
PEOPLE = (OWNER, STAFF_OWNER, STRANGER, STAFF, REVIEWER, SECOND, BOTH)
CHANGES = (
    ApplicationChange(name="Tilly"),
    ApplicationChange(redirect_uris=("https://evil.example/cb",)),
    ApplicationChange(scopes=("openid",)),
    ApplicationChange(scopes=("openid", "email", "offline_access")),
    ApplicationChange(logo="abc"),
    ApplicationChange(trusted=True),
    ApplicationChange(owner_account_id=None),
    ApplicationChange(owner_account_id=9),
    ApplicationChange(contact_email="a@tally.example"),
)
people, changes = st.sampled_from(PEOPLE), st.sampled_from(CHANGES)


def reviewer_of(by: Author, application: Application) -> bool:
    """Whether this account may answer for this application."""
    return by.may(Permission.APPLICATIONS_REVIEW) and by.account_id != application.owner_account_id


def live_view(application: Application) -> tuple[object, ...]:
    """What people rely on."""
    return (
        application.name,
        application.logo,
        application.redirect_uris,
        application.scopes,
        application.trusted,
    )


class Machine(RuleBasedStateMachine):
    """One owned application, and everybody around it."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = ManualClock()
        self.db = self.run(open_database(self.url, clock=self.clock))
        mover = Mover(db=self.db, clock=self.clock)
        given: dict[str, Any] = {"db": self.db, "clock": self.clock, "mover": mover}
        self.applications = Applications(random=os.urandom, **given)
        self.reviews, self.ownership = Reviews(**given), Ownership(**given)
        self.org_id = f"org{self.db.next_id()}"
        wanted = replace(DRAFT, org_id=self.org_id)
        self.client_id = self.run(self.applications.create(wanted, SYSTEM))[0].client_id
        self.seen = 1
        self.before = self.now()

    def run(self, work: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(_of(work))

    def now(self) -> Application:
        found = self.run(self.applications.find(self.org_id, self.client_id))
        assert isinstance(found, Application)
        return found

    def attempt(self, by: Author, work: Awaitable[Any], *, decides: bool) -> None:
        """Do it, and see that only a reviewer's decision made or changed what is live."""
        before = self.now()
        try:
            self.run(work)
        except ClientsRefusal:
            assert self.now() == before
            return
        after = self.now()
        if after.is_live and not before.is_live:
            assert decides
            assert reviewer_of(by, before)
        owned = before.owner_account_id is not None
        changed = live_view(before) != live_view(after)
        if owned and before.is_live and after.is_live and changed:
            assert reviewer_of(by, before)
        self.before = after

    @rule()
    def look(self) -> None:
        """A reviewer reads the page."""
        self.seen = self.now().revision

    @rule(by=people, step=st.sampled_from(("submit", "withdraw", "reopen", "take", "reinstate")))
    def step(self, by: Author, step: str) -> None:
        work = getattr(self.reviews, step)(self.org_id, self.client_id, by)
        self.attempt(by, work, decides=step == "reinstate")

    @rule(by=people, step=st.sampled_from(("request_changes", "decline", "suspend")))
    def refuse(self, by: Author, step: str) -> None:
        before = self.now()
        work = getattr(self.reviews, step)(self.org_id, self.client_id, by, "No.")
        self.attempt(by, work, decides=False)
        if step == "request_changes" and before.is_live:
            assert self.now().is_live
            assert live_view(self.now()) == live_view(before)

    @rule(by=people)
    def approve(self, by: Author) -> None:
        before = self.now()
        work = self.reviews.approve(self.org_id, self.client_id, by, revision=self.seen)
        self.attempt(by, work, decides=True)
        if before.status is ApplicationStatus.CHANGE_RETURNED:
            assert self.now() == before
        if self.now().status is ApplicationStatus.APPROVED and before.status != "approved":
            assert self.seen == before.revision

    @rule(by=people, change=changes)
    def edit(self, by: Author, change: ApplicationChange) -> None:
        work = self.applications.update(self.org_id, self.client_id, change, by)
        self.attempt(by, work, decides=False)

    @rule(by=people, to=people)
    def offer(self, by: Author, to: Author) -> None:
        work = self.ownership.offer(self.org_id, self.client_id, to.account_id, by)
        self.attempt(by, work, decides=False)

    @rule(by=people)
    def accept(self, by: Author) -> None:
        work = self.ownership.accept(self.org_id, self.client_id, by)
        self.attempt(by, work, decides=False)

    @rule(by=people)
    def register_live(self, by: Author) -> None:
        """A second one, approved from the start, is nobody's way around."""
        new = replace(DRAFT, org_id=self.org_id, name="Second", status=ApplicationStatus.APPROVED)
        try:
            made = self.run(self.applications.create(new, by))[0]
        except ClientsRefusal:
            return
        assert reviewer_of(by, made)
        self.run(self.ownership.delete(self.org_id, made.client_id, SYSTEM))

    @invariant()
    def what_waits_waits_where_it_may(self) -> None:
        """A change is kept exactly while the status says that one waits."""
        waiting = self.run(self.reviews.find_change(self.org_id, self.client_id))
        assert (waiting is not None) == (self.now().status in WITH_CHANGE)

    def teardown(self) -> None:
        self.run(self.db.close())
        self.loop.close()


async def _of(work: Awaitable[Any]) -> Any:
    return await work


def test_nothing_goes_live_without_its_review(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No sequence of calls by owner, staff, reviewers and strangers gets around it."""
    url = sqlite_template.copy_to(tmp_path_factory.mktemp("machine") / "doorward.sqlite")
    kind = type("Bound", (Machine,), {"url": url})
    few = settings(
        max_examples=40,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(kind, settings=few)

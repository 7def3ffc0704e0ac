"""``/applications/{client_id}/review`` and the steps of it, and the queue of what waits."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from doorward import clients
from doorward.clients import WAITING, WITH_CHANGE, ApplicationStatus
from doorward.console.api.applications import Application, ClientPath
from doorward.console.api.authority import verify_may_change_application
from doorward.console.api.cursors import Cursors, Place
from doorward.console.api.fields import (
    Body,
    Caller,
    Document,
    Id,
    Moment,
    NextCursor,
    PageQuery,
    moment,
    moment_or_none,
)
from doorward.console.api.model import ApiServices, StaffCall
from doorward.console.api.route import Operation
from doorward.orgs import Permission

__all__ = ["ReviewRoutes"]

Message = Annotated[
    str, Field(max_length=4000, description="For the owner to read; at most 2000 characters.")
]
Revision = Annotated[int, Field(ge=1, lt=1 << 53, description="What you looked at.")]


class Difference(Document):
    """A field that is not what was approved last."""

    field: str
    approved: Any
    wanted: Any


class Review(Document):
    """Where an application is in its review, and what a decision would be about."""

    application: Application
    reviewer_account_id: Id | None
    submitted_at: Moment | None
    submitted_by: Id | None
    change_pending: Annotated[
        bool, Field(description="Whether a change waits, or was sent back to its owner.")
    ]
    difference: list[Difference]


class ReviewEvent(Document):
    """A step of a review."""

    event_id: Id
    at: Moment
    author: Annotated[str, Field(examples=["account 7"])]
    action: str
    from_status: ApplicationStatus | None
    to_status: ApplicationStatus
    revision: int
    message: str | None

    @classmethod
    def of(cls, event: clients.ReviewEvent) -> ReviewEvent:
        """Show ``event``."""
        return cls(
            event_id=str(event.event_id),
            at=moment(event.at),
            author=event.author,
            action=event.action,
            from_status=event.from_status,
            to_status=event.to_status,
            revision=event.revision,
            message=event.message,
        )


class ReviewEvents(Document):
    """The steps of a review, the newest first."""

    items: list[ReviewEvent]
    next_cursor: NextCursor


class ReviewQueue(Document):
    """Applications in review, the longest waiting first."""

    items: list[Application]
    next_cursor: NextCursor


class QueueQuery(PageQuery):
    """Which states are looked at; those that wait for a reviewer when left out."""

    status: Annotated[list[ApplicationStatus] | None, Query(max_length=9)] = None


class Step(Body):
    """A step, and what to tell the owner or the reviewers with it."""

    message: Message | None = None


class Approval(Step):
    """An approval of exactly what was looked at."""

    revision: Revision


class Decision(Body):
    """A decision that the owner is told the reason of."""

    message: Message


class ReviewRoutes:
    """Operations of the review."""

    def __init__(self, use: ApiServices, cursors: Cursors) -> None:
        """Serve ``use.reviews``."""
        self._use = use
        self._cursors = cursors

    def operations(self) -> tuple[Operation, ...]:
        """What is served, in the order of the reference."""
        read, write = Permission.APPLICATIONS_READ, Permission.APPLICATIONS_WRITE
        review = Permission.APPLICATIONS_REVIEW
        one = "/applications/{client_id}"
        return (
            Operation("GET", "/review-queue", read, self.list_queue, "List what waits"),
            Operation("GET", f"{one}/review", read, self.get_review, "Read its review"),
            Operation("GET", f"{one}/review/events", read, self.list_events, "List its steps"),
            Operation("POST", f"{one}/submit", write, self.submit, "Submit it"),
            Operation("POST", f"{one}/withdraw", write, self.withdraw, "Withdraw it"),
            Operation("POST", f"{one}/reopen", write, self.reopen, "Make it a draft again"),
            Operation("POST", f"{one}/take", review, self.take, "Become its reviewer"),
            Operation(
                "POST", f"{one}/request-changes", review, self.request_changes, "Ask for changes"
            ),
            Operation("POST", f"{one}/approve", review, self.approve, "Approve it"),
            Operation("POST", f"{one}/decline", review, self.decline, "Decline it"),
            Operation("POST", f"{one}/suspend", review, self.suspend, "Suspend it"),
            Operation("POST", f"{one}/reinstate", review, self.reinstate, "Let it go on"),
        )

    async def list_queue(self, call: Caller, query: Annotated[QueueQuery, Query()]) -> ReviewQueue:
        """What waits for a reviewer, the oldest first; or what is in the states that you name."""
        place = Place(call.org_id, "list_queue", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        states = query.status or WAITING
        found = await self._use.reviews.queue(
            call.org_id, states, window.after_number, window.fetch
        )
        rows, following = window.close(found, lambda each: each.queue_id)
        return ReviewQueue(items=[Application.of(each) for each in rows], next_cursor=following)

    async def get_review(self, call: Caller, client_id: ClientPath) -> Review:
        """The revision to name in an approval, and field by field what was not approved."""
        application = await self._use.applications.get(call.org_id, client_id)
        found = await self._use.reviews.difference(call.org_id, client_id)
        submitter, reviewer = application.submitted_by, application.reviewer_account_id
        return Review(
            application=Application.of(application),
            reviewer_account_id=None if reviewer is None else str(reviewer),
            submitted_at=moment_or_none(application.submitted_at),
            submitted_by=None if submitter is None else str(submitter),
            change_pending=application.status in WITH_CHANGE,
            difference=[
                Difference(field=each.field, approved=each.approved, wanted=each.wanted)
                for each in found
            ],
        )

    async def list_events(
        self, call: Caller, client_id: ClientPath, query: Annotated[PageQuery, Query()]
    ) -> ReviewEvents:
        """Who did what when, and what they said."""
        await self._use.applications.get(call.org_id, client_id)
        place = Place(call.org_id, f"list_events {client_id}", query.filters())
        window = self._cursors.open(place, query.cursor, query.limit)
        found = await self._use.reviews.history(
            call.org_id, client_id, window.after_number, window.fetch
        )
        rows, following = window.close(found, lambda each: each.event_id)
        return ReviewEvents(items=[ReviewEvent.of(each) for each in rows], next_cursor=following)

    async def submit(self, call: Caller, client_id: ClientPath, body: Step) -> Application:
        """Ask for a review of a draft, or again after changes. Then somebody else approves."""
        done = self._use.reviews.submit(call.org_id, client_id, call.author, body.message)
        return Application.of(await done)

    async def withdraw(self, call: Caller, client_id: ClientPath, body: Step) -> Application:
        """Take back the change that waits, else the application: then it works for nobody."""
        await self._verify(call, client_id)
        done = self._use.reviews.withdraw(call.org_id, client_id, call.author, body.message)
        return Application.of(await done)

    async def reopen(self, call: Caller, client_id: ClientPath, body: Step) -> Application:
        """Make a draft of a declined or withdrawn application."""
        done = self._use.reviews.reopen(call.org_id, client_id, call.author, body.message)
        return Application.of(await done)

    async def take(self, call: Caller, client_id: ClientPath) -> Application:
        """Say that you look at it; also in place of another reviewer."""
        return Application.of(await self._use.reviews.take(call.org_id, client_id, call.author))

    async def request_changes(
        self, call: Caller, client_id: ClientPath, body: Decision
    ) -> Application:
        """Give it back to its owner, with what has to change."""
        done = self._use.reviews.request_changes(call.org_id, client_id, call.author, body.message)
        return Application.of(await done)

    async def approve(self, call: Caller, client_id: ClientPath, body: Approval) -> Application:
        """Let people use it, or its change, as it was at `revision`.

        Refused when it was changed since, when you own it and when you submitted it.
        """
        await self._verify(call, client_id)
        done = self._use.reviews.approve(
            call.org_id, client_id, call.author, revision=body.revision, message=body.message
        )
        return Application.of(await done)

    async def decline(self, call: Caller, client_id: ClientPath, body: Decision) -> Application:
        """Refuse it, or the change that waits: then what is live stays."""
        done = self._use.reviews.decline(call.org_id, client_id, call.author, body.message)
        return Application.of(await done)

    async def suspend(self, call: Caller, client_id: ClientPath, body: Decision) -> Application:
        """Stop it at once, for everybody."""
        await self._verify(call, client_id)
        done = self._use.reviews.suspend(call.org_id, client_id, call.author, body.message)
        return Application.of(await done)

    async def reinstate(self, call: Caller, client_id: ClientPath, body: Step) -> Application:
        """Let a suspended application go on as it was approved."""
        await self._verify(call, client_id)
        done = self._use.reviews.reinstate(call.org_id, client_id, call.author, body.message)
        return Application.of(await done)

    async def _verify(self, call: StaffCall, client_id: str) -> None:
        """One that acts for staff is left to those who hold every permission."""
        before = await self._use.applications.get(call.org_id, client_id)
        change = await self._use.reviews.find_change(call.org_id, client_id)
        after = before if change is None else change.change.applied(before, before.updated_at)
        verify_may_change_application(call, before, trusted=after.trusted, scopes=after.scopes)

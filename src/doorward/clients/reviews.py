"""The review of applications: who submits, who decides, and what a decision is about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from doorward.clients.author import (
    By,
    account_of,
    is_installation,
    verify_may_edit,
    verify_may_review,
)
from doorward.clients.change import reviewed_fields
from doorward.clients.model import Application
from doorward.clients.moves import Move, Mover, get_locked, verify_likeness
from doorward.clients.records import Difference, PendingChange, ReviewEvent
from doorward.clients.refusals import (
    BadMessage,
    BadTransition,
    StaleReview,
    UnknownApplication,
)
from doorward.clients.registration import is_client_id, is_plain_text, verify_application
from doorward.clients.review import (
    DECISIONS,
    NEED_MESSAGE,
    ApplicationStatus,
    verify_step,
)
from doorward.clients.store import (
    delete_secrets,
    find_application,
    find_approved,
    find_change,
    list_events,
    list_queue,
)
from doorward.db import Clock, Database, Transaction

__all__ = ["WAITING", "Reviews"]

_S = ApplicationStatus
_END = (1 << 63) - 1

WAITING = frozenset({_S.SUBMITTED, _S.IN_REVIEW, _S.CHANGE_PENDING})
"""The states that wait for a reviewer."""


class Reviews:
    """The workflow. Owners and staff ask; reviewers decide, and say which revision they saw."""

    def __init__(self, *, db: Database, clock: Clock, mover: Mover | None = None) -> None:
        """Keep reviews in ``db``, dated by ``clock``; ``mover`` takes the steps."""
        self._db = db
        self._clock = clock
        self._mover = mover or Mover(db=db, clock=clock)

    async def submit(
        self, org_id: str, client_id: str, by: By, message: str | None = None
    ) -> Application:
        """Ask for a review. Raises the room's refusals."""
        return await self._step(org_id, client_id, Move(by, "submit", message))

    async def take(self, org_id: str, client_id: str, by: By) -> Application:
        """Make the caller the reviewer; also in place of another one."""
        return await self._step(org_id, client_id, Move(by, "take"))

    async def request_changes(
        self, org_id: str, client_id: str, by: By, message: str
    ) -> Application:
        """Give it back to the owner, who is told what to change."""
        return await self._step(org_id, client_id, Move(by, "request_changes", message))

    async def approve(
        self, org_id: str, client_id: str, by: By, *, revision: int, message: str | None = None
    ) -> Application:
        """Let people use the application, or its change, as it was at ``revision``.

        Raises ``StaleReview`` when it has been changed since, and the room's other refusals.
        """
        move = Move(by, "approve", message)
        return await self._step(org_id, client_id, move, revision=revision)

    async def decline(self, org_id: str, client_id: str, by: By, message: str) -> Application:
        """Refuse the application, or the change that waits: then what is live stays."""
        return await self._step(org_id, client_id, Move(by, "decline", message))

    async def withdraw(
        self, org_id: str, client_id: str, by: By, message: str | None = None
    ) -> Application:
        """Take back the change that waits, else the application."""
        return await self._step(org_id, client_id, Move(by, "withdraw", message))

    async def suspend(self, org_id: str, client_id: str, by: By, message: str) -> Application:
        """Stop a live application at once, for everybody; a change that waits is dropped."""
        return await self._step(org_id, client_id, Move(by, "suspend", message))

    async def reinstate(
        self, org_id: str, client_id: str, by: By, message: str | None = None
    ) -> Application:
        """Let a suspended application go on as it was approved."""
        return await self._step(org_id, client_id, Move(by, "reinstate", message))

    async def reopen(
        self, org_id: str, client_id: str, by: By, message: str | None = None
    ) -> Application:
        """Make a draft of a declined or withdrawn application."""
        return await self._step(org_id, client_id, Move(by, "reopen", message))

    async def find_change(self, org_id: str, client_id: str) -> PendingChange | None:
        """The change that waits, if one does."""
        return await find_change(self._db, org_id, client_id) if is_client_id(client_id) else None

    async def find_wanted(self, application: Application) -> Application:
        """``application`` as it is asked for: with the change that waits, where one does."""
        waiting = await find_change(self._db, application.org_id, application.client_id)
        if waiting is None:
            return application
        return waiting.change.applied(application, application.updated_at)

    async def difference(self, org_id: str, client_id: str) -> tuple[Difference, ...]:
        """Field by field, what is asked for and was not approved.

        Before the first approval that is every field that says anything.
        Raises ``UnknownApplication``.
        """
        application = None
        if is_client_id(client_id):
            application = await find_application(self._db, org_id, client_id)
        if application is None:
            raise UnknownApplication
        approved = await find_approved(self._db, org_id, client_id)
        wanted = reviewed_fields(await self.find_wanted(application))
        if approved is None:
            return tuple(Difference(n, None, v) for n, v in wanted.items() if v or v is False)
        return tuple(
            Difference(name, approved.get(name), value)
            for name, value in wanted.items()
            if approved.get(name) != value
        )

    async def queue(
        self,
        org_id: str,
        states: Collection[ApplicationStatus] = WAITING,
        after: int | None = None,
        limit: int = 50,
    ) -> list[Application]:
        """Applications in ``states``, the longest waiting first, after the ``queue_id`` given."""
        return await list_queue(self._db, org_id, states, after=after or 0, limit=limit)

    async def history(
        self, org_id: str, client_id: str, before: int | None = None, limit: int = 50
    ) -> list[ReviewEvent]:
        """The steps of a review, newest first, older than the step ``before``."""
        if not is_client_id(client_id):
            return []
        newest = _END if before is None else before
        return await list_events(self._db, org_id, client_id, before=newest, limit=limit)

    async def _step(
        self, org_id: str, client_id: str, move: Move, *, revision: int | None = None
    ) -> Application:
        move = replace(move, message=_verified_message(move))

        async def work(tx: Transaction) -> Application:
            before = await get_locked(tx, org_id, client_id)
            _verify_may_step(move, before)
            after = replace(before, status=verify_step(move.action, before.status))
            if move.action == "approve":
                after = await self._approved(tx, after, before, move, revision)
            elif move.action == "submit":
                await verify_likeness(tx, after)
            return await self._mover.take(tx, before, self._noted(after, move), move)

        return await self._db.unit(work)

    async def _approved(
        self,
        tx: Transaction,
        after: Application,
        before: Application,
        move: Move,
        revision: int | None,
    ) -> Application:
        """What is live from now on: exactly what the reviewer saw, verified once more."""
        owned = before.owner_account_id is not None
        if before.status is _S.DRAFT and owned and not is_installation(move.by):
            raise BadTransition("The owner has not submitted this application yet.")
        if revision != before.revision:
            raise StaleReview
        waiting = await find_change(tx, before.org_id, before.client_id)
        if waiting is not None and before.status is _S.CHANGE_PENDING:
            after = waiting.change.applied(after, self._clock())
        after = verify_application(after)
        await verify_likeness(tx, after)
        if after.is_public and after.secrets:
            await delete_secrets(tx, after.org_id, after.client_id)
            after = replace(after, secrets=())
        return after

    def _noted(self, after: Application, move: Move) -> Application:
        """Who asks and who looks at it, and its place in the queue."""
        if move.action == "submit":
            return replace(
                after,
                queue_id=self._db.next_id(),
                submitted_at=self._clock(),
                submitted_by=account_of(move.by),
                reviewer_account_id=None,
            )
        if move.action in DECISIONS:
            return replace(after, reviewer_account_id=account_of(move.by))
        return after


def _verify_may_step(move: Move, before: Application) -> bool:
    if move.action not in DECISIONS:
        return verify_may_edit(move.by, before)
    submitter = before.submitted_by if move.action == "approve" else None
    return verify_may_review(move.by, before.owner_account_id, submitter)


def _verified_message(move: Move) -> str | None:
    text = (move.message or "").strip()
    if not text:
        if move.action in NEED_MESSAGE:
            raise BadMessage
        return None
    if not is_plain_text(text):
        raise BadMessage
    return text

"""One step of a review, kept whole: the status, the step, what was approved, and the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from doorward.audit import difference, record
from doorward.clients.author import By, account_of, actor_of
from doorward.clients.change import TOLD, reviewed_fields
from doorward.clients.likeness import likeness
from doorward.clients.model import Application
from doorward.clients.records import Notice, Notify, ReviewEvent, ReviewNotice
from doorward.clients.refusals import BadApplication, UnknownApplication
from doorward.clients.registration import is_client_id
from doorward.clients.review import WITH_CHANGE, ApplicationStatus
from doorward.clients.store import (
    delete_change,
    insert_event,
    list_live_names,
    lock_application,
    lock_terms,
    put_approval,
    update_application,
)
from doorward.db import Clock, Database, Transaction, touch_caches

__all__ = ["Move", "Mover", "get_locked", "verify_likeness"]

_S = ApplicationStatus
_APPROVING = frozenset({"register", "approve", "set_status"})
"""The steps that say of what is there: this is approved."""
_RECORDED_ALREADY = frozenset({"register", "change"})
"""The steps by which something else is recorded, with more about it."""


@dataclass(frozen=True, slots=True)
class Move:
    """A step that somebody takes, and what they say."""

    by: By
    action: str
    message: str | None = None


class Mover:
    """Takes steps. Whoever calls it has verified that they may be taken."""

    def __init__(self, *, db: Database, clock: Clock, notify: Sequence[Notify] = ()) -> None:
        """Date steps by ``clock``; ``notify`` is told of each, as of offers and secrets."""
        self._db = db
        self._clock = clock
        self._notify = tuple(notify)

    async def take(
        self,
        tx: Transaction,
        before: Application | None,
        after: Application,
        move: Move,
    ) -> Application:
        """Keep ``after``, whose status may be new, with everything that belongs to the step.

        ``before`` is the locked application, None for a new one that was just inserted.
        """
        now = self._clock()
        if before is not None:
            after = replace(after, updated_at=now)
            await update_application(tx, after)
        was = None if before is None else before.status
        if after.status is _S.APPROVED and move.action in _APPROVING:
            await put_approval(tx, after, reviewed_fields(after), now)
        if was in WITH_CHANGE and after.status not in WITH_CHANGE:
            await delete_change(tx, after.org_id, after.client_id)
        event = ReviewEvent(
            event_id=self._db.next_id(),
            client_id=after.client_id,
            at=now,
            author=actor_of(move.by).words,
            author_account_id=account_of(move.by),
            action=move.action,
            from_status=was,
            to_status=after.status,
            revision=after.revision,
            message=move.message,
        )
        await insert_event(tx, after.org_id, event)
        await self.tell(tx, ReviewNotice(after, event))
        if move.action not in _RECORDED_ALREADY:
            changed = {} if before is None else difference(before, after, TOLD)
            await self._record(tx, event, after, move, changed)
        await touch_caches(tx)
        return after

    async def tell(self, tx: Transaction, notice: Notice) -> None:
        """Tell whoever is to hear of it, in the unit of the change."""
        for each in self._notify:
            await each(tx, notice)

    async def _record(
        self,
        tx: Transaction,
        event: ReviewEvent,
        after: Application,
        move: Move,
        changed: Mapping[str, str],
    ) -> None:
        detail: dict[str, str | int] = {
            "step": move.action,
            "was": str(event.from_status),
            "is": str(event.to_status),
            "revision": event.revision,
            **changed,
        }
        if move.message is not None:
            detail["reason"] = move.message
        told = actor_of(move.by).did(
            "application.status_changed", after.org_id, ("application", after.client_id), **detail
        )
        await record(tx, told, event_id=self._db.next_id(), now=event.at)


async def get_locked(tx: Transaction, org_id: str, client_id: str) -> Application:
    """The application, for this unit alone until it ends. Raises ``UnknownApplication``."""
    found = await lock_application(tx, org_id, client_id) if is_client_id(client_id) else None
    if found is None:
        raise UnknownApplication
    return found


async def verify_likeness(tx: Transaction, application: Application) -> bool:
    """True unless people could take an application with an owner for another one.

    The organization's own applications, which have no owner, may bear its name.
    Raises ``BadApplication``.
    """
    if application.owner_account_id is None:
        return True
    mine = likeness(application.name)
    terms = await lock_terms(tx, application.org_id)
    if terms is not None and mine == likeness(terms[0]):
        raise BadApplication("This name looks like the organization's own.", field="name")
    names = await list_live_names(tx, application.org_id, other_than=application.client_id)
    if any(mine == likeness(name) for name in names):
        raise BadApplication("This name looks like another application's.", field="name")
    return True

"""What is the owner's alone: test users, handing the application on, and removing it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from doorward.audit import record
from doorward.clients.author import (
    Author,
    By,
    account_of,
    actor_of,
    is_staff,
    verify_may_edit,
)
from doorward.clients.entry import verify_quota
from doorward.clients.model import Application
from doorward.clients.moves import Move, Mover, get_locked
from doorward.clients.records import Offer, OfferNotice
from doorward.clients.refusals import (
    BadOffer,
    BadTesters,
    ClosedApplication,
    UnknownApplication,
    UnknownOffer,
    WasApproved,
)
from doorward.clients.registration import is_client_id
from doorward.clients.review import CLOSED, WITH_CHANGE, ApplicationStatus
from doorward.clients.store import (
    delete_application,
    delete_offer,
    delete_reviews,
    find_approved,
    find_offer,
    list_offers_to,
    list_owned,
    put_offer,
    take_offer,
    update_application,
)
from doorward.db import SECOND, Clock, Database, Transaction, touch_caches

__all__ = ["MAX_TESTERS", "OFFER_S", "Ownership"]

MAX_TESTERS = 20
OFFER_S = 7 * 86_400
_LARGEST = (1 << 53) - 1


class Ownership:
    """The applications of an account."""

    def __init__(self, *, db: Database, clock: Clock, mover: Mover | None = None) -> None:
        """Work on ``db``, dated by ``clock``; steps of a review are taken by ``mover``."""
        self._db = db
        self._clock = clock
        self._mover = mover or Mover(db=db, clock=clock)

    async def list_of(
        self, org_id: str, account_id: int, after: str | None = None, limit: int = 50
    ) -> list[Application]:
        """An account's own applications in the order of their client ids, after ``after``."""
        if after is not None and not is_client_id(after):
            return []
        return await list_owned(self._db, org_id, account_id, after=after or "", limit=limit)

    async def get(self, org_id: str, client_id: str, by: By) -> Application:
        """The application as its owner or staff may see it. Raises ``UnknownApplication``."""

        async def work(tx: Transaction) -> Application:
            application = await get_locked(tx, org_id, client_id)
            verify_may_edit(by, application)
            return application

        return await self._db.unit(work)

    async def set_testers(
        self, org_id: str, client_id: str, account_ids: Collection[int], by: By
    ) -> Application:
        """Let these accounts, and no others, use the application before it is approved.

        What was issued to an account that is left out works no more.
        Raises ``UnknownApplication``, ``BadTesters``.
        """
        testers = tuple(dict.fromkeys(account_ids))
        if len(testers) > MAX_TESTERS or not all(0 < each <= _LARGEST for each in testers):
            raise BadTesters

        async def work(tx: Transaction) -> Application:
            before = await get_locked(tx, org_id, client_id)
            verify_may_edit(by, before)
            after = replace(before, testers=testers, updated_at=self._clock())
            await update_application(tx, after)
            await self._record(tx, by, "application.testers_changed", after, testers=len(testers))
            return after

        return await self._db.unit(work)

    async def offer(self, org_id: str, client_id: str, to_account_id: int, by: By) -> Offer:
        """Offer the application to another account, for seven days; an earlier offer ends.

        Who is asked is told, unless the same offer to them still stands and only goes on.
        Raises ``UnknownApplication``, ``ClosedApplication``, ``BadOffer``.
        """
        now = self._clock()

        async def work(tx: Transaction) -> Offer:
            application = await get_locked(tx, org_id, client_id)
            verify_may_edit(by, application)
            if application.status in CLOSED:
                raise ClosedApplication
            if to_account_id in {application.owner_account_id, account_of(by)}:
                raise BadOffer
            offer = Offer(
                offer_id=self._db.next_id(),
                client_id=client_id,
                from_account_id=application.owner_account_id,
                to_account_id=to_account_id,
                created_at=now,
                expires_at=now + OFFER_S * SECOND,
            )
            before = await find_offer(tx, org_id, client_id)
            await put_offer(tx, org_id, offer)
            await self._record(tx, by, "application.offered", application, to=str(to_account_id))
            if before is None or not _goes_on(before, offer):
                await self._mover.tell(tx, OfferNotice(application, offer, account_of(by)))
            return offer

        return await self._db.unit(work)

    async def cancel_offer(self, org_id: str, client_id: str, by: By) -> None:
        """Take an offer back, or turn down one to oneself. Raises ``UnknownOffer``."""

        async def work(tx: Transaction) -> None:
            application = await get_locked(tx, org_id, client_id)
            offer = await find_offer(tx, org_id, client_id)
            if offer is None:
                raise UnknownOffer
            if account_of(by) != offer.to_account_id:
                verify_may_edit(by, application)
            await delete_offer(tx, org_id, client_id)
            await self._record(tx, by, "application.offer_ended", application)

        await self._db.unit(work)

    async def find_offer(self, org_id: str, client_id: str) -> Offer | None:
        """The application's offer that can still be accepted."""
        offer = await find_offer(self._db, org_id, client_id)
        return offer if offer is not None and offer.expires_at > self._clock() else None

    async def list_offers_to(self, org_id: str, account_id: int) -> list[Offer]:
        """What is offered to an account now."""
        return await list_offers_to(self._db, org_id, account_id, self._clock())

    async def accept(self, org_id: str, client_id: str, by: Author) -> Application:
        """Become the owner by an offer to oneself, once. A change that waits is dropped.

        Raises ``UnknownOffer``, ``TooManyApplications``.
        """

        async def work(tx: Transaction) -> Application:
            try:
                before = await get_locked(tx, org_id, client_id)
            except UnknownApplication as unknown:
                raise UnknownOffer from unknown
            offer = await find_offer(tx, org_id, client_id)
            if offer is None or not self._is_good(offer, before, by):
                raise UnknownOffer
            if not await take_offer(tx, org_id, offer):
                raise UnknownOffer
            after = replace(before, owner_account_id=by.account_id, revision=before.revision + 1)
            await verify_quota(tx, after)
            if before.status in WITH_CHANGE:
                after = replace(after, status=ApplicationStatus.APPROVED)
            return await self._mover.take(tx, before, after, Move(by, "accept"))

        return await self._db.unit(work)

    async def delete(self, org_id: str, client_id: str, by: By) -> None:
        """Remove the application with everything about it.

        Raises ``UnknownApplication``, and ``WasApproved`` for an owner who is not staff.
        """

        async def work(tx: Transaction) -> None:
            application = await get_locked(tx, org_id, client_id)
            verify_may_edit(by, application)
            if not is_staff(by) and await find_approved(tx, org_id, client_id) is not None:
                raise WasApproved
            await delete_application(tx, org_id, client_id)
            await delete_reviews(tx, org_id, client_id)
            await delete_offer(tx, org_id, client_id)
            await self._record(tx, by, "application.deleted", application, name=application.name)

        await self._db.unit(work)

    def _is_good(self, offer: Offer, application: Application, by: Author) -> bool:
        fresh = offer.expires_at > self._clock()
        same_owner = offer.from_account_id == application.owner_account_id
        closed = application.status in CLOSED
        return fresh and same_owner and not closed and offer.to_account_id == by.account_id

    async def _record(
        self, tx: Transaction, by: By, action: str, about: Application, **detail: str | int
    ) -> None:
        event = actor_of(by).did(action, about.org_id, ("application", about.client_id), **detail)
        await record(tx, event, event_id=self._db.next_id(), now=self._clock())
        await touch_caches(tx)


def _goes_on(before: Offer, offer: Offer) -> bool:
    same = (before.from_account_id, before.to_account_id) == (
        offer.from_account_id,
        offer.to_account_id,
    )
    return same and before.expires_at > offer.created_at

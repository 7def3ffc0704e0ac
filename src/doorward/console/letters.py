"""Letters about applications: each step of a review, told to those whom it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from doorward.accounts import Account, Accounts, recipient_of
from doorward.clients import ApplicationStatus, ReviewNotice
from doorward.db import Transaction
from doorward.mail import AboutApplication, Outbox, ReviewEvent, ReviewLetters
from doorward.orgs import Organization, Organizations, Permission, Site, sender_of

__all__ = ["ApplicationPost"]

_E, _S = ReviewEvent, ApplicationStatus
_MOST_REVIEWERS = 20

_STEPS: Mapping[str, ReviewEvent] = MappingProxyType(
    {
        "submit": _E.SUBMITTED,
        "take": _E.IN_REVIEW,
        "request_changes": _E.CHANGES_REQUESTED,
        "approve": _E.APPROVED,
        "decline": _E.DECLINED,
        "withdraw": _E.WITHDRAWN,
        "suspend": _E.SUSPENDED,
        "reinstate": _E.REINSTATED,
    }
)
_STEPS_OF_A_CHANGE: Mapping[str, ReviewEvent] = MappingProxyType(
    {
        "approve": _E.CHANGE_APPROVED,
        "decline": _E.CHANGE_DECLINED,
        "suspend": _E.SUSPENDED,
    }
)
_STATUSES: Mapping[ApplicationStatus, ReviewEvent] = MappingProxyType(
    {
        _S.SUBMITTED: _E.SUBMITTED,
        _S.IN_REVIEW: _E.IN_REVIEW,
        _S.CHANGES_REQUESTED: _E.CHANGES_REQUESTED,
        _S.APPROVED: _E.APPROVED,
        _S.DECLINED: _E.DECLINED,
        _S.SUSPENDED: _E.SUSPENDED,
        _S.WITHDRAWN: _E.WITHDRAWN,
    }
)
"""What a status means that the installation set without a review."""

_BY_REVIEWERS = frozenset(
    {
        _E.CHANGES_REQUESTED,
        _E.APPROVED,
        _E.CHANGE_APPROVED,
        _E.DECLINED,
        _E.CHANGE_DECLINED,
        _E.SUSPENDED,
        _E.REINSTATED,
    }
)
"""What is told with the reviewer's own words."""

_ASKS = frozenset({_S.SUBMITTED, _S.CHANGE_PENDING})
"""The states in which somebody has to review."""


class ApplicationPost:
    """Writes to the owner and to reviewers, in the unit of the step."""

    def __init__(self, *, outbox: Outbox, site: Site) -> None:
        """Write into ``outbox``; links lead to organizations under ``site``."""
        self._outbox = outbox
        self._site = site

    async def tell(self, tx: Transaction, notice: ReviewNotice) -> None:
        """Write what ``notice`` is about: a ``Notify`` of ``clients``."""
        if not self._outbox.is_on:
            return
        org = await Organizations.find_within(tx, notice.application.org_id)
        if org is None:
            return
        await self._tell_owner(tx, org, notice)
        if notice.event.to_status in _ASKS and notice.event.from_status not in _ASKS:
            await self._tell_reviewers(tx, org, notice)

    async def _tell_owner(self, tx: Transaction, org: Organization, notice: ReviewNotice) -> None:
        event, application = find_event(notice), notice.application
        if event is None or application.owner_account_id is None:
            return
        owner = await Accounts.find_within(tx, org.org_id, application.owner_account_id)
        if owner is not None:
            link = self._link(org, "/developer/app/review", app=application.client_id)
            quote = notice.event.message if event in _BY_REVIEWERS else None
            await self._write(
                tx, org, owner, event, AboutApplication(application.name, link, quote)
            )

    async def _tell_reviewers(
        self, tx: Transaction, org: Organization, notice: ReviewNotice
    ) -> None:
        application = notice.application
        concerned = {application.owner_account_id, notice.event.author_account_id}
        link = self._link(org, "/admin/review/app", client_id=application.client_id)
        about = AboutApplication(application.name, link)
        reviewers = await Accounts.list_permitted_within(
            tx, org.org_id, Permission.APPLICATIONS_REVIEW, _MOST_REVIEWERS
        )
        for each in reviewers:
            if each.account_id not in concerned:
                await self._write(tx, org, each, ReviewEvent.WAITING, about)

    async def _write(
        self,
        tx: Transaction,
        org: Organization,
        reader: Account,
        event: ReviewEvent,
        about: AboutApplication,
    ) -> None:
        recipient = recipient_of(reader, org.default_locale)
        if recipient is not None and reader.is_active:
            letters = ReviewLetters(org.org_id, sender_of(org))
            await self._outbox.enqueue(tx, letters.compose(event, about, recipient))

    def _link(self, org: Organization, path: str, **query: str) -> str:
        return f"{self._site.tenant(org).issuer}{path}?{urlencode(query)}"


def find_event(notice: ReviewNotice) -> ReviewEvent | None:
    """What the owner is told of a step; None of what changes nothing for them."""
    step = notice.event
    if step.action == "set_status" and step.from_status is not _S.CHANGE_PENDING:
        lifted = step.from_status is _S.SUSPENDED and step.to_status is _S.APPROVED
        return _E.REINSTATED if lifted else _STATUSES.get(step.to_status)
    if step.from_status is _S.CHANGE_PENDING:
        return _STEPS_OF_A_CHANGE.get(step.action)
    if step.from_status is step.to_status:
        return None
    return _STEPS.get(step.action)

"""Letters about applications: steps of a review, offers and secrets, told to whom they concern."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from doorward.accounts import Account, Accounts
from doorward.clients import (
    WITH_CHANGE,
    Application,
    ApplicationStatus,
    Notice,
    OfferNotice,
    ReviewNotice,
    SecretNotice,
)
from doorward.console.letter_desk import LetterDesk
from doorward.db import Transaction
from doorward.mail import AboutApplication, Template, looks_like_link
from doorward.orgs import Organization, Organizations, Permission

__all__ = ["ApplicationPost"]

_T, _S = Template, ApplicationStatus
_MOST_REVIEWERS = 20
_MOST_WAITING_A_DAY = 10
"""Whoever had so many letters about a queue knows that there is one."""
_MOST_OFFERS_A_DAY = 3

_STEPS: Mapping[str, Template] = MappingProxyType(
    {
        "submit": _T.APPLICATION_SUBMITTED,
        "take": _T.APPLICATION_IN_REVIEW,
        "request_changes": _T.APPLICATION_CHANGES_REQUESTED,
        "approve": _T.APPLICATION_APPROVED,
        "decline": _T.APPLICATION_DECLINED,
        "withdraw": _T.APPLICATION_WITHDRAWN,
        "suspend": _T.APPLICATION_SUSPENDED,
        "reinstate": _T.APPLICATION_REINSTATED,
    }
)
_STEPS_OF_A_CHANGE: Mapping[str, Template] = MappingProxyType(
    {
        "request_changes": _T.APPLICATION_CHANGE_RETURNED,
        "approve": _T.APPLICATION_CHANGE_APPROVED,
        "decline": _T.APPLICATION_CHANGE_DECLINED,
        "suspend": _T.APPLICATION_SUSPENDED,
    }
)
_STATUSES: Mapping[ApplicationStatus, Template] = MappingProxyType(
    {
        _S.SUBMITTED: _T.APPLICATION_SUBMITTED,
        _S.IN_REVIEW: _T.APPLICATION_IN_REVIEW,
        _S.CHANGES_REQUESTED: _T.APPLICATION_CHANGES_REQUESTED,
        _S.APPROVED: _T.APPLICATION_APPROVED,
        _S.DECLINED: _T.APPLICATION_DECLINED,
        _S.SUSPENDED: _T.APPLICATION_SUSPENDED,
        _S.WITHDRAWN: _T.APPLICATION_WITHDRAWN,
    }
)
"""What a status means that the installation set without a review."""

_BY_REVIEWERS = frozenset(
    {
        _T.APPLICATION_CHANGES_REQUESTED,
        _T.APPLICATION_APPROVED,
        _T.APPLICATION_CHANGE_APPROVED,
        _T.APPLICATION_DECLINED,
        _T.APPLICATION_CHANGE_DECLINED,
        _T.APPLICATION_CHANGE_RETURNED,
        _T.APPLICATION_SUSPENDED,
        _T.APPLICATION_REINSTATED,
    }
)
"""What is told with the reviewer's own words."""

_ASKS = frozenset({_S.SUBMITTED, _S.CHANGE_PENDING})
"""The states in which somebody has to review."""


class ApplicationPost:
    """Writes to owners, reviewers and who is offered an application, in the unit of the change."""

    def __init__(self, desk: LetterDesk) -> None:
        """Write at ``desk``."""
        self._desk = desk

    async def tell(self, tx: Transaction, notice: Notice) -> None:
        """Write what ``notice`` is about: a ``Notify`` of ``clients``."""
        if not self._desk.is_on:
            return
        org = await Organizations.find_within(tx, notice.application.org_id)
        if org is None:
            return
        match notice:
            case ReviewNotice():
                await self._tell_owner(tx, org, notice)
                event = notice.event
                if event.to_status in _ASKS and event.from_status not in _ASKS:
                    await self._tell_reviewers(tx, org, notice)
            case OfferNotice():
                await self._tell_offered(tx, org, notice)
            case SecretNotice():
                await self._tell_of_secret(tx, org, notice)

    async def _tell_owner(self, tx: Transaction, org: Organization, notice: ReviewNotice) -> None:
        template, application = find_template(notice), notice.application
        owner = None if template is None else await _find_owner(tx, application)
        if template is None or owner is None:
            return
        link = self._desk.link_for(org, owner, "/developer/app/review", app=application.client_id)
        quote = notice.event.message if template in _BY_REVIEWERS else None
        about = AboutApplication(application.name, link, quote)
        await self._desk.enqueue(tx, self._desk.compose(org, template, about, owner))

    async def _tell_reviewers(
        self, tx: Transaction, org: Organization, notice: ReviewNotice
    ) -> None:
        application = notice.application
        concerned = {application.owner_account_id, notice.event.author_account_id}
        link = self._desk.link(org, "/admin/review/app", client_id=application.client_id)
        about = AboutApplication(_unreviewed_name(application), link)
        reviewers = await Accounts.list_permitted_within(
            tx, org.org_id, Permission.APPLICATIONS_REVIEW, _MOST_REVIEWERS
        )
        for each in reviewers:
            if each.account_id not in concerned:
                letter = self._desk.compose(org, _T.APPLICATION_WAITING, about, each)
                await self._desk.enqueue(tx, letter, most_a_day=_MOST_WAITING_A_DAY)

    async def _tell_offered(self, tx: Transaction, org: Organization, notice: OfferNotice) -> None:
        application, offer = notice.application, notice.offer
        asked = await Accounts.find_within(tx, org.org_id, offer.to_account_id)
        if asked is None:
            return
        about = AboutApplication(
            name=_unreviewed_name(application),
            link=self._desk.link_for(org, asked, "/developer"),
            person=await _find_name(tx, application, notice.by_account_id),
            expires_at=offer.expires_at,
        )
        letter = self._desk.compose(org, _T.OWNERSHIP_OFFERED, about, asked)
        await self._desk.enqueue(tx, letter, most_a_day=_MOST_OFFERS_A_DAY)

    async def _tell_of_secret(
        self, tx: Transaction, org: Organization, notice: SecretNotice
    ) -> None:
        application = notice.application
        owner = await _find_owner(tx, application)
        if owner is None:
            return
        about = AboutApplication(
            name=application.name,
            link=self._desk.link_for(
                org, owner, "/developer/app/secrets", app=application.client_id
            ),
            person=await _find_name(tx, application, notice.by_account_id),
            last4=notice.secret.last4,
        )
        await self._desk.enqueue(tx, self._desk.compose(org, _T.SECRET_CREATED, about, owner))


def _unreviewed_name(application: Application) -> str:
    """Its name for people other than its owner.

    Anybody can make a draft, offer it and submit it: a name that nobody has reviewed leads nowhere.
    """
    strange = not application.is_live and looks_like_link(application.name)
    return application.client_id if strange else application.name


async def _find_owner(tx: Transaction, application: Application) -> Account | None:
    if application.owner_account_id is None:
        return None
    return await Accounts.find_within(tx, application.org_id, application.owner_account_id)


async def _find_name(
    tx: Transaction, application: Application, account_id: int | None
) -> str | None:
    """The owner's name, when it is the owner who acts: of staff no letter gives a name."""
    if account_id is None or account_id != application.owner_account_id:
        return None
    owner = await _find_owner(tx, application)
    return None if owner is None else owner.name


def find_template(notice: ReviewNotice) -> Template | None:
    """What the owner is told of a step; None of what changes nothing for them."""
    step = notice.event
    if step.action == "set_status" and step.from_status not in WITH_CHANGE:
        lifted = step.from_status is _S.SUSPENDED and step.to_status is _S.APPROVED
        return _T.APPLICATION_REINSTATED if lifted else _STATUSES.get(step.to_status)
    if step.from_status in WITH_CHANGE:
        return _STEPS_OF_A_CHANGE.get(step.action)
    if step.from_status is step.to_status:
        return None
    return _STEPS.get(step.action)

"""The review queue: applications that wait, what is different about them, and the decision."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from doorward.accounts import UnknownAccount
from doorward.clients import (
    WAITING,
    WITH_CHANGE,
    Application,
    ApplicationStatus,
    BadMessage,
    ClientsRefusal,
    StaleReview,
    UnknownApplication,
    logo_path,
)
from doorward.console.admin.application_words import KINDS, status_of
from doorward.console.admin.consent_preview import preview_consent
from doorward.console.admin.forms import Problem, problem_of
from doorward.console.admin.frame import AdminFrame
from doorward.console.admin.model import AdminPage, AdminRoute, AdminServices, Staff
from doorward.console.admin.review_view import describe_difference, timeline_of
from doorward.console.api import MANAGEMENT, MorePowerful, verify_may_change_application
from doorward.db import find_row_id
from doorward.http import ASGIApp, Call, Reply, message
from doorward.orgs import Permission

__all__ = ["ReviewPages"]

_QUEUE = "/admin/review"
_ONE = "/admin/review/app"
_S = ApplicationStatus
_AT_ONCE = 50
_STATES = {
    "waiting": WAITING,
    "changes": frozenset({_S.CHANGES_REQUESTED, _S.CHANGE_RETURNED}),
    "live": frozenset({_S.APPROVED, *WITH_CHANGE}),
    "ended": frozenset({_S.SUSPENDED, _S.DECLINED, _S.WITHDRAWN}),
}
"""What the queue can be narrowed to; who waits comes first."""
_ACTIONS = {
    _S.SUBMITTED: ("take", "approve", "request_changes", "decline"),
    _S.IN_REVIEW: ("take", "approve", "request_changes", "decline"),
    _S.CHANGE_PENDING: ("take", "approve", "request_changes", "decline", "suspend"),
    _S.CHANGE_RETURNED: ("decline", "suspend"),
    _S.CHANGES_REQUESTED: ("decline",),
    _S.APPROVED: ("suspend",),
    _S.SUSPENDED: ("reinstate",),
    _S.DRAFT: (),
    _S.DECLINED: (),
    _S.WITHDRAWN: (),
}
"""What a reviewer may do at each stage."""
_NOTICES = {
    "take": message("You are the reviewer now."),
    "approve": message("Approved. People can use it from now on."),
    "request_changes": message("Sent back to its owner with your message."),
    "decline": message("Declined."),
    "suspend": message("Suspended. It works for nobody from now on."),
    "reinstate": message("The application works again."),
}
_STALE = message(
    "The application was changed while you looked at it. Below is what is different now."
)
_POWERFUL = message(
    "Only staff with every permission may approve an application that manages the organization."
)

Step: TypeAlias = Callable[[], Awaitable[Application]]


class ReviewPages:
    """``/admin/review``, for those who may review."""

    def __init__(self, use: AdminServices, frame: AdminFrame) -> None:
        """Decide through ``use``, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[AdminRoute, ...]:
        """What is served."""
        review = Permission.APPLICATIONS_REVIEW
        return (
            AdminRoute("GET", _QUEUE, review, "review", self.show_queue),
            AdminRoute("GET", _ONE, review, "review", self.show),
            AdminRoute("POST", _ONE, review, "review", self.decide),
        )

    async def show_queue(self, call: Call, staff: Staff) -> ASGIApp:
        """Who waits, the longest first."""
        query = call.query()
        shown = query.get("show") if query.get("show") in _STATES else "waiting"
        assert shown is not None  # noqa: S101 - it is one of the four
        after = find_row_id(query.get("after"))
        found = await self._use.reviews.queue(staff.org_id, _STATES[shown], after, _AT_ONCE + 1)
        now = self._use.clock()
        values: dict[str, object] = {
            "apps": [_listed(each, now, staff) for each in found[:_AT_ONCE]],
            "more": str(found[_AT_ONCE - 1].queue_id) if len(found) > _AT_ONCE else None,
            "show": shown,
        }
        page = AdminPage("admin_review_queue.html", "review", _QUEUE, query=(("show", shown),))
        return self._frame.page(call, staff, page, values)

    async def show(self, call: Call, staff: Staff) -> ASGIApp:
        """What is different, how it will look, and the decision."""
        return await self._page(call, staff, await self._find(call, staff))

    async def decide(self, call: Call, staff: Staff) -> Reply | ASGIApp:
        """Take the step that a button names, about the revision that the page showed."""
        application, form = await self._find(call, staff), call.form()
        action, said = form.get("action") or "", form.get("message") or ""
        steps = self._steps(staff, application, said, form.get("revision") or "")
        if action not in steps:
            return self._frame.back(staff, _ONE, done="", client_id=application.client_id)
        problem: Problem
        try:
            if form.get("revision") != str(application.revision):
                raise StaleReview
            if action in {"approve", "reinstate"}:
                wanted = await self._use.reviews.find_wanted(application)
                verify_may_change_application(staff.caller, wanted, scopes=wanted.scopes)
            await steps[action]()
        except UnknownApplication:
            raise
        except StaleReview:
            application = await self._use.applications.get(staff.org_id, application.client_id)
            problem = Problem(_STALE)
        except BadMessage as refusal:
            problem = problem_of(refusal, ("message",))
        except MorePowerful:
            problem = Problem(_POWERFUL)
        except ClientsRefusal as refusal:
            problem = problem_of(refusal)
        else:
            return self._frame.back(staff, _ONE, done=action, client_id=application.client_id)
        return await self._page(call, staff, application, problem, said)

    def _steps(
        self, staff: Staff, application: Application, said: str, revision: str
    ) -> dict[str, Step]:
        reviews, by = self._use.reviews, staff.author
        whose = (staff.org_id, application.client_id)
        number = int(revision) if revision.isascii() and revision.isdigit() else -1
        return {
            "take": lambda: reviews.take(*whose, by),
            "approve": lambda: reviews.approve(*whose, by, revision=number, message=said or None),
            "request_changes": lambda: reviews.request_changes(*whose, by, said),
            "decline": lambda: reviews.decline(*whose, by, said),
            "suspend": lambda: reviews.suspend(*whose, by, said),
            "reinstate": lambda: reviews.reinstate(*whose, by, said or None),
        }

    async def _find(self, call: Call, staff: Staff) -> Application:
        """The application that ``client_id`` names. Raises ``UnknownApplication``."""
        given = call.form() if call.method == "POST" else call.query()
        return await self._use.applications.get(staff.org_id, given.get("client_id") or "")

    async def _page(
        self,
        call: Call,
        staff: Staff,
        application: Application,
        problem: Problem | None = None,
        said: str = "",
    ) -> ASGIApp:
        wanted = await self._use.reviews.find_wanted(application)
        catalogue = await self._use.scopes.catalogue(staff.org_id)
        differences = await self._use.reviews.difference(staff.org_id, application.client_id)
        history = await self._use.reviews.history(staff.org_id, application.client_id)
        own = staff.account.account_id in {application.owner_account_id, application.submitted_by}
        values: dict[str, object] = {
            **_described(application, wanted),
            "owner": await self._name_of(staff, application.owner_account_id),
            "reviewer": await self._name_of(staff, application.reviewer_account_id),
            "own": own,
            "actions": () if own else _ACTIONS[application.status],
            "changed": [describe_difference(each, catalogue) for each in differences],
            "first": not any(each.to_status is _S.APPROVED for each in history),
            "previews": preview_consent(staff.tenant, wanted, catalogue, reviewed=True),
            "timeline": timeline_of(history, staff.account.account_id),
            "form_values": {"message": said},
            "problems": [] if problem is None else [problem],
            "powerful": MANAGEMENT in wanted.scopes,
        }
        page = AdminPage(
            "admin_review.html",
            "review",
            _ONE,
            query=(("client_id", application.client_id),),
            status=200 if problem is None else 422,
            notices=_NOTICES,
        )
        return self._frame.page(call, staff, page, values)

    async def _name_of(self, staff: Staff, account_id: int | None) -> str | None:
        if account_id is None:
            return None
        try:
            account = await self._use.accounts.get(staff.org_id, account_id)
        except UnknownAccount:
            return str(account_id)
        return account.name or account.username


def _listed(application: Application, now: int, staff: Staff) -> dict[str, object]:
    since = application.submitted_at or application.updated_at
    return {
        "client_id": application.client_id,
        "name": application.name,
        "company": application.company,
        "status": status_of(application.status),
        "logo": logo_path(application.logo, small=True),
        "since": since,
        "days": max(0, (now - since) // 86_400_000_000),
        "mine": application.reviewer_account_id == staff.account.account_id,
        "own": application.owner_account_id == staff.account.account_id,
    }


def _described(application: Application, wanted: Application) -> dict[str, object]:
    return {
        "app": {
            "client_id": application.client_id,
            "name": wanted.name,
            "status": status_of(application.status),
            "state": str(application.status),
            "kind": KINDS[application.kind],
            "logo": logo_path(wanted.logo, small=True),
            "company": wanted.company,
            "contact_email": wanted.contact_email,
            "homepage_url": wanted.homepage_url,
            "revision": application.revision,
            "service": application.kind == "service",
            "submitted_at": application.submitted_at,
        },
    }

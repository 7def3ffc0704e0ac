"""The consent preview, and the review as its owner follows it."""

from __future__ import annotations

from doorward.clients import (
    WITH_CHANGE,
    Application,
    ApplicationStatus,
    ClientsRefusal,
    UnknownApplication,
)
from doorward.console.admin import Problem, preview_consent, problem_of, timeline_of
from doorward.console.developer.frame import DeveloperFrame
from doorward.console.developer.model import (
    Developer,
    DeveloperPage,
    DeveloperRoute,
    DeveloperServices,
)
from doorward.console.developer.overview import steps_of
from doorward.http import ASGIApp, Call, Reply, message

__all__ = ["ReviewPages"]

_PATH = "/developer/app/review"
_PREVIEW = "/developer/app/preview"
_S = ApplicationStatus
_ACTIONS = {
    _S.DRAFT: ("submit", "withdraw"),
    _S.CHANGES_REQUESTED: ("submit", "withdraw"),
    _S.SUBMITTED: ("withdraw",),
    _S.IN_REVIEW: ("withdraw",),
    _S.CHANGE_PENDING: ("withdraw",),
    _S.CHANGE_RETURNED: ("submit", "withdraw"),
    _S.APPROVED: ("withdraw",),
    _S.DECLINED: ("reopen", "withdraw"),
    _S.WITHDRAWN: ("reopen",),
    _S.SUSPENDED: (),
}
"""What the owner may do at each stage."""
_NOTICES = {
    "submit": message("Submitted. You can follow the review here."),
    "withdraw": message("Withdrawn."),
    "reopen": message("The application is a draft again."),
}


class ReviewPages:
    """``/developer/app/preview`` and ``/developer/app/review``."""

    def __init__(self, use: DeveloperServices, frame: DeveloperFrame) -> None:
        """Ask ``use`` for reviews, within ``frame``."""
        self._use = use
        self._frame = frame

    def routes(self) -> tuple[DeveloperRoute, ...]:
        """What is served."""
        return (
            DeveloperRoute("GET", _PREVIEW, self.preview),
            DeveloperRoute("GET", _PATH, self.show),
            DeveloperRoute("POST", _PATH, self.act),
        )

    async def preview(self, call: Call, developer: Developer) -> ASGIApp:
        """The consent page as people will see it, in both languages and themes."""
        application = await self._frame.find_application(call, developer)
        wanted = await self._use.reviews.find_wanted(application)
        catalogue = await self._use.scopes.catalogue(developer.org_id)
        values: dict[str, object] = {
            "previews": preview_consent(
                developer.tenant, wanted, catalogue, reviewed=application.is_live
            ),
            "service": application.kind == "service",
        }
        page = DeveloperPage("developer_preview.html", "preview", _PREVIEW)
        return self._frame.page(call, developer, page, values, application)

    async def show(self, call: Call, developer: Developer) -> ASGIApp:
        """What is left to do, what was said, and the next step."""
        application = await self._frame.find_application(call, developer)
        return await self._page(call, developer, application)

    async def act(self, call: Call, developer: Developer) -> Reply | ASGIApp:
        """Submit, withdraw, or make a draft of it again."""
        application, form = await self._frame.find_application(call, developer), call.form()
        name, said = form.get("action"), form.get("message")
        if name == "withdraw" and form.get("decision") != "confirm":
            page = DeveloperPage("developer_withdraw.html", "review", _PATH)
            values: dict[str, object] = {"pending": application.status in WITH_CHANGE}
            return self._frame.page(call, developer, page, values, application)
        reviews = self._use.reviews
        steps = {"submit": reviews.submit, "withdraw": reviews.withdraw, "reopen": reviews.reopen}
        step = steps.get(name or "")
        if step is None or name is None:
            return self._frame.back(developer, _PATH, application, None)
        try:
            await step(developer.org_id, application.client_id, developer.author, said)
        except UnknownApplication:
            raise
        except ClientsRefusal as refusal:
            found = problem_of(refusal, ("message",))
            return await self._page(call, developer, application, found, said or "")
        return self._frame.back(developer, _PATH, application, name)

    async def _page(
        self,
        call: Call,
        developer: Developer,
        application: Application,
        problem: Problem | None = None,
        said: str = "",
    ) -> ASGIApp:
        history = await self._use.reviews.history(developer.org_id, application.client_id)
        wanted = await self._use.reviews.find_wanted(application)
        values: dict[str, object] = {
            "steps": steps_of(wanted),
            "actions": _ACTIONS[application.status],
            "state": str(application.status),
            "timeline": timeline_of(history, developer.account.account_id),
            "form_values": {"message": said},
            "problems": [] if problem is None else [problem],
        }
        status = 200 if problem is None else 422
        page = DeveloperPage("developer_review.html", "review", _PATH, status, _NOTICES)
        return self._frame.page(call, developer, page, values, application)
